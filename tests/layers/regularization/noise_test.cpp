#include <lamina/layers/regularization/noise.hpp>

#include "support/check_layer.hpp"
#include "support/noise_layers.hpp"

using namespace lamina;
using namespace lamina::testing::noise_layers;

TEST(NoiseLayers, AnOwnSeedGivesTheSameNumbers) {
  const Tensor<double> x = Tensor<double>::ones({20, 10});
  GaussianNoise<double> a(0.3, {.seed = 7}), b(0.3, {.seed = 7}), c(0.3, {.seed = 8});
  const auto noisy = [&](GaussianNoise<double>& layer) {
    const CallContext::Step step(1, 0);
    return layer(x, training);
  };
  EXPECT_TRUE(expect::same(noisy(a), noisy(b)));
  EXPECT_FALSE(expect::same(noisy(a), noisy(c)));
}
