#include <lamina/layers/activations/relu.hpp>

#include "support/check_layer.hpp"
#include "support/kinks.hpp"

using namespace lamina;
using namespace lamina::testing::kinks;

TEST(ReLU, PassesTheLayerChecks) {
  check_layer<ReLU>({.input = {3, 4}, .output = {3, 4}, .input_map = off_kinks});
  check_layer<ReLU>({.input = {2, 3, 4}, .output = {2, 3, 4}, .low = -3, .high = 3, .input_map = off_kinks},
                    ReLUOptions{.max_value = 1.5, .negative_slope = 0.25, .threshold = 0.5});
}

TEST(ReLU, SupportsMaxValueSlopeAndThreshold) {
  ReLU layer({.max_value = 2, .negative_slope = 0.5, .threshold = 1});
  EXPECT_TRUE(expect::same(layer(Tensor{-1.f, 0.f, 1.f, 1.5f, 3.f}), Tensor{-1.f, -0.5f, 0.f, 1.5f, 2.f}));
  EXPECT_TRUE(expect::error<ValueError>([] { ReLU({.max_value = -1}); }, {"ReLU", "max_value >= 0", "-1"}));
  EXPECT_TRUE(expect::error<ValueError>([] { ReLU({.negative_slope = -1}); }, {"ReLU", "negative_slope >= 0"}));
  EXPECT_TRUE(expect::error<ValueError>([] { ReLU({.threshold = -1}); }, {"ReLU", "threshold >= 0"}));
}
