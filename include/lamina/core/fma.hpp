#pragma once
#include <cmath>
#include <cstdint>

#include "lamina/core/bit_cast.hpp"

namespace lamina::detail {

/// Returns a b + c, rounded once, computed with sums and products only (Boldo and Melquiond: Emulation of FMA and
/// Correctly Rounded Sums: Proved Algorithms Using Rounding to Odd; 2008). Requires that neither a, b, c nor the
/// rounding error of a b overflows or underflows.
inline double emulated_fma(double a, double b, double c) noexcept {
  struct Pair {
    double high, low;
  };
  const auto sum = [](double x, double y) {  // Knuth: high + low = x + y
    const double high = x + y, part = high - x;
    return Pair{high, (x - (high - part)) + (y - part)};
  };
  const auto product = [](double x, double y) {  // Dekker: high + low = x y
    const auto split = [](double value) {
      const double scaled = value * 134217729.0, high = scaled - (scaled - value);  // 2^27 + 1
      return Pair{high, value - high};
    };
    const Pair u = split(x), v = split(y);
    const double high = x * y;
    return Pair{high, ((u.high * v.high - high) + u.high * v.low + u.low * v.high) + u.low * v.low};
  };
  const Pair u = product(a, b), t = sum(c, u.low), v = sum(u.high, t.high);
  const Pair z = sum(t.low, v.low);
  // The low part is rounded to odd, so that the last sum is rounded like the exact one.
  double low = z.high;
  const auto bits = bit_cast<std::int64_t>(low);
  if (z.low != 0 && (bits & 1) == 0) low = bit_cast<double>((z.low > 0) == (low > 0) ? bits + 1 : bits - 1);
  return v.high + low;
}

/// Returns a b + c, rounded once, so that random numbers have the same bits on every platform. It is std::fma, except
/// on MinGW without FMA instructions, where std::fma rounds twice: there it is the emulation, within its range.
inline double fused_multiply_add(double a, double b, double c) noexcept {
#if defined(__MINGW32__) && !defined(__FMA__)
  const auto moderate = [](double x) { return x == 0 || (std::fabs(x) > 0x1p-400 && std::fabs(x) < 0x1p400); };
  if (moderate(a) && moderate(b) && moderate(c)) return emulated_fma(a, b, c);
#endif
  return std::fma(a, b, c);
}

}  // namespace lamina::detail
