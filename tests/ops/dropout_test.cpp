#include <gtest/gtest.h>

#include "support/check_gradient.hpp"

namespace lamina {
namespace {

using testing::check_gradient;
using testing::random_tensor;
using testing::tensors_equal;

TEST(DropoutOperation, DropsOrScales) {
  const RandomStream random(7, 0);
  const Tensor<double> x = random_tensor<double>({20, 50}, 1);
  const Tensor<double> y = detail::dropout(x, 0.25, random);
  Index dropped = 0;
  for (Index i = 0; i < x.size(); ++i) {
    if (y[i] == 0)
      ++dropped;
    else
      EXPECT_DOUBLE_EQ(y[i], x[i] / 0.75);
  }
  EXPECT_GT(dropped, 180);
  EXPECT_LT(dropped, 320);
  EXPECT_TRUE(tensors_equal(detail::dropout(x, 0.25, random), y));
  EXPECT_FALSE(tensors_equal(detail::dropout(x, 0.25, RandomStream(8, 0)), y));
}

TEST(DropoutOperation, Gradients) {
  const RandomStream random(3, 1);
  const auto f = [&](const auto& x) { return square(detail::dropout(x, 0.5, random)); };
  EXPECT_TRUE(check_gradient(f, {random_tensor<double>({4, 5}, 2)}));
  EXPECT_TRUE(check_gradient(f, {random_tensor<double>({4, 5}, 2)}, {.second_order = true}));
}

}  // namespace
}  // namespace lamina
