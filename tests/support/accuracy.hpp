#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <lamina/kernels/elementwise.hpp>
#include <limits>
#include <vector>

// Compares elementary functions of packs with those of the C library in long double, in units in the last place.

namespace lamina::testing {

/// Returns the error in units in the last place (ulp) of the exact value.
template <class S>
double ulp_error(S found, long double exact) {
  const S nearest = static_cast<S>(exact);
  if (std::isnan(nearest)) return std::isnan(found) ? 0 : 1e30;
  if (std::isinf(nearest)) return found == nearest ? 0 : 1e30;
  if (!std::isfinite(found)) return 1e30;
  int exponent = 0;
  std::frexp(std::max(std::fabs(nearest), std::numeric_limits<S>::min()), &exponent);
  const long double unit = std::ldexp(1.0L, exponent - std::numeric_limits<S>::digits);
  return static_cast<double>(std::fabs(static_cast<long double>(found) - exact) / unit);
}

/// out = f(in), with the machine's vector width.
template <class S, class F>
void by_lanes(Index n, S* out, const F& f, const S* in) {
  kernels::map(n, out, f, in);
}

template <class S, class F>
void expect_accurate(const char* name, const F& f, long double (*exact)(long double), const std::vector<S>& points,
                     double most_ulps) {
  // Enough elements for vectors, and a remainder for packs of one.
  std::vector<S> in = points;
  while (in.size() < 40) in.push_back(points[in.size() % points.size()]);
  std::vector<S> wide(in.size());
  by_lanes<S>(static_cast<Index>(in.size()), wide.data(), f, in.data());
  double worst_wide = 0, worst_one = 0;
  S at_wide = 0, at_one = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const long double expected = exact(static_cast<long double>(in[i]));
    const double error_wide = ulp_error(wide[i], expected);
    const double error_one = ulp_error(f(kernels::Pack<S, 1>{in[i]}).v, expected);
    if (error_wide > worst_wide) worst_wide = error_wide, at_wide = in[i];
    if (error_one > worst_one) worst_one = error_one, at_one = in[i];
  }
  EXPECT_LE(worst_wide, most_ulps) << name << " by lanes at " << static_cast<double>(at_wide);
  EXPECT_LE(worst_one, most_ulps) << name << " by one lane at " << static_cast<double>(at_one);
}

/// Returns evenly spaced points in [low, high], and points of every magnitude on both sides of zero.
template <class S>
std::vector<S> points(double low, double high) {
  std::vector<S> result;
  constexpr int count = 5003;
  for (int i = 0; i <= count; ++i) result.push_back(static_cast<S>(low + (high - low) * i / count));
  const int digits = std::numeric_limits<S>::max_exponent10 - 1;
  for (int e = -digits; e <= digits; ++e)
    for (double m : {1.0, 1.7, 3.1, 6.9})
      for (double sign : {-1.0, 1.0}) {
        const double v = sign * m * std::pow(10.0, e);
        if (v >= low && v <= high) result.push_back(static_cast<S>(v));
      }
  return result;
}

/// Checks a function of one value for one lane and for vectors; both must agree.
template <class S, class F>
S at(const F& f, S x) {
  const std::vector<S> in(33, x);
  std::vector<S> out(33);
  by_lanes<S>(33, out.data(), f, in.data());
  for (S y : out) {
    const bool same = y == out[32] || (std::isnan(y) && std::isnan(out[32]));
    EXPECT_TRUE(same) << "lanes differ at " << static_cast<double>(x);
  }
  return out[0];
}

}  // namespace lamina::testing
