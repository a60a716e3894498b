#include <lamina/layers/convolutional/depthwise_conv.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(DepthwiseConv, PassesTheLayerChecks) {
  check_layer<DepthwiseConv1D>(
      {.input = {2, 7, 3}, .output = {2, 7, 6}, .weights = {{"kernel", {3, 3, 2}}, {"bias", {6}}}}, 3,
      DepthwiseConvOptions<1>{.padding = "causal", .depth_multiplier = 2});
  check_layer<DepthwiseConv2D>(
      {.input = {2, 3, 5, 6}, .output = {2, 3, 3, 3}, .weights = {{"kernel", {3, 2, 3, 1}}, {"bias", {3}}}},
      Sizes<2>{3, 2},
      DepthwiseConvOptions<2>{.strides = 2, .padding = "same", .channels_first = true, .activation = "tanh"});
}

TEST(DepthwiseConv, SupportsAnActivityRegularizer) {
  const DepthwiseConv1D layer(1, {.depthwise_initializer = "ones", .activity_regularizer = L2(0.5)});
  layer(Tensor{{{1.f}, {2.f}}, {{3.f}, {4.f}}});
  ASSERT_EQ(layer.losses().size(), 1U);
  EXPECT_FLOAT_EQ(layer.losses()[0].item(), 0.5f * 30 / 2);
}

TEST(DepthwiseConv, RejectsInvalidShapesAndArguments) {
  const auto zeros = [](const Shape& shape) { return Tensor<float>::zeros(shape); };
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        DepthwiseConv2D(3)(zeros({1, 2, 5, 1}));
      },
      {"DepthwiseConv2D", "window of 3", "axis of 2"}));
  EXPECT_TRUE(
      expect::error<ValueError>([] { DepthwiseConv1D(3, {.depth_multiplier = 0}); }, {"depth_multiplier", "0"}));
  EXPECT_TRUE(expect::error<ValueError>([] { DepthwiseConv2D(3, {.strides = 2, .dilation_rate = 2}); },
                                        {"strides", "dilation_rate"}));
  EXPECT_TRUE(expect::error<ValueError>([] { DepthwiseConv2D(3, {.padding = "causal"}); }, {"causal", "one axis"}));
  DepthwiseConv1D built(2);
  built(zeros({1, 4, 3}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { built(zeros({1, 4, 2})); }, {"DepthwiseConv1D", "(1, 4, 2)"}));
}
