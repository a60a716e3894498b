#include <lamina/layers/pooling/global_pooling.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(GlobalPooling, PassesTheLayerChecks) {
  check_layer<GlobalMaxPooling1D>({.input = {2, 5, 3}, .output = {2, 3}});
  check_layer<GlobalAveragePooling2D>({.input = {2, 3, 4, 5}, .output = {2, 3, 1, 1}},
                                      GlobalPoolingOptions{.channels_first = true, .keepdims = true});
}

TEST(GlobalPooling, AllowsUnknownSizes) {
  EXPECT_EQ(GlobalAveragePooling1D().compute_output_shape({None, None, 4}), (Shape{None, 4}));
}

TEST(GlobalPooling, ExcludesMaskedSteps) {
  const Tensor x{{{1, 2}, {3, 4}, {100, 100}}, {{5, 6}, {100, 100}, {100, 100}}};
  const GlobalAveragePooling1D layer;
  EXPECT_TRUE(layer.supports_masking());
  EXPECT_TRUE(expect::near(layer(x, {.mask = Tensor{{1, 1, 0}, {1, 0, 0}}}), Tensor{{2, 3}, {5, 6}}, {1e-6, 1e-6}));
  const GlobalAveragePooling1D first({.channels_first = true, .keepdims = true});
  EXPECT_TRUE(expect::near(first(transpose(x, {0, 2, 1}), {.mask = Tensor{{0, 1, 0}, {1, 0, 0}}}),
                           Tensor{{{3}, {4}}, {{5}, {6}}}, {1e-6, 1e-6}));
}
