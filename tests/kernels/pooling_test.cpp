#include <gtest/gtest.h>

#include <cmath>
#include <lamina/kernels/pooling.hpp>
#include <limits>
#include <vector>

#include "support/compare.hpp"
#include "support/with_threads.hpp"

// Compares the pooling kernels with plain loops over every window.

namespace lamina {
namespace {

using kernels::Pooling;
using kernels::PoolingAxis;
using testing::random_tensor;
using testing::tensors_equal;
using testing::tensors_near;
using testing::with_threads;

Pooling windows(Index batch, Index channels, const std::vector<Index>& input, Index size, Index stride,
                Padding padding) {
  return {batch, channels,
          kernels::Window(static_cast<Index>(input.size()), input.data(), AxisSizes(size), AxisSizes(stride),
                          AxisSizes(1), padding)};
}
Pooling shared_out(Index batch, Index channels, const std::vector<Index>& input, Index output) {
  return {batch, channels, static_cast<Index>(input.size()), input.data(), AxisSizes(output)};
}
std::vector<Pooling> all_poolings() {
  std::vector<Pooling> all;
  for (Index channels : {1, 2, 3, 5, 8, 16, 19, 32, 35, 67})
    for (Padding padding : {Padding::valid, Padding::same}) {
      all.push_back(windows(2, channels, {7, 9}, 2, 2, padding));
      all.push_back(windows(2, channels, {8, 6}, 3, 2, padding));
      all.push_back(windows(1, channels, {7, 5}, 3, 1, padding));
      all.push_back(windows(1, channels, {9, 11}, 5, 1, padding));
      all.push_back(windows(2, channels, {9, 9}, 2, 3, padding));
    }
  for (Padding padding : {Padding::valid, Padding::same}) {
    all.push_back(windows(3, 6, {23}, 4, 3, padding));
    all.push_back(windows(2, 9, {5, 6, 7}, 3, 2, padding));
  }
  all.push_back(windows(0, 4, {6, 6}, 2, 2, Padding::valid));
  all.push_back(windows(2, 0, {6, 6}, 2, 2, Padding::valid));
  all.push_back(shared_out(2, 5, {7, 10}, 3));
  all.push_back(shared_out(1, 33, {4, 4}, 4));
  all.push_back(shared_out(2, 17, {3, 5}, 7));
  return all;
}

template <class S>
Tensor<S> input_of(const Pooling& p, std::uint64_t seed) {
  return random_tensor<S>({p.batch, p.axes[0].input, p.axes[1].input, p.axes[2].input, p.channels}, seed);
}
Shape output_shape(const Pooling& p) {
  return {p.batch, p.axes[0].output, p.axes[1].output, p.axes[2].output, p.channels};
}

/// Calls `f(output, inputs)` with the offset of every output and those of the elements of its window.
template <class F>
void for_windows(const Pooling& p, const F& f) {
  const PoolingAxis* a = p.axes;
  Index output = 0;
  for (Index n = 0; n < p.batch; ++n)
    for (Index i = 0; i < a[0].output; ++i)
      for (Index j = 0; j < a[1].output; ++j)
        for (Index k = 0; k < a[2].output; ++k)
          for (Index c = 0; c < p.channels; ++c, ++output) {
            std::vector<Index> inputs;
            for (Index r = a[0].begin(i); r < a[0].end(i); ++r)
              for (Index s = a[1].begin(j); s < a[1].end(j); ++s)
                for (Index t = a[2].begin(k); t < a[2].end(k); ++t)
                  inputs.push_back((((n * a[0].input + r) * a[1].input + s) * a[2].input + t) * p.channels + c);
            f(output, inputs);
          }
}

template <class S>
Tensor<S> empty_output(const Pooling& p) {
  return Tensor<S>::empty(output_shape(p));
}

template <class S>
void expect_max_as_plain(const Pooling& p, const Tensor<S>& x) {
  const Tensor<S> dy = random_tensor<S>(output_shape(p), 2);
  Tensor<S> expected = empty_output<S>(p), expected_place = empty_output<S>(p);
  Tensor<S> expected_dx = Tensor<S>::zeros(x.shape());
  for_windows(p, [&](Index output, const std::vector<Index>& inputs) {
    std::size_t at = 0;
    for (std::size_t e = 1; e < inputs.size(); ++e)
      if (x[inputs[e]] > x[inputs[at]] || std::isnan(x[inputs[e]])) at = e;
    expected.mutable_data()[output] = x[inputs[at]];
    expected_place.mutable_data()[output] = static_cast<S>(at);
    expected_dx.mutable_data()[inputs[at]] += dy[output];
  });
  Tensor<S> y = empty_output<S>(p), y_alone = empty_output<S>(p), place = empty_output<S>(p);
  Tensor<S> dx = Tensor<S>::empty(x.shape()), picked = empty_output<S>(p);
  kernels::max_pool<S>(p, x.data(), y.mutable_data(), place.mutable_data());
  kernels::max_pool<S>(p, x.data(), y_alone.mutable_data(), nullptr);
  kernels::max_pool_gradient<S>(p, dy.data(), place.data(), dx.mutable_data());
  kernels::max_pool_gather<S>(p, x.data(), place.data(), picked.mutable_data());
  EXPECT_TRUE(tensors_equal(y, expected));
  EXPECT_TRUE(tensors_equal(y_alone, expected));
  EXPECT_TRUE(tensors_equal(picked, expected));
  EXPECT_TRUE(tensors_equal(place, expected_place));
  EXPECT_TRUE(tensors_near(dx, expected_dx, 20 * static_cast<double>(std::numeric_limits<S>::epsilon())));
}

template <class S>
void expect_mean_as_plain(Pooling p, bool mean) {
  p.mean = mean;
  const Tensor<S> x = input_of<S>(p, 3), dy = random_tensor<S>(output_shape(p), 4);
  Tensor<S> expected = empty_output<S>(p), y = empty_output<S>(p);
  Tensor<S> expected_dx = Tensor<S>::zeros(x.shape()), dx = Tensor<S>::empty(x.shape());
  for_windows(p, [&](Index output, const std::vector<Index>& inputs) {
    const double share = mean ? 1.0 / static_cast<double>(inputs.size()) : 1.0;
    double sum = 0;
    for (Index input : inputs) {
      sum += static_cast<double>(x[input]);
      expected_dx.mutable_data()[input] += static_cast<S>(share * static_cast<double>(dy[output]));
    }
    expected.mutable_data()[output] = static_cast<S>(share * sum);
  });
  kernels::average_pool<S>(p, x.data(), y.mutable_data());
  kernels::average_pool_gradient<S>(p, dy.data(), dx.mutable_data());
  const double tolerance = 100 * static_cast<double>(std::numeric_limits<S>::epsilon());
  EXPECT_TRUE(tensors_near(y, expected, tolerance));
  EXPECT_TRUE(tensors_near(dx, expected_dx, tolerance));
}

template <class S>
void expect_all_as_plain() {
  for (const Pooling& p : all_poolings()) {
    SCOPED_TRACE(::testing::Message() << "input " << input_of<S>(p, 1).shape() << ", output " << output_shape(p));
    expect_max_as_plain(p, input_of<S>(p, 1));
    expect_mean_as_plain<S>(p, true);
    expect_mean_as_plain<S>(p, false);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(PoolingKernels, EveryLayoutFloat) { expect_all_as_plain<float>(); }
TEST(PoolingKernels, EveryLayoutDouble) { expect_all_as_plain<double>(); }

// Padding is skipped instead of being -infinity, which -ffast-math would not support.
TEST(PoolingKernels, PaddingIsNotAnElementOfMax) {
  for (Index channels : {1, 3, 8, 16, 40}) {
    const Pooling p = windows(2, channels, {5, 7}, 3, 2, Padding::same);
    for (float value : {-1.0F, -3e38F, 0.0F, 2.0F}) {
      const Tensor<float> x = Tensor<float>::full(input_of<float>(p, 1).shape(), value);
      Tensor<float> y = empty_output<float>(p), place = empty_output<float>(p);
      Tensor<float> dx = Tensor<float>::empty(x.shape());
      kernels::max_pool<float>(p, x.data(), y.mutable_data(), place.mutable_data());
      kernels::max_pool_gradient<float>(p, y.data(), place.data(), dx.mutable_data());
      double sum = 0;
      for (Index i = 0; i < y.size(); ++i) {
        ASSERT_EQ(y[i], value) << i;
        ASSERT_EQ(place[i], 0.0F) << i;
      }
      for (Index i = 0; i < dx.size(); ++i) sum += static_cast<double>(dx[i]);
      EXPECT_NEAR(sum / static_cast<double>(y.size()), static_cast<double>(value),
                  1e-6 * std::abs(static_cast<double>(value)));
    }
  }
}

#if !defined(__FINITE_MATH_ONLY__) || !__FINITE_MATH_ONLY__
template <class S>
void expect_max_of_anything() {
  constexpr S inf = std::numeric_limits<S>::infinity(), nan = std::numeric_limits<S>::quiet_NaN();
  for (const Pooling& p : all_poolings()) {
    Tensor<S> x = input_of<S>(p, 5);
    const S rare[] = {nan, inf, -inf, S(0), S(-0.0), S(1), -inf};
    for (Index i = 0; i < x.size(); ++i)
      if (x[i] > S(-0.5)) x.mutable_data()[i] = rare[(i * i + i / 7) % 7];
    Tensor<S> y = empty_output<S>(p), place = empty_output<S>(p);
    kernels::max_pool<S>(p, x.data(), y.mutable_data(), place.mutable_data());
    for_windows(p, [&](Index output, const std::vector<Index>& inputs) {
      std::size_t at = 0;
      for (std::size_t e = 1; e < inputs.size(); ++e)
        if (x[inputs[e]] > x[inputs[at]] || std::isnan(x[inputs[e]])) at = e;
      const S expected = x[inputs[at]];
      ASSERT_EQ(place[output], static_cast<S>(at));
      ASSERT_TRUE(std::isnan(expected) ? std::isnan(y[output]) : y[output] == expected);
    });
  }
}

TEST(PoolingKernels, MaxOfNaNsInfinitiesAndTies) {
  expect_max_of_anything<float>();
  expect_max_of_anything<double>();
}
#endif

TEST(PoolingKernels, TheSameBitsForAnyNumberOfThreads) {
  for (const Pooling& p :
       {windows(3, 70, {40, 41}, 3, 2, Padding::same), windows(9, 33, {32, 32}, 2, 2, Padding::valid),
        windows(1, 200, {30, 30}, 3, 1, Padding::same)}) {
    const Tensor<float> x = input_of<float>(p, 6), dy = random_tensor<float>(output_shape(p), 7);
    std::vector<Tensor<float>> alone;
    for (int threads : {1, 2, 3, 5})
      with_threads(threads, [&] {
        Tensor<float> y = empty_output<float>(p), place = empty_output<float>(p), mean = empty_output<float>(p);
        Tensor<float> dx = Tensor<float>::empty(x.shape()), d_mean = Tensor<float>::empty(x.shape());
        kernels::max_pool<float>(p, x.data(), y.mutable_data(), place.mutable_data());
        kernels::max_pool_gradient<float>(p, dy.data(), place.data(), dx.mutable_data());
        kernels::average_pool<float>(p, x.data(), mean.mutable_data());
        kernels::average_pool_gradient<float>(p, dy.data(), d_mean.mutable_data());
        const std::vector<Tensor<float>> all{y, place, dx, mean, d_mean};
        if (threads == 1) alone = all;
        for (std::size_t i = 0; i < all.size(); ++i) EXPECT_TRUE(tensors_equal(all[i], alone[i])) << i;
      });
  }
}

}  // namespace
}  // namespace lamina
