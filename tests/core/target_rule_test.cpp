#include <gtest/gtest.h>

#include <lamina/core/target_rule.hpp>

using namespace lamina;

TEST(TargetRule, MatchesByDefault) {
  EXPECT_TRUE(TargetRule().matched);
  EXPECT_FALSE(TargetRule().classes);
  EXPECT_EQ(TargetRule().target, 0.5);
  EXPECT_EQ(TargetRule().prediction, 0.5);
}
