#include <lamina/layers/regularization/gaussian_dropout.hpp>

#include "support/check_layer.hpp"
#include "support/noise_layers.hpp"

using namespace lamina;
using namespace lamina::testing::noise_layers;

TEST(GaussianDropout, PassesTheLayerChecks) {
  check_layer<GaussianDropout>({.input = {3, 4}, .output = {3, 4}, .training = true}, 0.5);
}

TEST(GaussianDropout, ActsOnlyInTraining) { expect_only_in_training(GaussianDropout<double>(0.1)); }

TEST(GaussianDropout, HasTheStandardDeviationOfDropout) {
  const Tensor<double> y = GaussianDropout<double>(0.2)(Tensor<double>::ones({400, 300}), training);
  EXPECT_NEAR(mean_of(y), 1, 0.01);
  EXPECT_NEAR(deviation_of(y), 0.5, 0.01);
  EXPECT_TRUE(expect::error<ValueError>([] { GaussianDropout(1.0); }, {"GaussianDropout", "rate < 1"}));
}
