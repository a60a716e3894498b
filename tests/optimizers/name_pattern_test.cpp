#include <lamina/optimizers/name_pattern.hpp>

#include "support/expect.hpp"

using namespace lamina;

TEST(OptimizerOptions, NamePatterns) {
  EXPECT_TRUE(NamePattern("ias").matches("bias"));
  EXPECT_TRUE(NamePattern("").matches(""));
  EXPECT_FALSE(NamePattern("^ias").matches("bias"));
  EXPECT_TRUE(NamePattern("^bias$").matches("bias"));
  EXPECT_FALSE(NamePattern("bia$").matches("bias"));
  EXPECT_TRUE(NamePattern("dense_.*kernel").matches("model/dense_12/kernel"));
  EXPECT_FALSE(NamePattern("dense_.*kernel").matches("model/dense_12/bias"));
  EXPECT_TRUE(NamePattern("gamma|beta").matches("beta"));
  EXPECT_TRUE(NamePattern("ab*c").matches("xac"));
  EXPECT_TRUE(NamePattern("ab*c").matches("abbbc"));
  EXPECT_TRUE(expect::error<ValueError>([] { NamePattern("b+"); }, {"\"b+\"", "'+'"}));
}
