#include <lamina/layers/reshaping/cropping.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(Cropping, PassesTheLayerChecks) {
  check_layer<Cropping1D>({.input = {2, 6, 2}, .output = {2, 3, 2}}, PadWidths<1>{1, 2});
  check_layer<Cropping2D>({.input = {2, 4, 5, 2}, .output = {2, 3, 2, 2}}, PadWidths<2>{{1, 0}, {2, 1}});
  check_layer<Cropping3D>({.input = {1, 3, 4, 3, 2}, .output = {1, 1, 2, 1, 2}});
}

TEST(Cropping, RemovesElementsButNotAll) {
  EXPECT_TRUE(expect::same(Cropping1D({1, 2})(Tensor{{{1}, {2}, {3}, {4}}}), Tensor{{{2}}}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [] {
        Cropping2D(2)(Tensor<float>::ones({1, 4, 6, 1}));
      },
      {"Cropping2D", "at least 1 element of axis 1", "(1, 4, 6, 1)"}));
}
