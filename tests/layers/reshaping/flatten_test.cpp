#include <lamina/layers/reshaping/flatten.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(Flatten, PassesTheLayerChecks) {
  check_layer<Flatten>({.input = {2, 3, 4}, .output = {2, 12}});
  check_layer<Flatten>({.input = {3, 5}, .output = {3, 5}});
  check_layer<Flatten>({.input = {3}, .output = {3, 1}});
  check_layer<Flatten>({.input = {2, 2, 2, 2, 2}, .output = {2, 16}});
}

TEST(Flatten, KeepsRowMajorOrder) {
  Flatten layer;
  EXPECT_TRUE(expect::same(layer(Tensor{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}}), Tensor{{1, 2, 3, 4}, {5, 6, 7, 8}}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer(Tensor(1.f)); }, {"Flatten", "rank 1 or more", "got shape ()"}));
}
