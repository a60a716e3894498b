#include <lamina/layers/convolutional/separable_conv.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(SeparableConv, PassesTheLayerChecks) {
  check_layer<SeparableConv1D>({.input = {2, 6, 3},
                                .output = {2, 4, 5},
                                .weights = {{"depthwise_kernel", {2, 3, 2}}, {"pointwise_kernel", {1, 6, 5}}}},
                               5, 2,
                               SeparableConvOptions<1>{.dilation_rate = 2, .depth_multiplier = 2, .use_bias = false});
  check_layer<SeparableConv2D>(
      {.input = {2, 4, 5, 2},
       .output = {2, 4, 5, 3},
       .weights = {{"depthwise_kernel", {3, 3, 2, 1}}, {"pointwise_kernel", {1, 1, 2, 3}}, {"bias", {3}}}},
      3, 3, SeparableConvOptions<2>{.padding = "same", .activation = "sigmoid"});
}

TEST(SeparableConv, RejectsInvalidShapesAndArguments) {
  const auto zeros = [](const Shape& shape) { return Tensor<float>::zeros(shape); };
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        SeparableConv1D(4, 3)(zeros({3, 5}));
      },
      {"SeparableConv1D", "rank 3", "(None, 5)"}));
  EXPECT_TRUE(expect::error<ValueError>([] { SeparableConv2D(0, 3); }, {"SeparableConv2D", "filters", "got 0"}));
  SeparableConv2D first(2, 1, {.channels_first = true});
  first(zeros({1, 3, 2, 2}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { first(zeros({1, 4, 2, 2})); }, {"(1, 4, 2, 2)"}));
}
