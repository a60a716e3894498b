#include <lamina/core/one_or_more.hpp>

#include "support/expect.hpp"

using namespace lamina;

TEST(OneOrMore, IsEmptyOneNumberOrSeveral) {
  const OneOrMore<double> nothing, one = 1, several{0.25, 0.75}, list = std::vector<double>{2};
  EXPECT_FALSE(nothing.given());
  EXPECT_TRUE(nothing.values().empty());
  EXPECT_TRUE(one.given() && one.single());
  EXPECT_EQ(one.values(), std::vector<double>{1});
  EXPECT_FALSE(several.single());
  EXPECT_EQ(several.values(), (std::vector<double>{0.25, 0.75}));
  EXPECT_TRUE(list.given());
  EXPECT_FALSE(list.single()) << "a list of one is a list";
}

TEST(OneOrMore, RoundTripsThroughItsConfiguration) {
  for (const auto& [value, text] : {std::pair<OneOrMore<Index>, const char*>{{}, "null"},
                                    {OneOrMore<Index>(3), "3"},
                                    {{1, 2}, "[1, 2]"},
                                    {std::vector<Index>{4}, "[4]"}}) {
    EXPECT_EQ(value.to_config().to_string(), text);
    OneOrMore<Index> read = 9;
    read.from_config(value.to_config());
    EXPECT_EQ(read.values(), value.values()) << text;
    EXPECT_EQ(read.single(), value.single()) << text;
  }
  OneOrMore<double> real;
  real.from_config(Config(2));
  EXPECT_EQ(real.values(), std::vector<double>{2.0}) << "an integer is a number";
  OneOrMore<Index> integer;
  EXPECT_TRUE(expect::error<ValueError>([&] { integer.from_config(Config("two")); }, {"two"}));
}
