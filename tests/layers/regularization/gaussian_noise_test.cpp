#include <lamina/layers/regularization/gaussian_noise.hpp>

#include "support/check_layer.hpp"
#include "support/noise_layers.hpp"

using namespace lamina;
using namespace lamina::testing::noise_layers;

TEST(GaussianNoise, PassesTheLayerChecks) {
  check_layer<GaussianNoise>({.input = {3, 4}, .output = {3, 4}, .training = true}, 0.5);
}

TEST(GaussianNoise, ActsOnlyInTraining) { expect_only_in_training(GaussianNoise<double>(0.1)); }

TEST(GaussianNoise, HasTheGivenStandardDeviation) {
  const Tensor<double> x = Tensor<double>::full({400, 300}, 2.0), y = GaussianNoise<double>(0.3)(x, training);
  EXPECT_NEAR(mean_of(y), 2, 0.005);
  EXPECT_NEAR(deviation_of(y), 0.3, 0.005);
  EXPECT_TRUE(expect::error<ValueError>([] { GaussianNoise(-0.1); }, {"GaussianNoise", "stddev >= 0", "-0.1"}));
}
