#include <gtest/gtest.h>

#include <cmath>
#include <lamina/kernels/reduce.hpp>
#include <limits>

#include "support/compare.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

using testing::random_tensor;
using testing::tensors_equal;
using testing::tensors_near;
using testing::with_threads;

template <class R, class S>
Tensor<S> reduced(const Tensor<S>& x) {
  Tensor<S> y = Tensor<S>::empty({x.shape()[0], x.shape()[2]});
  kernels::reduce<R>(x.shape()[0], x.shape()[1], x.shape()[2], x.data(), y.mutable_data());
  return y;
}

template <class S, class Combine>
Tensor<S> naively(const Tensor<S>& x, double identity, const Combine& combine) {
  const Index outer = x.shape()[0], count = x.shape()[1], inner = x.shape()[2];
  Tensor<S> y = Tensor<S>::empty({outer, inner});
  for (Index o = 0; o < outer; ++o)
    for (Index i = 0; i < inner; ++i) {
      double total = identity;
      for (Index r = 0; r < count; ++r) total = combine(total, static_cast<double>(x[(o * count + r) * inner + i]));
      y.mutable_data()[o * inner + i] = static_cast<S>(total);
    }
  return y;
}

template <class S>
void expect_reductions_as_naive(const Shape& shape) {
  const Tensor<S> x = random_tensor<S>(shape, 1);
  constexpr double inf = std::numeric_limits<double>::infinity();
  const double tolerance = 100 * static_cast<double>(std::numeric_limits<S>::epsilon());
  EXPECT_TRUE(
      tensors_near(reduced<kernels::SumOf>(x), naively(x, 0, [](double a, double b) { return a + b; }), tolerance))
      << shape;
  EXPECT_TRUE(tensors_equal(reduced<kernels::MaximumOf>(x),
                            naively(x, -inf, [](double a, double b) { return std::fmax(a, b); })))
      << shape;
  EXPECT_TRUE(tensors_equal(reduced<kernels::MinimumOf>(x),
                            naively(x, inf, [](double a, double b) { return std::fmin(a, b); })))
      << shape;
}

TEST(Reduce, EveryLayout) {
  for (Index outer : {0, 1, 2, 5})
    for (Index count : {0, 1, 2, 3, 7, 8, 16, 17, 33, 64, 65, 200})
      for (Index inner : {0, 1, 2, 3, 4, 15, 16, 17, 33, 70}) {
        expect_reductions_as_naive<float>({outer, count, inner});
        expect_reductions_as_naive<double>({outer, count, inner});
      }
}

TEST(Reduce, LargeOnSeveralThreadsHasTheSameBits) {
  for (const Shape& shape : {Shape{500, 300, 1}, Shape{40, 50, 60}, Shape{1, 200000, 1}, Shape{3, 7, 20001}}) {
    const Tensor<float> x = random_tensor<float>(shape, 2);
    Tensor<float> alone;
    with_threads(1, [&] { alone = reduced<kernels::SumOf>(x); });
    for (int threads : {2, 3, 5})
      with_threads(threads, [&] { EXPECT_TRUE(tensors_equal(reduced<kernels::SumOf>(x), alone)) << shape; });
  }
}

#if !defined(__FINITE_MATH_ONLY__) || !__FINITE_MATH_ONLY__
TEST(Reduce, MinAndMaxPropagateNaN) {
  for (Index n : {3, 5, 40, 200})
    for (Index inner : {1, 2, 40})
      for (Index at : {Index{0}, n / 2, n - 1}) {
        Tensor<float> x = random_tensor<float>({1, n, inner}, 3);
        x.mutable_data()[at * inner] = std::numeric_limits<float>::quiet_NaN();
        EXPECT_TRUE(std::isnan(reduced<kernels::MaximumOf>(x)(0, 0))) << n << " " << inner << " " << at;
        EXPECT_TRUE(std::isnan(reduced<kernels::MinimumOf>(x)(0, 0))) << n << " " << inner << " " << at;
        if (inner > 1) {
          EXPECT_FALSE(std::isnan(reduced<kernels::MaximumOf>(x)(0, 1)));
        }
      }
}
#endif

TEST(SumOfSquares, EveryLength) {
  for (Index n = 0; n < 150; ++n) {
    const Tensor<double> x = random_tensor<double>({n}, 4);
    double expected = 0, found = -1;
    for (Index i = 0; i < n; ++i) expected += x[i] * x[i];
    kernels::sum_of_squares(n, x.data(), &found);
    EXPECT_NEAR(found, expected, 1e-13) << n;
  }
}

}  // namespace
}  // namespace lamina
