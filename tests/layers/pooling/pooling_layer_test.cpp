#include <lamina/layers/pooling/pooling_layer.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(Pooling, AllowsUnknownSizes) {
  EXPECT_EQ(MaxPooling2D(3, {.strides = 2}).compute_output_shape({None, None, 9, 4}), (Shape{None, None, 4, 4}));
  EXPECT_EQ(MaxPooling2D(2, {.padding = "same", .channels_first = true}).compute_output_shape({None, 4, None, 9}),
            (Shape{None, 4, None, 5}));
}

TEST(Pooling, RejectsInvalidShapesAndArguments) {
  const auto zeros = [](const Shape& shape) { return Tensor<float>::zeros(shape); };
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        MaxPooling2D(3)(zeros({1, 2, 5, 1}));
      },
      {"MaxPooling2D", "window of 3", "axis of 2", "\"same\""}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        AveragePooling1D(2, {.padding = "same"})(zeros({1, 0, 1}));
      },
      {"AveragePooling1D", "axis of 0"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { MaxPooling1D()(zeros({4, 4})); }, {"MaxPooling1D", "(4, 4)"}));
  EXPECT_TRUE(expect::error<ValueError>([] { MaxPooling2D(0); }, {"MaxPooling2D", "pool_size", ">= 1", "got 0"}));
  EXPECT_TRUE(expect::error<ValueError>([] { MaxPooling1D(2, {.strides = 0}); }, {"strides", "got 0"}));
  EXPECT_TRUE(expect::error<ValueError>([] { MaxPooling1D(2, {.padding = "causal"}); }, {"valid", "same", "causal"}));
  EXPECT_TRUE(expect::error<ValueError>([] { MaxPooling1D(2, {.padding = "sme"}); }, {"padding", "sme", "same"}));
}
