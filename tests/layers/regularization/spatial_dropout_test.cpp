#include <lamina/layers/regularization/spatial_dropout.hpp>

#include "support/check_layer.hpp"
#include "support/noise_layers.hpp"

using namespace lamina;
using namespace lamina::testing::noise_layers;

TEST(SpatialDropout, PassesTheLayerChecks) {
  check_layer<SpatialDropout1D>({.input = {3, 4, 2}, .output = {3, 4, 2}, .training = true}, 0.4);
  check_layer<SpatialDropout2D>({.input = {2, 3, 2, 2}, .output = {2, 3, 2, 2}, .training = true}, 0.4);
  check_layer<SpatialDropout3D>({.input = {2, 2, 2, 2, 3}, .output = {2, 2, 2, 2, 3}, .training = true}, 0.4);
}

TEST(SpatialDropout, DropsWholeChannels) {
  const Tensor<double> y = SpatialDropout2D<double>(0.5)(Tensor<double>::ones({40, 3, 4, 5}), training);
  Index dropped = 0;
  for (Index sample = 0; sample < 40; ++sample)
    for (Index channel = 0; channel < 5; ++channel) {
      const double first = y[sample * 60 + channel];
      EXPECT_TRUE(first == 0 || first == 2);
      dropped += first == 0 ? 1 : 0;
      for (Index pixel = 0; pixel < 12; ++pixel) ASSERT_EQ(y[sample * 60 + pixel * 5 + channel], first);
    }
  EXPECT_NEAR(static_cast<double>(dropped), 100, 30);
  const Tensor<double> z =
      SpatialDropout1D<double>(0.5, {.channels_first = true})(Tensor<double>::ones({9, 4, 6}), training);
  for (Index row = 0; row < 36; ++row)
    for (Index i = 0; i < 6; ++i) ASSERT_EQ(z[row * 6 + i], z[row * 6]);
  EXPECT_TRUE(expect::error<ShapeError>(
      [] {
        SpatialDropout2D(0.5)(Tensor<float>::ones({2, 3}));
      },
      {"SpatialDropout2D", "rank 4", "(2, 3)"}));
  EXPECT_TRUE(expect::error<ValueError>([] { SpatialDropout3D(1.5); }, {"SpatialDropout3D", "rate <= 1", "1.5"}));
}
