// Normalization to mean 0 and variance 1, compared with plain loops.
#include <gtest/gtest.h>

#include <lamina/ops/normalization.hpp>

#include "support/check_gradient.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

using detail::Grouping;
using testing::check_gradient;
using testing::random_tensor;
using testing::tensors_equal;
using testing::tensors_near;
using testing::with_threads;

/// Calls f(element, statistic, channel) for all elements of a grouping in order.
template <class F>
void for_each_element(const Grouping& v, const F& f) {
  Index at = 0;
  for (Index s = 0; s < v.samples; ++s)
    for (Index o = 0; o < v.outer; ++o)
      for (Index g = 0; g < v.groups; ++g)
        for (Index m = 0; m < v.members; ++m)
          for (Index i = 0; i < v.inner; ++i) f(at++, s * v.groups + g, g * v.members + m);
}

struct Reference {
  std::vector<double> mean, variance;
  Tensor<double> y, dx, dgamma, dbeta;

  Reference(const Grouping& v, const Tensor<double>& x, const Tensor<double>& gamma, const Tensor<double>& beta,
            const Tensor<double>& dy, double epsilon, bool centered) {
    const auto statistics = static_cast<std::size_t>(v.statistics());
    const double n = static_cast<double>(v.each());
    mean.assign(statistics, 0);
    variance.assign(statistics, 0);
    const auto at = [](Index i) { return static_cast<std::size_t>(i); };
    if (centered) for_each_element(v, [&](Index i, Index s, Index) { mean[at(s)] += x[i] / n; });
    for_each_element(
        v, [&](Index i, Index s, Index) { variance[at(s)] += (x[i] - mean[at(s)]) * (x[i] - mean[at(s)]) / n; });
    y = dx = Tensor<double>::zeros(x.shape());
    dgamma = dbeta = Tensor<double>::zeros({v.channels()});
    std::vector<double> plain(statistics, 0), scaled(statistics, 0);
    double *py = y.mutable_data(), *pdx = dx.mutable_data(), *pdg = dgamma.mutable_data(), *pdb = dbeta.mutable_data();
    const auto standard = [&](Index i, Index s) { return (x[i] - mean[at(s)]) / std::sqrt(variance[at(s)] + epsilon); };
    for_each_element(v, [&](Index i, Index s, Index c) {
      py[i] = standard(i, s) * gamma[c] + beta[c];
      pdg[c] += dy[i] * standard(i, s);
      pdb[c] += dy[i];
      plain[at(s)] += dy[i] * gamma[c] / n;
      scaled[at(s)] += dy[i] * gamma[c] * standard(i, s) / n;
    });
    for_each_element(v, [&](Index i, Index s, Index c) {
      pdx[i] = (dy[i] * gamma[c] - (centered ? plain[at(s)] : 0) - standard(i, s) * scaled[at(s)]) /
               std::sqrt(variance[at(s)] + epsilon);
    });
  }
};

/// The groupings of layers, and edge cases: rows that do not fill packs, runs longer than a block, sizes of one.
const Grouping groupings[] = {
    {1, 100, 3, 1, 1},   {1, 700, 32, 1, 1}, {1, 37, 64, 1, 1},  {1, 130, 100, 1, 1}, {1, 2, 7, 1, 1},
    {1, 40, 1100, 1, 1}, {1, 6, 5, 1, 9},    {1, 3, 4, 1, 6000}, {9, 1, 1, 70, 1},    {70, 1, 1, 33, 1},
    {3, 1, 1, 5000, 1},  {5, 1, 4, 3, 1},    {2, 30, 4, 8, 1},   {3, 25, 2, 3, 1},    {2, 3, 2, 4, 11},
    {4, 1, 3, 2, 20},    {1, 1, 8, 1, 1},    {1, 5000, 1, 1, 1}, {1, 1, 1, 1, 1},     {2, 1, 2, 2, 4100},
};

struct Given {
  explicit Given(const Grouping& v)
      : x(random_tensor<double>({v.size()}, 1)),
        gamma(random_tensor<double>({v.channels()}, 2, 0.5, 1.5)),
        beta(random_tensor<double>({v.channels()}, 3)),
        dy(random_tensor<double>({v.size()}, 4)) {}
  Tensor<double> x, gamma, beta, dy;
};

template <class S>
std::vector<Tensor<S>> normalized_and_gradients(const Grouping& v, const Given& given, bool centered, double epsilon) {
  std::vector<Tensor<S>> inputs{given.x.cast<S>(), given.gamma.cast<S>(), given.beta.cast<S>()};
  GradientTape<S> tape;
  for (Tensor<S>& t : inputs) tape.watch(t);
  const Tensor<S> y = detail::normalized<S>(inputs[0], inputs[1], inputs[2], v, centered, static_cast<S>(epsilon));
  std::vector<Tensor<S>> all = tape.gradient(y, inputs, given.dy.cast<S>());
  all.insert(all.begin(), y.detached());
  return all;
}

TEST(Normalized, AgreesWithTheFormulas) {
  for (const Grouping& v : groupings) {
    const Shape sizes{v.samples, v.outer, v.groups, v.members, v.inner};
    SCOPED_TRACE(sizes.to_string());
    const Given given(v);
    for (const bool centered : {true, false}) {
      if (!centered && !v.is_rows()) continue;
      const Reference expected(v, given.x, given.gamma, given.beta, given.dy, 1e-3, centered);
      const auto twice = normalized_and_gradients<double>(v, given, centered, 1e-3);
      const auto single = normalized_and_gradients<float>(v, given, centered, 1e-3);
      const Tensor<double>* all[] = {&expected.y, &expected.dx, &expected.dgamma, &expected.dbeta};
      for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_TRUE(tensors_near(twice[i], *all[i], 1e-11)) << "double, result " << i;
        EXPECT_TRUE(tensors_near(single[i].cast<double>(), *all[i], 3e-5)) << "float, result " << i;
      }
    }
  }
}

TEST(Normalized, HasTheSameBitsForAnyNumberOfThreads) {
  for (const Grouping& v : {Grouping{1, 9000, 24, 1, 1}, Grouping{1, 16, 12, 1, 900}, Grouping{3000, 1, 1, 80, 1},
                            Grouping{8, 500, 4, 8, 1}, Grouping{8, 1, 4, 8, 700}}) {
    const Given given(v);
    std::vector<Tensor<float>> alone, together;
    with_threads(1, [&] { alone = normalized_and_gradients<float>(v, given, true, 1e-3); });
    for (const int threads : {2, 3}) {
      with_threads(threads, [&] { together = normalized_and_gradients<float>(v, given, true, 1e-3); });
      for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_TRUE(tensors_equal(alone[i], together[i])) << i;
    }
  }
}

TEST(Normalized, IsAccurateForALargeMean) {
  // For values around 1000 with a deviation of 0.6, E[x²] - E[x]² would have only two correct digits in float.
  for (const Grouping& v : {Grouping{1, 3000, 16, 1, 1}, Grouping{1, 4, 5, 1, 5000}, Grouping{10, 1, 1, 500, 1}}) {
    const Tensor<double> far = (random_tensor<double>({v.size()}, 1) + 1000).cast<float>().cast<double>();
    const Tensor<double> none = Tensor<double>::zeros({v.size()}), ones = Tensor<double>::ones({v.channels()});
    const Reference expected(v, far, ones, Tensor<double>::zeros({v.channels()}), none, 0, true);
    Tensor<float> mean, variance;
    detail::moments(far.cast<float>(), v, mean, variance);
    for (Index i = 0; i < mean.size(); ++i) {
      EXPECT_NEAR(mean[i], expected.mean[static_cast<std::size_t>(i)], 2e-4);  // three units in the last place
      EXPECT_NEAR(variance[i], expected.variance[static_cast<std::size_t>(i)], 1e-5);
    }
    const Tensor<float> y = detail::normalized<float>(far.cast<float>(), {}, {}, v, true, 0.F);
    EXPECT_TRUE(tensors_near(y.cast<double>(), expected.y, 3e-4));
  }
}

TEST(Normalized, CanBeDifferentiatedAgain) {
  const GradientCheckOptions both{.second_order = true};
  for (const Grouping& v :
       {Grouping{1, 5, 3, 1, 1}, Grouping{1, 2, 3, 1, 4}, Grouping{3, 1, 1, 4, 1}, Grouping{2, 3, 2, 2, 1}}) {
    const Given given(v);
    const std::vector<Tensor<double>> inputs{given.x, given.gamma, given.beta};
    EXPECT_TRUE(check_gradient(
        [&](const auto& x, const auto& gamma, const auto& beta) {
          return square(detail::normalized<double>(x, gamma, beta, v, true, 1e-2));
        },
        inputs, both));
    EXPECT_TRUE(check_gradient(
        [&](const auto& x) { return detail::normalized<double>(x, {}, {}, v, v.is_rows() ? false : true, 1e-2) * x; },
        {given.x}, both));
    const Tensor<double> mean = random_tensor<double>({v.samples, v.groups}, 7);
    const Tensor<double> variance = random_tensor<double>({v.samples, v.groups}, 8, 0.5, 2);
    EXPECT_TRUE(check_gradient(
        [&](const auto& x, const auto& gamma, const auto& beta) {
          return square(detail::normalized_with<double>(x, gamma, beta, mean, variance, v, {false, false}, 1e-2));
        },
        inputs, both));
  }
}

TEST(Normalized, EmptyTensors) {
  for (const Grouping& v : {Grouping{0, 1, 1, 4, 1}, Grouping{1, 0, 3, 1, 1}, Grouping{1, 0, 3, 1, 5}}) {
    const auto all = normalized_and_gradients<float>(v, Given(v), true, 1e-3);
    EXPECT_EQ(all[0].size(), 0);
    EXPECT_EQ(all[1].size(), 0);
    EXPECT_TRUE(tensors_equal(all[2], Tensor<float>::zeros({v.channels()})));
    EXPECT_TRUE(tensors_equal(all[3], Tensor<float>::zeros({v.channels()})));
  }
}

}  // namespace
}  // namespace lamina
