#include <lamina/layers/regularization/alpha_dropout.hpp>

#include "support/check_layer.hpp"
#include "support/noise_layers.hpp"

using namespace lamina;
using namespace lamina::testing::noise_layers;

TEST(AlphaDropout, PassesTheLayerChecks) {
  check_layer<AlphaDropout>({.input = {3, 4}, .output = {3, 4}, .training = true}, 0.4);
}

TEST(AlphaDropout, ActsOnlyInTraining) { expect_only_in_training(AlphaDropout<double>(0.1)); }

TEST(AlphaDropout, KeepsMeanAndVariance) {
  set_random_seed(3);
  const Tensor<double> x = detail::normal_noise<double>({500, 400}, 0, 1, CallContext::random_stream());
  const Tensor<double> y = AlphaDropout<double>(0.3)(x, training);
  EXPECT_NEAR(mean_of(y), 0, 0.01);
  EXPECT_NEAR(deviation_of(y), 1, 0.01);
  AlphaDropout<double> rows(0.5, {.noise_shape = {None, 1}});
  const Tensor<double> z = rows(Tensor<double>::ones({100, 3}), training);
  EXPECT_TRUE(expect::same(slice(z, {0, 0}, {100, 1}), slice(z, {0, 2}, {100, 1}))) << "rows are dropped together";
}
