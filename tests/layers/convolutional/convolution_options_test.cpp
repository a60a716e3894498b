#include <lamina/layers/convolutional/convolution_layer.hpp>
#include <lamina/layers/convolutional/convolution_options.hpp>

#include "support/check_gradient.hpp"
#include "support/check_layer.hpp"
#include "support/with_threads.hpp"

using namespace lamina;

TEST(Conv, RejectsInvalidArguments) {
  EXPECT_TRUE(expect::error<ValueError>([] { Conv2D(0, 3); }, {"Conv2D", "filters >= 1", "got 0"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Conv2D(1, 0); }, {"Conv2D, kernel_size", ">= 1"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Conv2D(1, {1, 2, 3}); }, {"Conv2D, kernel_size", "2 axes", "got 3"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Conv3D(1, 2, {.strides = 0}); }, {"Conv3D, strides"}));
  EXPECT_TRUE(
      expect::error<ValueError>([] { Conv2D(1, 2, {.strides = 2, .dilation_rate = 2}); }, {"cannot be combined"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Conv2D(1, 2, {.padding = "causal"}); }, {"causal", "one axis"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Conv2D(1, 2, {.padding = "smae"}); }, {"padding", "same"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Conv2D(4, 2, {.groups = 3}); }, {"groups", "filters = 4", "got 3"}));
}
