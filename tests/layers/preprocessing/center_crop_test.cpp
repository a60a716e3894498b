#include <lamina/layers/preprocessing/center_crop.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(CenterCrop, TakesTheCenterOrResizesSmallerImages) {
  const Tensor<float> x = reshape(expect::scattered<float>({2 * 5 * 6 * 3}), {2, 5, 6, 3});
  EXPECT_TRUE(expect::same(CenterCrop<float>(2, 3)(x), slice(x, {0, 1, 1, 0}, {2, 2, 3, 3})));
  EXPECT_TRUE(expect::same(CenterCrop<float>(2, 3, {.channels_first = true})(transpose(x, {0, 3, 1, 2})),
                           transpose(slice(x, {0, 1, 1, 0}, {2, 2, 3, 3}), {0, 3, 1, 2})));
  // Input too small: the largest window with the aspect ratio, resized.
  Resizing<float> cropped(8, 6, {.crop_to_aspect_ratio = true});
  EXPECT_TRUE(expect::same(CenterCrop<float>(8, 6)(x), cropped(x)));
  check_layer<CenterCrop>({.input = {2, 5, 6, 2}, .output = {2, 3, 3, 2}}, Index{3}, Index{3});
  check_layer<CenterCrop>({.input = {2, 3, 6, 2}, .output = {2, 5, 4, 2}}, Index{5}, Index{4});
}
