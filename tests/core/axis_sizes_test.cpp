#include <gtest/gtest.h>

#include <lamina/core/axis_sizes.hpp>

#include "support/expect.hpp"

namespace lamina {
namespace {

TEST(AxisSizes, OneNumberSetsAllAxes) {
  const AxisSizes all = 3, each{4, 5};
  EXPECT_EQ(all.count(), 0);
  EXPECT_EQ(all[2], 3);
  EXPECT_EQ(each.count(), 2);
  EXPECT_EQ(each[0], 4);
  EXPECT_EQ(each[1], 5);
  all.require_count("size", 3);
  each.require_count("size", 2);
  EXPECT_TRUE(expect::error<ValueError>([&] { each.require_count("size", 3); }, {"size", "3 axes", "got 2"}));
  each.require_at_least("size", 4);
  EXPECT_TRUE(expect::error<ValueError>([&] { each.require_at_least("size", 5); }, {"size", ">= 5", "got 4"}));
  EXPECT_TRUE(expect::error<ValueError>([] { (void)AxisSizes({1, 2, 3, 4}); }, {"got 4"}));
}

}  // namespace
}  // namespace lamina
