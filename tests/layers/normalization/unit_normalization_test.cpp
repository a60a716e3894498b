#include <lamina/layers/normalization/unit_normalization.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(UnitNormalization, PassesTheLayerChecks) {
  check_layer<UnitNormalization>({.input = {3, 4}, .output = {3, 4}});
  check_layer<UnitNormalization>({.input = {2, 3, 2}, .output = {2, 3, 2}}, UnitNormalizationOptions{.axis = {1, 2}});
  const Tensor<double> x{{3., 4.}, {0., 0.}};
  Tensor<double> watched = x;
  GradientTape<double> tape;
  tape.watch(watched);
  const Tensor<double> y = UnitNormalization<double>()(watched);
  EXPECT_TRUE(expect::near(y, Tensor<double>{{0.6, 0.8}, {0., 0.}}));
  const Tensor<double> dx = tape.gradient(y, watched);
  EXPECT_TRUE(std::isfinite(dx[2]) && std::isfinite(dx[3])) << "also of a vector of norm 0";
}
