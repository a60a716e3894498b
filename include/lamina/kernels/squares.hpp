#pragma once
#include <algorithm>
#include <cmath>
#include <limits>

#include "lamina/core/macros.hpp"
#include "lamina/core/shape.hpp"

namespace lamina::kernels {

/// A sum of squares, sum · 4^exponent; the norm is √sum · 2^exponent. The exponent prevents overflow of the squares of
/// large numbers and underflow of those of small ones: in float, 1.9e19² is infinite and 1e-23² is 0.
struct Squares {
  double sum = 0;    ///< The sum of squares, in units of 4^exponent.
  int exponent = 0;  ///< The exponent.

  double root() const noexcept { return std::sqrt(sum); }                  ///< The norm, in units of 2^exponent.
  double length() const noexcept { return std::ldexp(root(), exponent); }  ///< The norm.
  /// Adds another sum of squares.
  void add(const Squares& other) noexcept {
    if (other.sum == 0) return;
    const int common = sum == 0 ? other.exponent : (std::max)(exponent, other.exponent);
    sum = std::ldexp(sum, 2 * (exponent - common)) + std::ldexp(other.sum, 2 * (other.exponent - common));
    exponent = common;
  }
};

/// True if a plain sum of n squares, computed in S, is accurate: no square overflowed, and the squares that underflowed
/// are negligible. False for NaN.
template <class S>
bool squares_are_exact(double sum, Index n) noexcept {
  using Limits = std::numeric_limits<S>;
  constexpr double least = static_cast<double>((Limits::min)()) / static_cast<double>(Limits::epsilon());
  constexpr double most = static_cast<double>((Limits::max)()) * 0x1p-30;
  return sum >= least * static_cast<double>(n) && sum <= most;
}

/// Returns the exponent k for which |x| 2^-k is about 1, limited so that 2^k and 2^-k are normal numbers of S; 0 for x
/// = 0.
template <class S>
int scaling_exponent(S x) noexcept {
  constexpr int bound = std::numeric_limits<S>::max_exponent - 2;
  return x == 0 ? 0 : std::clamp(std::ilogb(x), -bound, bound);
}

/// The sum of squares of x(0) ... x(n - 1), scaled by the largest: for the rare case that the plain sum is not
/// accurate. NaN and infinity propagate.
template <class S, class X>
LAMINA_COLD LAMINA_NOINLINE Squares scaled_squares_of(Index n, const X& x) {
  S largest = 0;
  for (Index i = 0; i < n; ++i) largest = (std::max)(largest, std::abs(x(i)));
  Squares result{0, scaling_exponent(largest)};
  const S scale = std::ldexp(S(1), -result.exponent);
  for (Index i = 0; i < n; ++i) {
    const auto scaled = static_cast<double>(x(i) * scale);
    result.sum += scaled * scaled;
  }
  return result;
}
/// As above, for an array.
template <class S>
Squares scaled_squares(Index n, const S* x) {
  return scaled_squares_of<S>(n, [x](Index i) LAMINA_INLINE_LAMBDA { return x[i]; });
}

}  // namespace lamina::kernels
