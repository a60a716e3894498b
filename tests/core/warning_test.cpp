#include "lamina/core/warning.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "support/warnings.hpp"

namespace lamina {
namespace {

using testing_support::Warnings;

std::string describe(const void* subject, const char* action) {
  return std::string(static_cast<const char*>(subject)) + ", " + action;
}

TEST(Warning, IsOneLineOnTheStandardErrorStream) {
  ::testing::internal::CaptureStderr();
  detail::warn("the loss is ", 2.5, " at step ", 3, ".");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "lamina: warning: the loss is 2.5 at step 3.\n");
}

TEST(Warning, ContainsItsLocation) {
  const Warnings warnings;
  const ErrorScope scope(describe, "Dense \"fc1\"", "call");
  detail::warn("odd");
  EXPECT_EQ(warnings.text(), "Dense \"fc1\", call: odd\n");
}

TEST(Warning, GoesToTheHandlerOnly) {
  ::testing::internal::CaptureStderr();
  {
    const Warnings warnings;
    detail::warn("first");
    detail::warn("second");
    EXPECT_EQ(warnings.text(), "first\nsecond\n");
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(Warning, SettingAHandlerReturnsTheOneBefore) {
  const WarningHandler silence = [](std::string_view) {};
  const WarningHandler before = set_warning_handler(silence);
  EXPECT_EQ(set_warning_handler(nullptr), silence);
  EXPECT_EQ(set_warning_handler(before), before) << "a null pointer restores the default";
}

TEST(Warning, MayComeFromManyThreads) {
  const Warnings warnings;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([] {
      for (int i = 0; i < 100; ++i) detail::warn("one");
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(warnings.count(), 400U);
}

}  // namespace
}  // namespace lamina
