#pragma once
#include <cstdio>
#include <cstdlib>
#include <string>

#include "lamina/core/macros.hpp"

// Formatting of floating-point numbers in texts and files, with a decimal point in every locale. printf alone uses the
// separator of the locale: 0,5 in German.

namespace lamina::detail {

/// printf's conversions: %g, %f, %e.
enum class NumberStyle : char { general = 'g', fixed = 'f', scientific = 'e' };

/// Converts a floating-point number printed by printf to the C locale: replaces the decimal separator by a point, and
/// the words for NaN and infinity by "nan", "inf" or "-inf". The separator, which may have several bytes, is the only
/// part without a character from `known`.
LAMINA_COLD inline void remove_locale(std::string& number) {
  if (number.find_first_of("nN") != std::string::npos) {
    const bool negative = number[0] == '-';
    number = number.find_first_of("aA") != std::string::npos ? "nan" : negative ? "-inf" : "inf";
    return;
  }
  constexpr const char* known = "0123456789+-eE";
  const std::size_t first = number.find_first_not_of(known);
  if (first == std::string::npos) return;
  const std::size_t last = number.find_first_of(known, first);
  number.replace(first, last == std::string::npos ? last : last - first, ".");
}

/// Returns the number as printf prints it in the program's locale.
LAMINA_COLD inline std::string print_in_locale(double value, int precision, NumberStyle style) {
  const char directive[] = {'%', '.', '*', static_cast<char>(style), '\0'};
  std::string number(32, '\0');
  for (;;) {
    const int length = std::snprintf(number.data(), number.size(), directive, precision, value);
    const bool fits = static_cast<std::size_t>(length) < number.size();
    number.resize(static_cast<std::size_t>(length) + (fits ? 0 : 1));
    if (fits) return number;
  }
}

/// Returns `value` with `precision` digits: significant digits in the general style, digits after the point in the
/// others.
LAMINA_COLD inline std::string print_number(double value, int precision, NumberStyle style = NumberStyle::general) {
  std::string number = print_in_locale(value, precision, style);
  remove_locale(number);
  return number;
}

/// Returns `value` with the fewest digits, 15 to 17, from which the same value can be parsed.
LAMINA_COLD inline std::string print_number(double value) {
  std::string number;
  for (int precision = 15; precision <= 17; ++precision) {
    number = print_in_locale(value, precision, NumberStyle::general);
    if (std::strtod(number.c_str(), nullptr) == value) break;
  }
  remove_locale(number);
  return number;
}

/// Returns a byte as two hexadecimal digits.
LAMINA_COLD inline std::string hexadecimal(char byte) {
  constexpr const char* digits = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(byte);
  return {digits[value / 16], digits[value % 16]};
}

}  // namespace lamina::detail
