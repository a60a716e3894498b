#include "lamina/core/parse_number.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "support/comma_locale.hpp"

namespace lamina {
namespace {

using detail::parse_number;
using testing_support::CommaLocale;

/// Checks the result of both implementations, that of the C++ library and that of the C library.
template <class Parse>
void expect_values(const Parse& parse) {
  EXPECT_EQ(parse("0.5"), 0.5);
  EXPECT_EQ(parse("-1234.5"), -1234.5);
  EXPECT_EQ(parse("1e-3"), 1e-3);
  EXPECT_EQ(parse("12345678901234567890"), 12345678901234567890.0);
  EXPECT_EQ(parse(".5"), 0.5);
  EXPECT_EQ(parse("5."), 5);
  EXPECT_EQ(parse("0.30000000000000004"), 0.1 + 0.2);
  EXPECT_EQ(parse("-inf"), -std::numeric_limits<double>::infinity());
  ASSERT_TRUE(parse("nan"));
  EXPECT_NE(*parse("nan"), *parse("nan"));
  for (const char* text :
       {"", "-", ".", "0,5", "1.234,5", "1.2.3", "1 ", " 1", "0x10", "1e", "--1", "1e400", "one", "-+1"})
    EXPECT_FALSE(parse(text)) << '"' << text << '"';
}

std::optional<double> parse_with_c_library(std::string_view text) {
  double value = 0;
  const std::errc error = detail::parse_with_strtod(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

TEST(ParseNumber, ReadsADecimalPoint) {
  expect_values(parse_number<double>);
  expect_values(parse_with_c_library);
}

TEST(ParseNumber, ReadsADecimalPointInALocaleWithCommas) {
  const CommaLocale locale;
  if (!CommaLocale::works()) GTEST_SKIP() << "no locale with a decimal comma is installed or can be generated";
  expect_values(parse_number<double>);
  expect_values(parse_with_c_library);
}

TEST(ParseNumber, ReadsFloats) {
  EXPECT_EQ(parse_number<float>("0.1"), 0.1F);
  EXPECT_EQ(parse_number<float>("16777217"), 16777216.0F);
  EXPECT_EQ(parse_number<float>("1e-400"), 0.0F);
  EXPECT_EQ(parse_number<float>("1e-50"), 0.0F);
  EXPECT_EQ(parse_number<float>("+3"), 3.0F);
  EXPECT_FALSE(parse_number<float>("1e39"));
}

}  // namespace
}  // namespace lamina
