#include <gtest/gtest.h>

#include <lamina/kernels/convolution/window.hpp>

#include "support/expect.hpp"

namespace lamina {
namespace {

using kernels::Window;
using kernels::WindowAxis;

TEST(Windows, CountAndPaddingFollowKeras) {
  const auto axis = [](Index input, Index size, Index stride, Index dilation, Padding padding) {
    return Window(1, &input, size, stride, dilation, padding).axes[0];
  };
  EXPECT_EQ(axis(10, 3, 1, 1, "valid").output, 8);
  EXPECT_EQ(axis(10, 3, 2, 1, "valid").output, 4);
  EXPECT_EQ(axis(10, 3, 1, 2, "valid").output, 6);
  EXPECT_EQ(axis(10, 3, 3, 1, "same").output, 4);
  EXPECT_EQ(axis(10, 4, 1, 1, "same").before, 1) << "an odd padding is larger at the end";
  EXPECT_EQ(axis(10, 3, 1, 2, "causal").before, 4);
  EXPECT_EQ(axis(10, 3, 1, 2, "causal").output, 10);
  EXPECT_EQ(kernels::window_count(None, 3, 1, 1, "valid"), None);
}

// Compares output sizes and paddings with their definition: the number of positions where a window fits, and the
// padding that the last window needs.
TEST(Windows, SizesAndPaddingAgreeWithTheDefinition) {
  for (Index input = 1; input <= 9; ++input)
    for (Index size = 1; size <= 4; ++size)
      for (Index stride = 1; stride <= 3; ++stride)
        for (Index dilation = 1; dilation <= 3; ++dilation) {
          SCOPED_TRACE(::testing::Message() << input << ", " << size << ", " << stride << ", " << dilation);
          const Index reach = (size - 1) * dilation + 1;
          Index inside = 0, starts = 0;
          for (Index at = 0; at < input; at += stride) {
            ++starts;
            if (at + reach <= input) ++inside;
          }
          const auto axis = [&](Padding padding) { return Window(1, &input, size, stride, dilation, padding).axes[0]; };
          EXPECT_EQ(axis("same").output, starts);
          EXPECT_EQ(axis("causal").output, starts);
          EXPECT_EQ(axis("causal").before, reach - 1) << "the last element of the first window is the first input";
          const WindowAxis same = axis("same");
          const Index over = std::max<Index>(0, (same.output - 1) * stride + reach - input);
          EXPECT_EQ(same.before, over / 2);
          if (reach > input) {
            EXPECT_TRUE(expect::error<ShapeError>([&] { (void)axis("valid"); }, {"does not fit an axis of"}));
          } else {
            EXPECT_EQ(axis("valid").output, inside);
            EXPECT_EQ(axis("valid").before, 0);
          }
        }
}

TEST(Windows, CountPositionsOfAllAxes) {
  const Index input[] = {5, 6, 7};
  const Window window(3, input, {2, 3, 1}, {1, 2, 3}, 1, "valid");
  EXPECT_EQ(window.inputs(), 5 * 6 * 7);
  EXPECT_EQ(window.outputs(), 4 * 2 * 3);
  EXPECT_EQ(window.size(), 6);
  EXPECT_EQ(Window().outputs(), 1);
}

TEST(Windows, InvalidOnesAreErrors) {
  EXPECT_TRUE(expect::error<ShapeError>([] { (void)kernels::window_count(0, 3, 1, 1, "same"); }, {"too small"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        (void)kernels::window_count(4, Index{1} << (5 * sizeof(Index)), 1, Index{1} << (5 * sizeof(Index)), "same");
      },
      {"larger than memory can address"}));
}

}  // namespace
}  // namespace lamina
