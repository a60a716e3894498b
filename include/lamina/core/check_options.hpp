#pragma once
#include "lamina/core/classify.hpp"
#include "lamina/core/error.hpp"

// Checks of options that are floating-point numbers. Each raises a ValueError that names the class or function, `who`,
// and its option, `argument`, for values outside the range and for NaN and infinity, whatever the compiler's
// floating-point options. Options that may be infinite, such as bounds, are checked with `at_least` and `above`.

namespace lamina::detail {

/// Raises "`who`: expected `before` `argument` `after`, got `value`".
[[noreturn]] LAMINA_COLD inline void raise_option(const double& value, const char* argument, const char* who,
                                                  const char* before, const char* after) {
  raise<ValueError>(who, ": expected ", before, argument, after, ", got ", value);
}
/// Requires a finite number.
LAMINA_COLD inline void check_finite(const double& value, const char* argument, const char* who) {
  if (!is_finite(value)) [[unlikely]]
    raise_option(value, argument, who, "a finite number as ", "");
}
/// Requires a finite number >= 0.
LAMINA_COLD inline void check_not_negative(const double& value, const char* argument, const char* who) {
  if (!(is_finite(value) && at_least(value, 0))) [[unlikely]]
    raise_option(value, argument, who, "a finite ", " >= 0");
}
/// Requires a finite number > 0.
LAMINA_COLD inline void check_positive(const double& value, const char* argument, const char* who) {
  if (!(is_finite(value) && above(value, 0))) [[unlikely]]
    raise_option(value, argument, who, "a finite ", " > 0");
}
/// Requires a number in [0, 1].
LAMINA_COLD inline void check_fraction(const double& value, const char* argument, const char* who) {
  if (!within(value, 0, 1)) [[unlikely]]
    raise_option(value, argument, who, "0 <= ", " <= 1");
}

}  // namespace lamina::detail
