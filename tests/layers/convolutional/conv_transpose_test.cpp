#include <lamina/layers/convolutional/conv_transpose.hpp>

#include "support/check_gradient.hpp"
#include "support/check_layer.hpp"
#include "support/convolution_layers.hpp"
#include "support/with_threads.hpp"

using namespace lamina;
using namespace lamina::testing::convolution_layers;

TEST(ConvTranspose, PassesTheLayerChecks) {
  check_layer<Conv1DTranspose>(
      {.input = {3, 4, 2}, .output = {3, 8, 3}, .weights = {{"kernel", {3, 3, 2}}, {"bias", {3}}}}, 3, 3,
      ConvTransposeOptions{.strides = 2, .padding = "same", .activation = "relu"});
  check_layer<Conv2DTranspose>(
      {.input = {2, 3, 2, 2}, .output = {2, 8, 5, 2}, .weights = {{"kernel", {3, 2, 2, 2}}}}, 2, AxisSizes{3, 2},
      ConvTransposeOptions{.strides = {2, 3}, .output_padding = AxisSizes{1, 0}, .use_bias = false});
  check_layer<Conv3DTranspose>(
      {.input = {2, 2, 2, 2, 1}, .output = {2, 3, 3, 3, 2}, .weights = {{"kernel", {2, 2, 2, 2, 1}}, {"bias", {2}}}}, 2,
      2);
}

TEST(ConvTranspose, ChannelsFirstIsTheSameWithAxesMoved) {
  check_channels_first<Conv2DTranspose>({2, 3, 4, 2}, 3, ConvTransposeOptions{.strides = 2, .padding = "same"});
}

TEST(ConvTranspose, ShapesOfUnknownAxes) {
  const Conv2DTranspose<float> back(8, 3, {.strides = 2, .padding = "same"});
  EXPECT_EQ(back.compute_output_shape({None, None, 9, 3}), (Shape{None, None, 18, 8}));
}

TEST(ConvTranspose, RoundTripsThroughItsConfiguration) {
  const Conv1DTranspose<float> back(2, 3, {.strides = 2, .output_padding = 1});
  EXPECT_EQ(back.get_config().at("output_padding").to_string(), "[1]");
  const auto again = layer_from_config<float>(named_config("Conv1DTranspose", back.get_config()));
  EXPECT_EQ(again->get_config().to_string(), back.get_config().to_string());
  EXPECT_EQ(again->compute_output_shape({None, 5, 2}), (Shape{None, 12, 2}));
}

TEST(ConvTranspose, RejectsInvalidArguments) {
  EXPECT_TRUE(expect::error<ValueError>([] { Conv1DTranspose(1, 2, {.padding = "causal"}); }, {"causal"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Conv1DTranspose(1, 2, {.output_padding = -1}); }, {"output_padding"}));
}
