#include <lamina/layers/normalization/rms_normalization.hpp>

#include "support/check_layer.hpp"
#include "support/normalization_layers.hpp"

using namespace lamina;
using namespace lamina::testing::normalization_layers;

TEST(RMSNormalization, PassesTheLayerChecks) {
  check_layer<RMSNormalization>({.input = {3, 5}, .output = {3, 5}, .weights = {{"scale", {5}}}});
  check_layer<RMSNormalization>({.input = {2, 3, 4}, .output = {2, 3, 4}, .weights = {{"scale", {3, 4}}}},
                                RMSNormalizationOptions{.axis = {-2, -1}, .epsilon = 0.01});
  const Tensor<double> x = expect::scattered({3, 4});
  EXPECT_TRUE(
      expect::near(RMSNormalization<double>()(x), x / sqrt(mean(square(x), {.axes = {-1}, .keepdims = true}) + 1e-6)));
}

TEST(RMSNormalization, IsScaleInvariantForLargeNumbers) { check_large_numbers(RMSNormalization()); }
