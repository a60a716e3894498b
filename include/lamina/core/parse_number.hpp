#pragma once
#include <cerrno>
#include <cfloat>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

// Parsing of numbers, with a decimal point in every locale.

namespace lamina::detail {

/// Parses [first, last) if it is a number of few digits, as most are. Returns false otherwise. The result is correctly
/// rounded: digits and 10^n are exact in S, and their quotient is rounded once. (Clinger: How to Read Floating Point
/// Numbers Accurately; 1990.)
template <std::floating_point S>
bool parse_short(const char* first, const char* last, S& value) {
  static constexpr S powers[] = {S(1), S(1e1), S(1e2), S(1e3), S(1e4), S(1e5), S(1e6), S(1e7), S(1e8), S(1e9), S(1e10)};
  const bool negative = *first == '-';
  if (negative) ++first;
  if (last - first > 10 || FLT_EVAL_METHOD != 0) return false;
  std::uint64_t digits = 0;
  std::ptrdiff_t count = 0, after_point = 0;
  for (bool point = false; first != last; ++first) {
    const auto digit = static_cast<unsigned>(*first - '0');
    if (digit < 10) {
      digits = 10 * digits + digit;
      ++count;
      after_point += point ? 1 : 0;
    } else if (*first == '.' && !point) {
      point = true;
    } else {
      return false;
    }
  }
  if (count == 0 || digits > std::uint64_t{1} << std::numeric_limits<S>::digits) return false;
  value = static_cast<S>(digits) / powers[after_point];
  if (negative) value = -value;
  return true;
}

/// Parses all of [first, last) by the rules of std::from_chars, with the C library. For standard libraries that lack
/// std::from_chars for floating-point numbers.
template <std::floating_point S>
std::errc parse_with_strtod(const char* first, const char* last, S& value) {
  std::string number(first, last);
  const std::size_t digits = number.starts_with('-') ? 1 : 0;
  const bool word = number.find_first_of("iInN", digits) == digits;  // inf, nan
  if (number.size() == digits || number[digits] == '+' || number[digits] == '-' ||
      (!word && number.find_first_not_of("0123456789.eE+-") != std::string::npos))
    return std::errc::invalid_argument;
  // strtod expects the decimal separator of the program's locale.
  char half[16];
  const auto length = static_cast<std::size_t>(std::snprintf(half, sizeof half, "%.1f", 0.5));
  const std::size_t point = number.find('.');
  if (point != std::string::npos) number.replace(point, 1, half + 1, length - 2);
  char* end = nullptr;
  const int errno_before = std::exchange(errno, 0);
  if constexpr (sizeof(S) == sizeof(float))
    value = std::strtof(number.c_str(), &end);
  else
    value = std::strtod(number.c_str(), &end);
  const bool out_of_range = std::exchange(errno, errno_before) == ERANGE;
  if (end != number.c_str() + number.size()) return std::errc::invalid_argument;
  return out_of_range ? std::errc::result_out_of_range : std::errc();
}

/// Parses all of [first, last) by the rules of std::from_chars.
template <class S>
std::errc parse_whole(const char* first, const char* last, S& value) {
#if !defined(__cpp_lib_to_chars)
  constexpr bool rounds_well = false;
#else
  constexpr bool rounds_well = FLT_EVAL_METHOD != 2;  // with x87, libstdc++ 12 is sometimes off by one bit
#endif
  if constexpr (std::floating_point<S> && !rounds_well) {
    return parse_with_strtod(first, last, value);
  } else {
    const auto [end, error] = std::from_chars(first, last, value);
    return end == last ? error : std::errc::invalid_argument;
  }
}

/// True if a number outside the range of double is too small (1e-400, 0.000...1), false if it is too large.
inline bool is_tiny(std::string_view number) {
  const std::size_t exponent = number.find_first_of("eE");
  if (exponent != std::string_view::npos) return number.substr(exponent + 1).starts_with('-');
  return number.substr(0, number.find('.')).find_first_of("123456789") == std::string_view::npos;
}

/// Parses all of `text`. Returns std::nullopt if it is not a number or too large. A number too small for S is 0. A
/// leading + is allowed, spaces are not.
template <std::floating_point S>
std::optional<S> parse_number(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const char *first = text.data(), *last = first + text.size();
  S value{};
  if (first != last && parse_short(first, last, value)) return value;
  std::errc error = parse_whole(first, last, value);
  if (error == std::errc::result_out_of_range) {
    double wide = 0;
    error = parse_whole(first, last, wide);
    const bool tiny = error == std::errc() ? wide > -1 && wide < 1 : is_tiny(text);
    if (!tiny) return std::nullopt;
    value = static_cast<S>(wide);
    error = std::errc();
  }
  if (error != std::errc()) return std::nullopt;
  return value;
}

}  // namespace lamina::detail
