#include <lamina/layers/reshaping/permute.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(Permute, PassesTheLayerChecks) {
  check_layer<Permute>({.input = {2, 3, 4, 5}, .output = {2, 5, 3, 4}}, Shape{3, 1, 2});
}

TEST(Permute, CountsTheAxesOfASampleFromOne) {
  EXPECT_TRUE(expect::same(Permute({2, 1})(Tensor{{{1, 2, 3}, {4, 5, 6}}}), Tensor{{{1, 4}, {2, 5}, {3, 6}}}));
  EXPECT_TRUE(expect::error<ValueError>([] { Permute({1, 3}); }, {"Permute", "1 to 2", "(1, 3)"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [] {
        Permute({2, 1})(Tensor<float>::zeros({2, 3}));
      },
      {"Permute", "rank 3", "(2, 3)"}));
}
