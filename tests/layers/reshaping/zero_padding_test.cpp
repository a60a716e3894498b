#include <lamina/layers/reshaping/zero_padding.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(ZeroPadding, PassesTheLayerChecks) {
  check_layer<ZeroPadding1D>({.input = {2, 3, 2}, .output = {2, 6, 2}}, PadWidths<1>{1, 2});
  check_layer<ZeroPadding2D>({.input = {2, 3, 2, 2}, .output = {2, 5, 5, 2}}, PadWidths<2>{{2, 0}, {0, 3}});
  check_layer<ZeroPadding3D>({.input = {1, 2, 1, 2, 2}, .output = {1, 4, 1, 6, 2}}, PadWidths<3>{1, 0, 2});
}

TEST(ZeroPadding, AddsZerosAround) {
  EXPECT_TRUE(expect::same(ZeroPadding1D({1, 2})(Tensor{{{5}, {6}}}), Tensor{{{0}, {5}, {6}, {0}, {0}}}));
  ZeroPadding2D first(1, {.channels_first = true});
  EXPECT_EQ(first(Tensor<float>::ones({2, 3, 4, 5})).shape(), (Shape{2, 3, 6, 7}));
}
