#include <functional>
#include <lamina/layers/merging/subtract.hpp>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"
#include "support/merging.hpp"

using namespace lamina;
using namespace lamina::testing::merging;

TEST(Subtract, OfEqualShapes) {
  EXPECT_TRUE(expect::same(Subtract<double>()({a, b}), Tensor<double>{{-1., 1., 2.}, {-3.5, 3.75, 0.5}}));
}

TEST(Subtract, TakesTwoInputs) {
  const Tensor<float> x = Tensor<float>::ones({2, 3});
  EXPECT_TRUE(expect::error<ValueError>([&] { Subtract()({x, x, x}); }, {"Subtract", "expected 2 inputs", "got 3"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { Subtract()(x); }, {"Subtract", "expected 2 inputs", "got 1"}));
}
