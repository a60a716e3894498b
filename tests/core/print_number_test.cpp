#include "lamina/core/print_number.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "lamina/core/parse_number.hpp"
#include "support/comma_locale.hpp"

namespace lamina {
namespace {

using detail::NumberStyle;
using detail::print_number;
using testing_support::CommaLocale;

constexpr double infinity = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();

void expect_texts() {
  EXPECT_EQ(print_number(1234.5, 9), "1234.5");
  EXPECT_EQ(print_number(-0.25, 3), "-0.25");
  EXPECT_EQ(print_number(2, 9), "2");
  EXPECT_EQ(print_number(1.5e-7, 9), "1.5e-07");
  EXPECT_EQ(print_number(1.0 / 3, 2, NumberStyle::fixed), "0.33");
  EXPECT_EQ(print_number(1234567.5, 1, NumberStyle::fixed), "1234567.5");
  EXPECT_EQ(print_number(1234.5, 2, NumberStyle::scientific), "1.23e+03");
  EXPECT_EQ(print_number(1e40, 0, NumberStyle::fixed), "10000000000000000303786028427003666890752");
  EXPECT_EQ(print_number(0.1), "0.1");
  EXPECT_EQ(print_number(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(print_number(nan), "nan");
  EXPECT_EQ(print_number(-nan, 3, NumberStyle::fixed), "nan");
  EXPECT_EQ(print_number(infinity), "inf");
  EXPECT_EQ(print_number(-infinity, 4), "-inf");
}

TEST(PrintNumber, WritesADecimalPoint) { expect_texts(); }

TEST(PrintNumber, WritesADecimalPointInALocaleWithCommas) {
  const CommaLocale locale;
  if (!CommaLocale::works()) GTEST_SKIP() << "no locale with a decimal comma is installed or can be generated";
  expect_texts();
}

TEST(PrintNumber, ReplacesASeparatorOfSeveralBytes) {
  for (const char* separator : {"\u066B", ".", ",", "'"})
    for (const char* rest : {"5", "5e+10"}) {
      std::string number = std::string("-12") + separator + rest;
      detail::remove_locale(number);
      EXPECT_EQ(number, std::string("-12.") + rest);
    }
}

TEST(PrintNumber, IsReadBackToTheSameValue) {
  for (const double value : {1.0 / 3, 2.0 / 3e200, 5e-324, std::numeric_limits<double>::max(), 123456789012345678.0})
    EXPECT_EQ(detail::parse_number<double>(print_number(value)), value) << print_number(value);
}

}  // namespace
}  // namespace lamina
