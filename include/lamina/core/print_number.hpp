#pragma once
#include <cstdio>
#include <cstdlib>
#include <string>

#include "lamina/core/macros.hpp"

// How the library writes floating-point numbers, in texts and in files: with a decimal point, whatever the program's
// locale. printf alone writes the locale's separator: 0,5 in German.

namespace lamina::detail {

/// printf's conversions: %g, %f, %e.
enum class NumberStyle : char { general = 'g', fixed = 'f', scientific = 'e' };

/// Replaces what printf wrote for a floating-point number by the same with a point as its decimal separator, which is
/// the only part of it that is none of the letters here, and may be several bytes; and by "nan", "inf" or "-inf".
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

/// What printf writes, in the program's locale.
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

/// `value` with so many digits: significant ones in the general style, those after the point in the others.
LAMINA_COLD inline std::string print_number(double value, int precision, NumberStyle style = NumberStyle::general) {
  std::string number = print_in_locale(value, precision, style);
  remove_locale(number);
  return number;
}

/// `value` with as many digits as it takes to read the same value back: 15 if they suffice, 17 at most.
LAMINA_COLD inline std::string print_number(double value) {
  std::string number;
  for (int precision = 15; precision <= 17; ++precision) {
    number = print_in_locale(value, precision, NumberStyle::general);
    if (std::strtod(number.c_str(), nullptr) == value) break;
  }
  remove_locale(number);
  return number;
}

/// A byte as two hexadecimal digits.
LAMINA_COLD inline std::string hexadecimal(char byte) {
  constexpr const char* digits = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(byte);
  return {digits[value / 16], digits[value % 16]};
}

}  // namespace lamina::detail
