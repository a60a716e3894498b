#include <gtest/gtest.h>

#include <lamina/core/padding.hpp>

#include "support/expect.hpp"

namespace lamina {
namespace {

TEST(Paddings, HaveKerasNames) {
  EXPECT_EQ(Padding("valid"), Padding::valid);
  EXPECT_EQ(Padding(std::string("same")), Padding::same);
  EXPECT_EQ(Padding(Padding::causal).name(), "causal");
  Padding padding = Padding::valid;
  padding.from_config(Padding("same").to_config());
  EXPECT_EQ(padding, Padding::same);
  EXPECT_TRUE(expect::error<ValueError>([] { (void)Padding("smae"); }, {"smae", "same"}));
}

}  // namespace
}  // namespace lamina
