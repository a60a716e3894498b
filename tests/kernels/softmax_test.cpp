#include <gtest/gtest.h>

#include <cmath>
#include <lamina/kernels/softmax.hpp>

#include "support/compare.hpp"
#include "support/with_threads.hpp"

namespace lamina {
namespace {

using testing::random_tensor;
using testing::tensors_equal;
using testing::tensors_near;
using testing::with_threads;

template <class S>
void expect_rows_as_naive(Index rows, Index n, double spread) {
  const Tensor<S> x = random_tensor<S>({rows, n}, static_cast<std::uint64_t>(n), -spread, spread);
  Tensor<S> y = Tensor<S>::empty({rows, n}), lse = Tensor<S>::empty({rows});
  kernels::softmax(rows, n, x.data(), y.mutable_data());
  kernels::log_sum_exp(rows, n, x.data(), lse.mutable_data());
  Tensor<S> expected = Tensor<S>::empty({rows, n}), expected_lse = Tensor<S>::empty({rows});
  for (Index r = 0; r < rows; ++r) {
    long double largest = x(r, 0), sum = 0;
    for (Index j = 0; j < n; ++j) largest = std::max<long double>(largest, x(r, j));
    for (Index j = 0; j < n; ++j) sum += std::exp(x(r, j) - largest);
    for (Index j = 0; j < n; ++j) expected.mutable_matrix()(r, j) = static_cast<S>(std::exp(x(r, j) - largest) / sum);
    expected_lse.mutable_data()[r] = static_cast<S>(largest + std::log(sum));
  }
  const double tolerance = 20 * static_cast<double>(std::numeric_limits<S>::epsilon());
  EXPECT_TRUE(tensors_near(y, expected, tolerance)) << rows << " x " << n;
  EXPECT_TRUE(tensors_near(lse, expected_lse, tolerance)) << rows << " x " << n;
}

TEST(SoftmaxKernel, EveryRowLength) {
  for (Index n = 1; n < 70; ++n) {
    expect_rows_as_naive<float>(3, n, 5);
    expect_rows_as_naive<double>(3, n, 5);
  }
  for (Index n : {255, 256, 257, 511, 513, 1000}) {
    expect_rows_as_naive<float>(2, n, 5);
    expect_rows_as_naive<double>(2, n, 5);
  }
}

TEST(SoftmaxKernel, LargeNumbersDoNotOverflow) {
  expect_rows_as_naive<float>(4, 10, 1e30);
  expect_rows_as_naive<double>(4, 40, 1e300);
}

TEST(SoftmaxKernel, MinusInfinityHasProbabilityZero) {
  const Tensor<float> x = Tensor<float>{0, 0, 0} + log(Tensor<float>{0, 1, 1});
  Tensor<float> y = Tensor<float>::empty({3});
  kernels::softmax<float>(1, 3, x.data(), y.mutable_data());
  EXPECT_TRUE(tensors_near(y, Tensor<float>{0.F, 0.5F, 0.5F}, 1e-7));
}

TEST(SoftmaxKernel, TheSameBitsForAnyNumberOfThreads) {
  const Tensor<float> x = random_tensor<float>({900, 33}, 1, -4, 4);
  const auto result = [&](int threads) {
    Tensor<float> y = Tensor<float>::empty(x.shape());
    with_threads(threads, [&] { kernels::softmax(x.rows(), x.columns(), x.data(), y.mutable_data()); });
    return y;
  };
  EXPECT_TRUE(tensors_equal(result(3), result(1)));
}

}  // namespace
}  // namespace lamina
