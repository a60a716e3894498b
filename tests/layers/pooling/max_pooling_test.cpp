#include <lamina/layers/pooling/max_pooling.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(MaxPooling, PassesTheLayerChecks) {
  check_layer<MaxPooling1D>({.input = {2, 7, 3}, .output = {2, 3, 3}}, 2);
  check_layer<MaxPooling2D>({.input = {2, 3, 5, 4}, .output = {2, 3, 2, 2}}, 2,
                            PoolingOptions<2>{.channels_first = true});
}

TEST(MaxPooling, TakesTheLargest) {
  const Tensor x{{{1, 5}, {4, 2}, {3, 3}, {9, 0}, {7, 7}}};
  EXPECT_TRUE(expect::same(MaxPooling1D(2)(x), Tensor{{{4, 5}, {9, 3}}}));
  EXPECT_TRUE(expect::same(MaxPooling1D(2, {.padding = "same"})(x), Tensor{{{4, 5}, {9, 3}, {7, 7}}}));
  EXPECT_TRUE(expect::same(MaxPooling1D(3, {.strides = 1})(x), Tensor{{{4, 5}, {9, 3}, {9, 7}}}));
}
