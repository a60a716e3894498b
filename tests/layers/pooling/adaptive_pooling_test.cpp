#include <lamina/layers/pooling/adaptive_pooling.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(AdaptivePooling, PassesTheLayerChecks) {
  check_layer<AdaptiveAveragePooling2D>({.input = {2, 5, 7, 2}, .output = {2, 3, 4, 2}}, Sizes<2>{3, 4});
  check_layer<AdaptiveMaxPooling1D>({.input = {2, 3, 8}, .output = {2, 3, 3}}, 3,
                                    AdaptivePoolingOptions{.channels_first = true});
}

TEST(AdaptivePooling, AllowsUnknownSizes) {
  EXPECT_EQ(AdaptiveMaxPooling2D({2, 3}).compute_output_shape({None, None, None, 4}), (Shape{None, 2, 3, 4}));
}

TEST(AdaptivePooling, RejectsInvalidArguments) {
  EXPECT_TRUE(expect::error<ShapeError>(
      [] {
        AdaptiveAveragePooling1D(2)(Tensor<float>::zeros({1, 0, 3}));
      },
      {"AdaptiveAveragePooling1D", "(1, 0, 3)"}));
  EXPECT_TRUE(expect::error<ValueError>([] { AdaptiveMaxPooling2D({2, 0}); }, {"output_size", "got 0"}));
}

TEST(AdaptivePooling, DividesTheAxesEvenly) {
  const Tensor x{{{1}, {2}, {3}, {4}, {5}}};
  EXPECT_TRUE(expect::same(AdaptiveAveragePooling1D(2)(x), Tensor{{{2.f}, {4.f}}}));  // 1 to 3, 3 to 5
  EXPECT_TRUE(expect::same(AdaptiveMaxPooling1D(3)(x), Tensor{{{2}, {4}, {5}}}));
  EXPECT_TRUE(expect::same(AdaptiveMaxPooling1D(10)(x).rows_view(0, 1),
                           Tensor{{{1}, {1}, {2}, {2}, {3}, {3}, {4}, {4}, {5}, {5}}}));
}
