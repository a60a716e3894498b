#include <lamina/layers/pooling/average_pooling.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(AveragePooling, PassesTheLayerChecks) {
  check_layer<AveragePooling2D>({.input = {2, 5, 4, 2}, .output = {2, 3, 4, 2}}, Sizes<2>{3, 2},
                                PoolingOptions<2>{.strides = Sizes<2>{2, 1}, .padding = "same"});
  check_layer<AveragePooling3D>({.input = {1, 2, 4, 3, 2}, .output = {1, 1, 2, 1, 2}});
}

TEST(AveragePooling, ExcludesPaddingFromTheMean) {
  const Tensor x{{{1, 5}, {4, 2}, {3, 3}, {9, 0}, {7, 7}}};
  EXPECT_TRUE(
      expect::same(AveragePooling1D(2, {.padding = "same"})(x), Tensor{{{2.5f, 3.5f}, {6.f, 1.5f}, {7.f, 7.f}}}));
  EXPECT_TRUE(expect::same(AveragePooling1D(2)(x), Tensor{{{2.5f, 3.5f}, {6.f, 1.5f}}}));
}
