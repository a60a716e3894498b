#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "lamina/core/bit_cast.hpp"
#include "lamina/core/macros.hpp"

// NaN and infinity are recognized by their bits: under -ffinite-math-only, which is part of -ffast-math and -Ofast,
// compilers fold `x != x`, std::isnan and std::isfinite to constants. Arguments are references, because compilers may
// assume that a floating-point number passed by value is finite.

namespace lamina {

namespace detail {
/// The bits of |x|. They have the order of the magnitudes: infinity is above all finite numbers, NaN above infinity.
template <std::floating_point T>
constexpr auto magnitude_bits(const T& x) noexcept {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8, "expected float or double");
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  return static_cast<Bits>(bit_cast<Bits>(x) & (~Bits{0} >> 1));
}
template <std::floating_point T>
inline constexpr auto infinity_bits = sizeof(T) == 4 ? std::uint64_t{0x7f800000} : std::uint64_t{0x7ff} << 52;
}  // namespace detail

/// True if `x` is NaN, whatever the compiler's floating-point options.
template <std::floating_point T>
constexpr bool is_nan(const T& x) noexcept {
  return detail::magnitude_bits(x) > detail::infinity_bits<T>;
}
/// True if `x` is neither infinite nor NaN, whatever the compiler's floating-point options.
template <std::floating_point T>
constexpr bool is_finite(const T& x) noexcept {
  return detail::magnitude_bits(x) < detail::infinity_bits<T>;
}
/// True if `x` is positive or negative infinity, whatever the compiler's floating-point options.
template <std::floating_point T>
constexpr bool is_infinite(const T& x) noexcept {
  return detail::magnitude_bits(x) == detail::infinity_bits<T>;
}

namespace detail {
// Comparisons that are false if either side is NaN, whatever the compiler's floating-point options. Infinity compares
// as usual. Checks of options use them: under -ffinite-math-only, `!(x >= 0)` may be compiled as `x < 0`, which accepts
// NaN.

/// True if x >= low, and neither is NaN.
template <std::floating_point T>
constexpr bool at_least(const T& x, const std::type_identity_t<T>& low) noexcept {
  return !is_nan(x) && !is_nan(low) && x >= low;
}
/// True if x > low, and neither is NaN.
template <std::floating_point T>
constexpr bool above(const T& x, const std::type_identity_t<T>& low) noexcept {
  return !is_nan(x) && !is_nan(low) && x > low;
}
/// True if x <= high, and neither is NaN.
template <std::floating_point T>
constexpr bool at_most(const T& x, const std::type_identity_t<T>& high) noexcept {
  return at_least(high, x);
}
/// True if x < high, and neither is NaN.
template <std::floating_point T>
constexpr bool below(const T& x, const std::type_identity_t<T>& high) noexcept {
  return above(high, x);
}
/// True if low <= x <= high, and none is NaN.
template <std::floating_point T>
constexpr bool within(const T& x, const std::type_identity_t<T>& low, const std::type_identity_t<T>& high) noexcept {
  return at_least(x, low) && at_most(x, high);
}
}  // namespace detail

/// True if `x` is an integer in [0, end), such as a class label or an index. False for NaN, whatever the compiler's
/// floating-point options.
template <std::floating_point T>
constexpr bool is_index(const T& x, std::ptrdiff_t end) noexcept {
#if LAMINA_FINITE_MATH  // without it, comparisons with NaN are false
  if (is_nan(x)) return false;
#endif
  if (!(x >= T(0) && x < static_cast<T>(end))) return false;
  return static_cast<T>(static_cast<std::ptrdiff_t>(x)) == x;
}

}  // namespace lamina
