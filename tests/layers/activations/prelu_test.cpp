#include <lamina/layers/activations/prelu.hpp>

#include "support/check_layer.hpp"
#include "support/kinks.hpp"

using namespace lamina;
using namespace lamina::testing::kinks;

TEST(PReLU, PassesTheLayerChecks) {
  check_layer<PReLU>({.input = {3, 4}, .output = {3, 4}, .weights = {{"alpha", {4}}}, .input_map = off_kinks});
  check_layer<PReLU>(
      {.input = {2, 3, 2, 4}, .output = {2, 3, 2, 4}, .weights = {{"alpha", {1, 1, 4}}}, .input_map = off_kinks},
      PReLUOptions{.shared_axes = {1, 2}});
}

TEST(PReLU, LearnsItsSlope) {
  PReLU layer({.alpha_initializer = Constant(0.5)});
  EXPECT_TRUE(expect::same(layer(Tensor{{-1, 2}, {4, -6}}), Tensor{{-0.5f, 2.f}, {4.f, -3.f}}));
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        PReLU({.shared_axes = 3})(Tensor<float>::zeros({2, 3}));
      },
      {"PReLU", "shared_axes", "got 3"}));
  EXPECT_TRUE(expect::error<ShapeError>([] { PReLU()(Tensor<float>::zeros({2})); }, {"PReLU", "rank 2", "(None,)"}));
}
