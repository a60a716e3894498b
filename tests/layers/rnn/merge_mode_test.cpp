#include <lamina/layers/rnn/merge_mode.hpp>

#include "support/expect.hpp"

using namespace lamina;

TEST(MergeMode, HasKerasNames) {
  EXPECT_EQ(MergeMode("concat"), MergeMode::concat);
  for (const char* name : {"concat", "sum", "mul", "ave"}) {
    EXPECT_EQ(MergeMode(name).to_config(), Config(name));
    MergeMode read;
    read.from_config(Config(name));
    EXPECT_EQ(read, MergeMode(name));
  }
  EXPECT_TRUE(expect::error<ValueError>([] { (void)MergeMode("conct"); }, {"merge_mode", "conct", "concat"}));
}

TEST(MergeMode, NoneIsNullInConfigurations) {
  EXPECT_TRUE(MergeMode("none").to_config().is_null());
  MergeMode read;
  read.from_config(Config());
  EXPECT_EQ(read, MergeMode::none);
}
