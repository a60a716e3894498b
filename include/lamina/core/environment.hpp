#pragma once
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "lamina/core/warning.hpp"

// Environment variables. An invalid value is ignored with a warning: a misspelled variable must neither change the
// behavior of the program silently nor end it.

namespace lamina::detail {

/// Returns the value of the environment variable `name`; std::nullopt if it is not set.
LAMINA_COLD inline std::optional<std::string> environment_variable(const char* name) {
#if defined(_WIN32)
  // Microsoft's compiler reports std::getenv as unsafe, by default as an error in new projects.
  std::size_t size = 0;                                  // with the zero at the end
  static_cast<void>(getenv_s(&size, nullptr, 0, name));  // some versions return an error, as the value does not fit
  if (size == 0) return std::nullopt;
  std::string value(size, '\0');
  if (getenv_s(&size, value.data(), value.size(), name) != 0 || size == 0) return std::nullopt;
  value.resize(size - 1);
  return value;
#else
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  return value;
#endif
}

/// Returns the value of the environment variable `name`, or `otherwise` if it is not set. Warns and returns `otherwise`
/// if the value is not an integer from `lowest` to `highest`. Requires `lowest` >= 0.
LAMINA_COLD inline int environment_integer(const char* name, int lowest, int highest, int otherwise) {
  const auto value = environment_variable(name);
  if (!value) return otherwise;
  long long number = value->empty() ? -1 : 0;
  for (const char digit : *value)
    if (number >= 0) number = digit >= '0' && digit <= '9' && number <= highest ? 10 * number + (digit - '0') : -1;
  if (number >= lowest && number <= highest) return static_cast<int>(number);
  warn("environment variable ", name, ": expected an integer from ", lowest, " to ", highest, ", got \"", *value,
       "\". It is ignored; ", otherwise, " is used.");
  return otherwise;
}

/// Returns the index in `choices` of the value of the environment variable `name`, or `otherwise` if it is not set.
/// Warns and returns `otherwise` if the value is not among the choices.
LAMINA_COLD inline int environment_choice(const char* name, std::initializer_list<std::string_view> choices,
                                          int otherwise) {
  const auto value = environment_variable(name);
  if (!value) return otherwise;
  std::string expected;
  int position = 0;
  for (const std::string_view choice : choices) {
    if (choice == *value) return position;
    if (position++ > 0) expected += ", ";
    expected += choice;
  }
  warn("environment variable ", name, ": expected one of ", expected, ", got \"", *value, "\". It is ignored.");
  return otherwise;
}

}  // namespace lamina::detail
