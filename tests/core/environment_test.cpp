#include <gtest/gtest.h>

#include <lamina/core/environment.hpp>

#include "support/environment_variable.hpp"
#include "support/warnings.hpp"

namespace lamina {
namespace {

using detail::environment_choice;
using detail::environment_integer;
using testing_support::EnvironmentVariable;
using testing_support::Warnings;

constexpr const char* name = "LAMINA_TEST_VARIABLE";

TEST(Environment, ReturnsTheValue) {
  const Warnings warnings;
  for (const int value : {1, 7, 100}) {
    const EnvironmentVariable set(name, std::to_string(value).c_str());
    EXPECT_EQ(environment_integer(name, 1, 100, 50), value);
  }
  {
    const EnvironmentVariable set(name, "green");
    EXPECT_EQ(environment_choice(name, {"red", "green"}, 0), 1);
  }
  EXPECT_EQ(warnings.count(), 0U) << warnings.text();
}

TEST(Environment, ReturnsTheDefaultIfUnset) {
  const EnvironmentVariable none(name, nullptr);
  const Warnings warnings;
  EXPECT_EQ(environment_integer(name, 1, 100, 50), 50);
  EXPECT_EQ(environment_choice(name, {"red", "green"}, 1), 1);
  EXPECT_EQ(warnings.count(), 0U) << warnings.text();
}

TEST(Environment, WarnsOfInvalidValues) {
  for (const char* value : {"", "0", "101", "-1", "+5", "5x", " 5", "5.0", "99999999999999999999999", "abc", "0x10"}) {
    if (*value == '\0' && !EnvironmentVariable::can_be_empty) continue;
    const EnvironmentVariable set(name, value);
    const Warnings warnings;
    EXPECT_EQ(environment_integer(name, 1, 100, 50), 50);
    EXPECT_NE(warnings.text().find("LAMINA_TEST_VARIABLE: expected an integer from 1 to 100, got \"" +
                                   std::string(value) + "\""),
              std::string::npos)
        << warnings.text();
  }
  for (const char* value : {"", "blue", "red ", "Red"}) {
    if (*value == '\0' && !EnvironmentVariable::can_be_empty) continue;
    const EnvironmentVariable set(name, value);
    const Warnings warnings;
    EXPECT_EQ(environment_choice(name, {"red", "green"}, 1), 1);
    EXPECT_NE(warnings.text().find("expected one of red, green, got \"" + std::string(value) + "\""), std::string::npos)
        << warnings.text();
  }
}

}  // namespace
}  // namespace lamina
