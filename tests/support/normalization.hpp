#pragma once
#include <gtest/gtest.h>

#include <cmath>
#include <lamina/kernels/normalization_gradients.hpp>
#include <limits>
#include <vector>

#include "support/compare.hpp"
#include "support/with_threads.hpp"

// Normalization and its gradients by plain loops in double, and by the kernels.

namespace lamina::testing::normalization {

using kernels::Grouping;

inline constexpr double epsilon = 1e-3;

/// Groupings of all kinds of normalization, with sizes around the numbers of SIMD lanes.
inline std::vector<Grouping> all_groupings() {
  std::vector<Grouping> all;
  for (Index n : {1, 2, 3, 5, 8, 15, 16, 17, 31, 33, 64, 100, 257}) {
    all.push_back({5, 1, 1, n, 1});   // layer normalization
    all.push_back({9, 1, 3, n, 1});   // groups of one row
    all.push_back({1, 23, n, 1, 1});  // batch normalization, channels last
    all.push_back({1, 4, 3, 1, n});   // batch normalization, channels first
    all.push_back({2, 7, 3, n, 1});   // group normalization
  }
  all.push_back({1, 3000, 10, 1, 1});
  all.push_back({3, 1, 1, 5000, 1});
  all.push_back({2, 3, 2, 2, 5});
  return all;
}

/// All results for a tensor.
template <class S>
struct Results {
  Tensor<S> mean, inverse, y, dx, dgamma, dbeta;
};

template <class S>
Results<S> plainly(const Grouping& v, const Tensor<S>& x, const Tensor<S>& dy, const Tensor<S>& gamma,
                   const Tensor<S>& beta, bool centered) {
  const Shape statistics{v.statistics()}, channels{v.channels()};
  Results<S> r{Tensor<S>::zeros(statistics), Tensor<S>::zeros(statistics), Tensor<S>::zeros(x.shape()),
               Tensor<S>::zeros(x.shape()),  Tensor<S>::zeros(channels),   Tensor<S>::zeros(channels)};
  std::vector<double> dgamma(static_cast<std::size_t>(v.channels())), dbeta(dgamma.size());
  const auto at = [&](Index sample, Index o, Index c, Index i) {
    return ((sample * v.outer + o) * v.channels() + c) * v.inner + i;
  };
  for (Index sample = 0; sample < v.samples; ++sample)
    for (Index group = 0; group < v.groups; ++group) {
      const auto for_each = [&](const auto& f) {
        for (Index o = 0; o < v.outer; ++o)
          for (Index c = group * v.members; c < (group + 1) * v.members; ++c)
            for (Index i = 0; i < v.inner; ++i) f(at(sample, o, c, i), c);
      };
      const double n = static_cast<double>(v.each());
      double mean = 0, variance = 0, plain = 0, scaled = 0;
      if (centered) for_each([&](Index e, Index) { mean += static_cast<double>(x[e]) / n; });
      for_each([&](Index e, Index) { variance += std::pow(static_cast<double>(x[e]) - mean, 2) / n; });
      const double inverse = 1 / std::sqrt(variance + epsilon);
      for_each([&](Index e, Index c) {
        const double hat = (static_cast<double>(x[e]) - mean) * inverse, d = static_cast<double>(dy[e]);
        r.y.mutable_data()[e] = static_cast<S>(hat * static_cast<double>(gamma[c]) + static_cast<double>(beta[c]));
        dgamma[static_cast<std::size_t>(c)] += d * hat;
        dbeta[static_cast<std::size_t>(c)] += d;
        plain += static_cast<double>(gamma[c]) * d / n;
        scaled += static_cast<double>(gamma[c]) * d * hat / n;
      });
      for_each([&](Index e, Index c) {
        const double hat = (static_cast<double>(x[e]) - mean) * inverse;
        r.dx.mutable_data()[e] = static_cast<S>(inverse * (static_cast<double>(gamma[c]) * static_cast<double>(dy[e]) -
                                                           (centered ? plain : 0) - hat * scaled));
      });
      r.mean.mutable_data()[sample * v.groups + group] = static_cast<S>(mean);
      r.inverse.mutable_data()[sample * v.groups + group] = static_cast<S>(inverse);
    }
  for (Index c = 0; c < v.channels(); ++c) {
    r.dgamma.mutable_data()[c] = static_cast<S>(dgamma[static_cast<std::size_t>(c)]);
    r.dbeta.mutable_data()[c] = static_cast<S>(dbeta[static_cast<std::size_t>(c)]);
  }
  return r;
}

template <class S>
Results<S> by_kernels(const Grouping& v, const Tensor<S>& x, const Tensor<S>& dy, const Tensor<S>& gamma,
                      const Tensor<S>& beta, bool centered) {
  const Shape statistics{v.statistics()}, channels{v.channels()};
  Results<S> r{Tensor<S>::empty(statistics), Tensor<S>::empty(statistics), Tensor<S>::empty(x.shape()),
               Tensor<S>::empty(x.shape()),  Tensor<S>::empty(channels),   Tensor<S>::empty(channels)};
  Tensor<S> scratch =
      Tensor<S>::empty({(std::max)(kernels::normalization_scratch<S>(v), kernels::normalize_rows_scratch(v))});
  S *mean = r.mean.mutable_data(), *inverse = r.inverse.mutable_data(), *memory = scratch.mutable_data();
  const kernels::NormalizationGradients<S> to{r.dx.mutable_data(), r.dgamma.mutable_data(), r.dbeta.mutable_data()};
  if (v.is_rows()) {
    kernels::normalize_rows<S>(v, x.data(), gamma.data(), beta.data(), S(epsilon), centered, r.y.mutable_data(), mean,
                               inverse);
    kernels::normalize_rows_gradient<S>(v, x.data(), dy.data(), mean, inverse, gamma.data(), {centered, true}, to,
                                        memory);
  } else {
    kernels::moments<S>(v, x.data(), mean, inverse, memory);
    for (Index i = 0; i < v.statistics(); ++i)
      inverse[i] = static_cast<S>(1 / std::sqrt(static_cast<double>(inverse[i]) + epsilon));
    kernels::normalize<S>(v, x.data(), mean, inverse, gamma.data(), beta.data(), r.y.mutable_data(), memory);
    kernels::normalize_gradient<S>(v, x.data(), dy.data(), mean, inverse, gamma.data(), {true, true}, to, memory);
  }
  return r;
}

/// Calls `compare(actual, expected, tolerance)` with the results of the kernels and of plain loops for every grouping,
/// centered and not, until it fails.
template <class S, class Compare>
void for_every_grouping(const Compare& compare) {
  const double tolerance = 2000 * static_cast<double>(std::numeric_limits<S>::epsilon());
  for (const Grouping& v : all_groupings())
    for (bool centered : {true, false}) {
      if (!centered && !v.is_rows()) continue;
      SCOPED_TRACE(::testing::Message() << v.samples << " samples, " << v.outer << " outer, " << v.groups << " groups, "
                                        << v.members << " members, " << v.inner << " inner");
      const Tensor<S> x = random_tensor<S>({v.size()}, 1, 2, 4), dy = random_tensor<S>({v.size()}, 2);
      const Tensor<S> gamma = random_tensor<S>({v.channels()}, 3, 0.5, 2), beta = random_tensor<S>({v.channels()}, 4);
      compare(by_kernels(v, x, dy, gamma, beta, centered), plainly(v, x, dy, gamma, beta, centered), tolerance);
      if (::testing::Test::HasFailure()) return;
    }
}

/// Calls `compare(rare, good, i, is_rare, n)` for every element i of rows of n elements; one row of `rare` contains NaN
/// or infinity.
template <class Compare>
void for_rows_with_a_rare_number(const Compare& compare) {
  for (float rare : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
    for (Index n : {1, 7, 16, 33, 100})
      for (Index at : {Index{0}, n / 2, n - 1}) {
        const Grouping v{5, 1, 1, n, 1};
        Tensor<float> x = random_tensor<float>({v.size()}, 5), good = x;
        x.mutable_data()[2 * n + at] = rare;
        const Tensor<float> one = Tensor<float>::full({n}, 1), dy = random_tensor<float>({v.size()}, 6);
        const Results<float> r = by_kernels(v, x, dy, one, one, true),
                             expected = by_kernels(v, good, dy, one, one, true);
        for (Index i = 0; i < v.size(); ++i) compare(r, expected, i, i / n == 2, n);
      }
}

/// Calls `compare(results, alone)` with the results on several threads and on one thread.
template <class Compare>
void for_numbers_of_threads(const Compare& compare) {
  for (const Grouping& v : {Grouping{900, 1, 1, 200, 1}, Grouping{1, 9000, 20, 1, 1}, Grouping{16, 40, 16, 1, 80},
                            Grouping{8, 700, 4, 8, 1}}) {
    const Tensor<float> x = random_tensor<float>({v.size()}, 7), dy = random_tensor<float>({v.size()}, 8);
    const Tensor<float> gamma = random_tensor<float>({v.channels()}, 9),
                        beta = random_tensor<float>({v.channels()}, 10);
    Results<float> alone;
    for (int threads : {1, 2, 3, 5})
      with_threads(threads, [&] {
        const Results<float> r = by_kernels(v, x, dy, gamma, beta, true);
        if (threads == 1) alone = r;
        compare(r, alone);
      });
  }
}

}  // namespace lamina::testing::normalization
