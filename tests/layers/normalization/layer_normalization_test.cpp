#include <lamina/layers/normalization/layer_normalization.hpp>

#include "support/check_layer.hpp"
#include "support/normalization_layers.hpp"

using namespace lamina;
using namespace lamina::testing::normalization_layers;

TEST(LayerNormalization, PassesTheLayerChecks) {
  check_layer<LayerNormalization>({.input = {3, 5}, .output = {3, 5}, .weights = {gamma5, beta5}});
  check_layer<LayerNormalization>({.input = {2, 3, 5}, .output = {2, 3, 5}, .weights = {gamma5}},
                                  LayerNormalizationOptions{.center = false});
  check_layer<LayerNormalization>({.input = {2, 5, 3}, .output = {2, 5, 3}, .weights = {beta5}},
                                  LayerNormalizationOptions{.axis = 1, .scale = false});
  check_layer<LayerNormalization>(
      {.input = {2, 3, 2, 4}, .output = {2, 3, 2, 4}, .weights = {{"gamma", {3, 4}}, {"beta", {3, 4}}}},
      LayerNormalizationOptions{.axis = {1, -1}});
  check_layer<LayerNormalization>({.input = {2, 3, 5}, .output = {2, 3, 5}, .weights = {gamma5}},
                                  LayerNormalizationOptions{.rms_scaling = true});
}

TEST(LayerNormalization, NormalizesOverItsAxes) {
  const Tensor<double> x = expect::scattered({2, 3, 2, 4});
  LayerNormalization<double> layer({.axis = {3, 1}, .epsilon = 0.1});
  layer(x);
  const Tensor<double> gamma = expect::scattered({3, 4}, 2), beta = expect::scattered({3, 4}, 3);
  layer.set_weights({gamma, beta});
  const auto [m, v] = statistics(x, {1, 3});
  const Shape along{1, 3, 1, 4};
  EXPECT_TRUE(expect::near(layer(x), (x - m) / sqrt(v + 0.1) * reshape(gamma, along) + reshape(beta, along)));
  EXPECT_EQ(layer.get_config().at("axis").to_string(), "[1, 3]");
  LayerNormalization<double> old({.epsilon = 0.1, .rms_scaling = true});
  const Tensor<double> last = statistics(x, {3}).second;
  EXPECT_TRUE(expect::near(old(x), x / sqrt(last + 0.1))) << "x divided by its standard deviation";
}

TEST(LayerNormalization, RejectsInvalidArguments) {
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        LayerNormalization<float>({.axis = 3})(Tensor<float>::ones({2, 3}));
      },
      {"LayerNormalization", "axis 3", "(None, 3)"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        LayerNormalization<float>({.axis = {1, -1}})(Tensor<float>::ones({2, 3}));
      },
      {"axis", "twice"}));
  EXPECT_TRUE(expect::error<ValueError>([] { LayerNormalization<float>({.axis = {}}); }, {"axis"}));
  LayerNormalization<float> layer;
  layer(Tensor<float>::ones({2, 3}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        layer(Tensor<float>::ones({2, 4}));
      },
      {"(None, 3)", "got shape (2, 4)", "new layer"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer(Tensor<float>::ones({2, 1, 3})); }, {"(2, 1, 3)"}));
}

TEST(LayerNormalization, IsScaleInvariantForLargeNumbers) { check_large_numbers(LayerNormalization()); }
