#include <lamina/layers/preprocessing/rescaling.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(Rescaling, PassesTheLayerChecks) { check_layer<Rescaling>({.input = {3, 4}, .output = {3, 4}}, 0.5, -1.0); }

TEST(Rescaling, ByOneNumberOrOnePerColumn) {
  EXPECT_TRUE(expect::same(Rescaling(2, 1)(Tensor{{1, 2}, {3, 4}}), Tensor{{3, 5}, {7, 9}}));
  EXPECT_TRUE(expect::same(Rescaling({2., 10.}, {1., 0.})(Tensor{{1, 2}, {3, 4}}), Tensor{{3, 20}, {7, 40}}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [] {
        Rescaling({2., 10.}, 0)(Tensor<float>::ones({2, 3}));
      },
      {"Rescaling", "last axis is 2", "(2, 3)"}));
}
