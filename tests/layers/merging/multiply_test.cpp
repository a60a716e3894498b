#include <functional>
#include <lamina/layers/merging/multiply.hpp>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"
#include "support/merging.hpp"

using namespace lamina;
using namespace lamina::testing::merging;

TEST(Multiply, OfEqualShapes) {
  EXPECT_TRUE(expect::same(Multiply<double>()({a, b, c}), Tensor<double>{{-2., 30., 6.}, {4., 2., 3.}}));
}
