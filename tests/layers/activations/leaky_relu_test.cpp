#include <lamina/layers/activations/leaky_relu.hpp>

#include "support/check_layer.hpp"
#include "support/kinks.hpp"

using namespace lamina;
using namespace lamina::testing::kinks;

TEST(LeakyReLU, PassesTheLayerChecks) {
  check_layer<LeakyReLU>({.input = {3, 4}, .output = {3, 4}, .input_map = off_kinks});
  check_layer<LeakyReLU>({.input = {4}, .output = {4}, .input_map = off_kinks}, 0.1);
}

TEST(LeakyReLU, HasADefaultSlopeOfThreeTenths) {
  EXPECT_TRUE(expect::near(LeakyReLU()(Tensor{-1.f, 2.f}), Tensor{-0.3f, 2.f}));
  EXPECT_TRUE(expect::near(LeakyReLU(0.5)(Tensor{-1.f, 2.f}), Tensor{-0.5f, 2.f}));
  EXPECT_TRUE(expect::error<ValueError>([] { LeakyReLU(std::nan("")); }, {"LeakyReLU", "negative_slope"}));
}
