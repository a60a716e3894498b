#pragma once
#include <cstdlib>
#include <initializer_list>
#include <string_view>

#include "lamina/core/warning.hpp"

// Environment variables. A value that cannot be used is ignored with a warning: a program must not change its behavior
// silently because of a misspelled variable, nor end.

namespace lamina::detail {

/// The integer in the environment variable `name`, or `otherwise` if it is not set. Warns, and returns `otherwise`, if
/// it is no integer from `lowest` to `highest`; `lowest` >= 0.
LAMINA_COLD inline int environment_integer(const char* name, int lowest, int highest, int otherwise) {
  const char* value = std::getenv(name);
  if (value == nullptr) return otherwise;
  long long number = *value == '\0' ? -1 : 0;
  for (const char* digit = value; *digit != '\0' && number >= 0; ++digit)
    number = *digit >= '0' && *digit <= '9' && number <= highest ? 10 * number + (*digit - '0') : -1;
  if (number >= lowest && number <= highest) return static_cast<int>(number);
  warn("environment variable ", name, ": expected an integer from ", lowest, " to ", highest, ", got \"", value,
       "\". It is ignored, and ", otherwise, " is used.");
  return otherwise;
}

/// The position among `choices` of the value of the environment variable `name`, or `otherwise` if it is not set.
/// Warns, and returns `otherwise`, if the value is none of them.
LAMINA_COLD inline int environment_choice(const char* name, std::initializer_list<std::string_view> choices,
                                          int otherwise) {
  const char* value = std::getenv(name);
  if (value == nullptr) return otherwise;
  std::string expected;
  int position = 0;
  for (const std::string_view choice : choices) {
    if (choice == value) return position;
    if (position++ > 0) expected += ", ";
    expected += choice;
  }
  warn("environment variable ", name, ": expected one of ", expected, ", got \"", value, "\". It is ignored.");
  return otherwise;
}

}  // namespace lamina::detail
