#include <lamina/layers/base/window_arguments.hpp>

#include "support/expect.hpp"

using namespace lamina;

TEST(WindowSizes, AreOneNumberOrOnePerAxis) {
  const Sizes<2> all = 3, each{3, 5};
  EXPECT_EQ(Sizes<2>()[1], 1);
  EXPECT_EQ(all[0], 3);
  EXPECT_EQ(all[1], 3);
  EXPECT_EQ(each[0], 3);
  EXPECT_EQ(each[1], 5);
  EXPECT_TRUE(expect::error<ValueError>([] { Sizes<2>({1, 2, 3}); }, {"2 axes", "got 3"}));
}

TEST(WindowSizes, AreListsInConfigurations) {
  const Sizes<2> all = 3, each{3, 5};
  EXPECT_EQ(all.to_config().to_string(), "[3, 3]");
  EXPECT_EQ(each.to_config().to_string(), "[3, 5]");
  Sizes<2> read;
  read.from_config(each.to_config());
  EXPECT_EQ(read[0], 3);
  EXPECT_EQ(read[1], 5);
  read.from_config(Config(7));
  EXPECT_EQ(read[1], 7);
  read.from_config(Config::list({4}));
  EXPECT_EQ(read[0], 4);
  EXPECT_EQ(read[1], 4);
  EXPECT_TRUE(expect::error<ValueError>([&] { read.from_config(Config::list({1, 2, 3})); }, {"2 axes", "got 3"}));
}
