#include <gtest/gtest.h>

#include <cmath>

#include "support/check_gradient.hpp"

namespace lamina {
namespace {

using testing::check_gradient;
using testing::random_tensor;
using testing::tensors_equal;
using testing::tensors_near;

TEST(SparseCrossentropyOperation, IsTheLogarithmOfTheSoftmax) {
  const Tensor<double> x = random_tensor<double>({2, 3, 5}, 1), labels{{0., 4., 2.}, {1., 1., 3.}};
  const Tensor<double> y = detail::sparse_crossentropy(labels, x);
  ASSERT_EQ(y.shape(), (Shape{2, 3}));
  for (Index row = 0; row < 6; ++row) {
    double total = 0;
    for (Index j = 0; j < 5; ++j) total += std::exp(x[row * 5 + j]);
    EXPECT_NEAR(y[row], std::log(total) - x[row * 5 + static_cast<Index>(labels[row])], 1e-14);
  }
}

TEST(SparseCrossentropyOperation, OneHot) {
  EXPECT_TRUE(tensors_equal(detail::one_hot_of(Tensor<float>{2, 0}, {2, 3}), Tensor<float>{{0, 0, 1}, {1, 0, 0}}));
}

TEST(SparseCrossentropyOperation, Gradients) {
  const Tensor<double> labels{0., 3., 1.};
  const auto f = [&](const auto& x) { return detail::sparse_crossentropy(labels, x); };
  EXPECT_TRUE(check_gradient(f, {random_tensor<double>({3, 4}, 2)}));
  EXPECT_TRUE(check_gradient(f, {random_tensor<double>({3, 4}, 2)}, {.second_order = true}));
}

}  // namespace
}  // namespace lamina
