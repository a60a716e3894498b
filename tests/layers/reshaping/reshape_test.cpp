#include <lamina/layers/reshaping/reshape.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(Reshape, PassesTheLayerChecks) {
  check_layer<Reshape>({.input = {2, 12}, .output = {2, 3, 4}}, Shape{3, 4});
  check_layer<Reshape>({.input = {2, 3, 4}, .output = {2, 6, 2}}, Shape{-1, 2});
  check_layer<Reshape>({.input = {2, 3, 4}, .output = {2, 12}}, Shape{-1});
  check_layer<Reshape>({.input = {2, 1}, .output = {2}}, Shape{});
}

TEST(Reshape, DeducesTheUnknownSize) {
  Reshape layer({2, -1});
  EXPECT_EQ(layer.compute_output_shape({None, 3, 4}), (Shape{None, 2, 6}));
  EXPECT_EQ(layer.compute_output_shape({7, 10}), (Shape{7, 2, 5}));
}

TEST(Reshape, ShapesThatDoNotFitAreErrors) {
  Reshape layer({3, 5});
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        layer(Tensor<float>::zeros({2, 14}));
      },
      {"Reshape \"", "call", "(14,)", "14 elements", "(3, 5)"}));
  Reshape two({-1, -1});
  EXPECT_TRUE(expect::error<ShapeError>([&] { two(Tensor<float>::zeros({2, 4})); }, {"at most one", "-1"}));
  Reshape uneven({-1, 4});
  EXPECT_TRUE(expect::error<ShapeError>([&] { uneven(Tensor<float>::zeros({2, 6})); }, {"6 elements"}));
  EXPECT_EQ(layer(Tensor<float>::zeros({2, 15})).shape(), (Shape{2, 3, 5})) << "usable after an error";
}
