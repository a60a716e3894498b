#include "lamina/kernels/grouping.hpp"

#include <gtest/gtest.h>

namespace lamina::kernels {
namespace {

TEST(Grouping, CountsTheElementsOfEveryAxis) {
  const Grouping v{2, 3, 5, 7, 11};
  EXPECT_EQ(v.channels(), 5 * 7);
  EXPECT_EQ(v.statistics(), 2 * 5);
  EXPECT_EQ(v.each(), 3 * 7 * 11);
  EXPECT_EQ(v.size(), 2 * 3 * 5 * 7 * 11);
  EXPECT_EQ(Grouping().size(), 1);
  EXPECT_EQ((Grouping{0, 1, 1, 4, 1}).size(), 0);
}

TEST(Grouping, RecognizesRowsAndColumns) {
  const Grouping layer_normalization{9, 1, 1, 37, 1}, batch_normalization{1, 40, 37, 1, 1},
      channels_first{1, 4, 3, 1, 9};
  EXPECT_TRUE(layer_normalization.is_rows());
  EXPECT_FALSE(layer_normalization.is_columns());
  EXPECT_TRUE(batch_normalization.is_columns());
  EXPECT_FALSE(batch_normalization.is_rows());
  EXPECT_FALSE(channels_first.is_rows());
  EXPECT_FALSE(channels_first.is_columns());
}

}  // namespace
}  // namespace lamina::kernels
