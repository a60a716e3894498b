#include <lamina/layers/convolutional/conv.hpp>

#include "support/check_gradient.hpp"
#include "support/check_layer.hpp"
#include "support/convolution_layers.hpp"
#include "support/with_threads.hpp"

using namespace lamina;
using lamina::testing::with_threads;
using namespace lamina::testing::convolution_layers;

TEST(Conv1D, PassesTheLayerChecks) {
  check_layer<Conv1D>({.input = {3, 7, 2}, .output = {3, 5, 4}, .weights = {{"kernel", {3, 2, 4}}, {"bias", {4}}}}, 4,
                      3, ConvOptions{.activation = "tanh"});
  check_layer<Conv1D>({.input = {2, 6, 4}, .output = {2, 6, 4}, .weights = {{"kernel", {2, 2, 4}}}}, 4, 2,
                      ConvOptions{.padding = "causal", .dilation_rate = 2, .groups = 2, .use_bias = false});
}

TEST(Conv2D, PassesTheLayerChecks) {
  check_layer<Conv2D>(
      {.input = {3, 5, 6, 2}, .output = {3, 3, 2, 3}, .weights = {{"kernel", {3, 2, 2, 3}}, {"bias", {3}}}}, 3,
      AxisSizes{3, 2}, ConvOptions{.strides = {2, 3}, .padding = "same", .activation = "relu"});
  check_layer<Conv2D>(
      {.input = {2, 3, 5, 4}, .output = {2, 2, 3, 2}, .weights = {{"kernel", {2, 2, 3, 2}}, {"bias", {2}}}}, 2, 2,
      ConvOptions{.channels_first = true, .dilation_rate = 2});
}

TEST(Conv3D, PassesTheLayerChecks) {
  check_layer<Conv3D>(
      {.input = {2, 3, 4, 3, 2}, .output = {2, 2, 2, 2, 2}, .weights = {{"kernel", {2, 3, 2, 2, 2}}, {"bias", {2}}}}, 2,
      AxisSizes{2, 3, 2});
}

TEST(Conv, ChannelsFirstIsTheSameWithAxesMoved) {
  check_channels_first<Conv1D>({2, 7, 4}, 3, ConvOptions{.padding = "causal", .activation = "tanh"});
  check_channels_first<Conv2D>({2, 7, 6, 4}, {3, 2}, ConvOptions{.padding = "same", .activation = "relu"});
  check_channels_first<Conv3D>({2, 4, 3, 5, 2}, 2, ConvOptions{.strides = 2});
}

TEST(Conv, ShapesOfUnknownAxes) {
  const Conv2D<float> layer(8, 3, {.strides = 2, .padding = "same"});
  EXPECT_EQ(layer.compute_output_shape({None, None, 9, 3}), (Shape{None, None, 5, 8}));
}

TEST(Conv, RoundTripsThroughItsConfiguration) {
  const Conv2D<float> layer(6, {3, 5},
                            {.strides = 2,
                             .padding = "same",
                             .groups = 3,
                             .activation = "relu",
                             .kernel_regularizer = L2(0.01),
                             .name = "edges"});
  const Config config = layer.get_config();
  EXPECT_EQ(config.at("kernel_size").to_string(), "[3, 5]");
  EXPECT_EQ(config.at("strides").to_string(), "[2, 2]");
  EXPECT_EQ(config.at("padding").as_string(), "same");
  EXPECT_EQ(layer_from_config<float>(named_config("Conv2D", config))->get_config().to_string(), config.to_string());
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        Config wrong = config;
        wrong["strides"] = Config();
        layer_from_config<float>(named_config("Conv2D", wrong));
      },
      {"strides"}));
}

TEST(Conv, TrainingGivesTheSameBitsByAnyNumberOfThreads) {
  const auto train = [] {
    Sequential<float> model(Conv2D<float>(8, 3, {.activation = "relu"}), Conv2D<float>(12, 3, {.padding = "same"}),
                            Conv2DTranspose<float>(2, 3, {.strides = 2}), Flatten<float>(), Dense<float>(3));
    model.compile({.optimizer = "adam", .loss = "mean_squared_error"});
    set_random_seed(3);
    model.fit(expect::scattered<float>({40, 20, 20, 3}, 1), expect::scattered<float>({40, 3}, 2),
              {.batch_size = 16, .epochs = 1, .verbose = 0});
    return model.get_weights();
  };
  std::vector<Tensor<float>> alone;
  with_threads(1, [&] { alone = train(); });
  for (const int threads : {2, 3}) with_threads(threads, [&] { EXPECT_TRUE(expect::same(train(), alone)) << threads; });
}
