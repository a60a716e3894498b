#include <gtest/gtest.h>

#include <lamina/core/check_options.hpp>
#include <limits>
#include <vector>

#include "support/expect.hpp"

namespace lamina {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(), NaN = std::numeric_limits<double>::quiet_NaN();

using Check = void (*)(const double&, const char*, const char*);

/// Values that a check accepts, and values for which it throws an error with this text.
void expect_range(Check check, const std::vector<double>& good, const std::vector<double>& bad, const char* text) {
  for (const double value : good) EXPECT_NO_THROW(check(value, "rate", "Layer")) << value;
  for (const double value : bad)
    EXPECT_TRUE(expect::error<ValueError>([&] { check(value, "rate", "Layer"); }, {"Layer: ", text, ", got "}))
        << value;
}

TEST(CheckOptions, Ranges) {
  constexpr double least = std::numeric_limits<double>::denorm_min(), most = std::numeric_limits<double>::max();
  expect_range(detail::check_finite, {-most, -1, 0, most}, {-infinity, infinity, NaN, -NaN},
               "expected a finite number as rate");
  expect_range(detail::check_not_negative, {-0.0, 0, least, most}, {-least, -1, -infinity, infinity, NaN, -NaN},
               "expected a finite rate >= 0");
  expect_range(detail::check_positive, {least, 1, most}, {0, -0.0, -least, -infinity, infinity, NaN, -NaN},
               "expected a finite rate > 0");
  expect_range(detail::check_fraction, {-0.0, 0, 0.5, 1}, {-least, 1.0000001, -infinity, infinity, NaN, -NaN},
               "expected 0 <= rate <= 1");
}

}  // namespace
}  // namespace lamina
