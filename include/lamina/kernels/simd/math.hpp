#pragma once
#include "lamina/core/bit_cast.hpp"
#include "lamina/kernels/simd/simd.hpp"
#include "lamina/kernels/simd/square_root.hpp"

// Elementary functions of packs, without branches, with an error of one or two units in the last place. The
// coefficients are those of Taylor series, after a sufficient reduction of the argument; those of erf interpolate at
// Chebyshev points.

namespace lamina::kernels {

namespace detail {

/// The argument reduction of exp and expm1: e^x = 2 * half_power * e^remainder. It has half of the power because 2^k
/// may overflow when e^x does not.
template <class S, int N>
struct ReducedExponent {
  Pack<S, N> half_power;  // 2^(k-1)
  Pack<S, N> remainder;   // r = x - k ln 2, |r| <= ln 2 / 2
};

template <class S, int N>
LAMINA_ALWAYS_INLINE ReducedExponent<S, N> reduce_exponent(const Pack<S, N>& x) {
  using P = Pack<S, N>;
  constexpr bool single = sizeof(S) == 4;
  // Adding 1.5 * 2^(mantissa bits) rounds to an integer, which is then in the low bits.
  constexpr S shift = single ? S(12582912.0) : S(6755399441055744.0);
  constexpr S log2e = S(1.44269504088896340736);
  constexpr S ln2_high = single ? S(0.693359375) : S(0.693147180369123816490);
  constexpr S ln2_low = single ? S(-2.12194440e-4) : S(1.90821492927058770002e-10);
  const P shifted = rounded(fma(x, P::splat(log2e), P::splat(shift)));
  const P whole = rounded(shifted - shift);
  const P r = fma(whole, P::splat(-ln2_low), rounded(fma(whole, P::splat(-ln2_high), x)));
  using Integer = typename Pack<S, N>::Integer;
  constexpr int mantissa = single ? 23 : 52;
  constexpr Integer bias = single ? 126 : 1022;
  const auto k = shifted.bits() - lamina::detail::bit_cast<Integer>(shift);
  return {P::from_bits((k + bias) << mantissa), r};
}

/// (e^r - 1 - r) / r² for |r| <= ln 2 / 2.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> exponential_series(const Pack<S, N>& r) {
  using P = Pack<S, N>;
  if constexpr (sizeof(S) == 4) {
    P s = P::splat(S(1.0 / 5040));
    s = fma(s, r, P::splat(S(1.0 / 720)));
    s = fma(s, r, P::splat(S(1.0 / 120)));
    s = fma(s, r, P::splat(S(1.0 / 24)));
    s = fma(s, r, P::splat(S(1.0 / 6)));
    return fma(s, r, P::splat(S(0.5)));
  } else {
    P s = P::splat(S(1.0 / 6227020800.0));
    s = fma(s, r, P::splat(S(1.0 / 479001600)));
    s = fma(s, r, P::splat(S(1.0 / 39916800)));
    s = fma(s, r, P::splat(S(1.0 / 3628800)));
    s = fma(s, r, P::splat(S(1.0 / 362880)));
    s = fma(s, r, P::splat(S(1.0 / 40320)));
    s = fma(s, r, P::splat(S(1.0 / 5040)));
    s = fma(s, r, P::splat(S(1.0 / 720)));
    s = fma(s, r, P::splat(S(1.0 / 120)));
    s = fma(s, r, P::splat(S(1.0 / 24)));
    s = fma(s, r, P::splat(S(1.0 / 6)));
    return fma(s, r, P::splat(S(0.5)));
  }
}
}  // namespace detail

/// e^x. 0 below the logarithm of twice the smallest normal number, infinity above that of the largest number.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> exp(const Pack<S, N>& x) {
  using P = Pack<S, N>;
  const P given = opaque(x);
  constexpr S lowest = sizeof(S) == 4 ? S(-86.643397) : S(-707.7032713652975);
  constexpr S highest = sizeof(S) == 4 ? S(88.7228391) : S(709.782712893384);
  const auto e = detail::reduce_exponent(minimum(maximum(x, P::splat(lowest)), P::splat(highest)));
  const P r = e.remainder, half = e.half_power * fma(detail::exponential_series(r), r * r, r + S(1));
  P y = half + half;
  y = select(x < lowest, S(0), y);
  y = select(x > highest, P::infinity(), y);
  return select(is_number(given), y, given);
}

/// e^x for x <= 0, with fewer comparisons, for softmax.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> exp_nonpositive(const Pack<S, N>& x) {
  using P = Pack<S, N>;
  const auto vanishes = x < (sizeof(S) == 4 ? S(-86.643397) : S(-707.7032713652975));
  const auto e = detail::reduce_exponent(select(vanishes, S(0), x));
  const P r = e.remainder, half = e.half_power * fma(detail::exponential_series(r), r * r, r + S(1));
  return select(vanishes, S(0), half + half);
}

/// e^x - 1, accurate near 0.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> expm1(const Pack<S, N>& x) {
  using P = Pack<S, N>;
  const P given = opaque(x);
  constexpr S lowest = sizeof(S) == 4 ? S(-40) : S(-80);
  constexpr S highest = sizeof(S) == 4 ? S(88.7228391) : S(709.782712893384);
  const auto e = detail::reduce_exponent(minimum(maximum(x, P::splat(lowest)), P::splat(highest)));
  const P r = e.remainder, expm1_of_remainder = fma(detail::exponential_series(r), r * r, r);  // e^r - 1
  const P half = fma(e.half_power, expm1_of_remainder, rounded(e.half_power - S(0.5)));
  P y = half + half;
  y = select(x > highest, P::infinity(), y);
  return select(is_number(given), y, given);
}

/// The natural logarithm. -infinity for 0, NaN for x < 0.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> log(const Pack<S, N>& x) {
  using P = Pack<S, N>;
  const P given = opaque(x);
  constexpr bool single = sizeof(S) == 4;
  using Integer = typename Pack<S, N>::Integer;
  constexpr int mantissa = single ? 23 : 52;
  constexpr S smallest = (std::numeric_limits<S>::min)();
  constexpr S lift = single ? S(16777216.0) : S(18014398509481984.0);  // 2^24, 2^54: subnormal numbers made normal
  constexpr S lift_log2 = single ? S(24) : S(54);
  const auto subnormal = x < smallest;
  const P normal = select(subnormal, x * lift, x);
  // x = m 2^e with m in [sqrt(1/2), sqrt(2))
  constexpr Integer sqrt_half = lamina::detail::bit_cast<Integer>(S(0.70710678118654752440));
  const auto bits = normal.bits() - sqrt_half;
  const auto exponent = bits >> mantissa;
  constexpr Integer mantissa_mask = (Integer(1) << mantissa) - 1;
  const P m = P::from_bits((bits & mantissa_mask) + sqrt_half);
  // Converts the exponent to floating point: adds it to the mantissa of a large number, and subtracts that number.
  constexpr S shift = single ? S(12582912.0) : S(6755399441055744.0);
  P e = rounded(P::from_bits(exponent + lamina::detail::bit_cast<Integer>(shift)) - shift);
  e = select(subnormal, e - lift_log2, e);
  // log m = 2 atanh(s) = 2 (s + s³/3 + s⁵/5 + ...), s = (m - 1) / (m + 1), |s| < 0.172
  const P s = (m - S(1)) / (m + S(1));
  const P z = s * s;
  P series;
  if constexpr (single) {
    series = P::splat(S(2.0 / 11));
    series = fma(series, z, P::splat(S(2.0 / 9)));
    series = fma(series, z, P::splat(S(2.0 / 7)));
  } else {
    series = P::splat(S(2.0 / 23));
    series = fma(series, z, P::splat(S(2.0 / 21)));
    series = fma(series, z, P::splat(S(2.0 / 19)));
    series = fma(series, z, P::splat(S(2.0 / 17)));
    series = fma(series, z, P::splat(S(2.0 / 15)));
    series = fma(series, z, P::splat(S(2.0 / 13)));
    series = fma(series, z, P::splat(S(2.0 / 11)));
    series = fma(series, z, P::splat(S(2.0 / 9)));
    series = fma(series, z, P::splat(S(2.0 / 7)));
  }
  series = fma(series, z, P::splat(S(2.0 / 5)));
  series = fma(series, z, P::splat(S(2.0 / 3)));
  constexpr S ln2_high = single ? S(0.693359375) : S(0.693147180369123816490);
  constexpr S ln2_low = single ? S(-2.12194440e-4) : S(1.90821492927058770002e-10);
  const P tail = fma(e, P::splat(ln2_low), series * z * s);
  P y = fma(e, P::splat(ln2_high), tail + (s + s));
  y = select(is_positive_infinity(given), given, y);
  y = select(x > S(0), y, select(x == S(0), P::minus_infinity(), P::nan()));
  return select(is_number(given), y, given);
}

/// log(1 + x), accurate near 0.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> log1p(const Pack<S, N>& x) {
  using P = Pack<S, N>;
  const P w = rounded(x + S(1)), given = opaque(w);
  // Corrects the rounding error of w to first order.
  const P y = log(w) - (rounded(w - S(1)) - x) / w;
  const P finite = select(w == S(0), P::minus_infinity(), y);
#if LAMINA_FINITE_MATH
  return select(is_number(given), select(is_positive_infinity(given), given, finite), given);
#else
  return select(is_positive_infinity(given), given, finite);
#endif
}

/// tanh x = -u / (u + 2) with u = e^(-2|x|) - 1, and the sign of x.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> tanh(const Pack<S, N>& x) {
  const Pack<S, N> u = expm1(abs(x) * S(-2));
  const Pack<S, N> y = (S(0) - u) / (u + S(2));
  return select(x < S(0), -y, y);
}

/// 1 / (1 + e^-x)
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> sigmoid(const Pack<S, N>& x) {
  const Pack<S, N> y = S(1) / (S(1) + exp(-x));
#if LAMINA_FINITE_MATH  // 1 / infinity may be approximated by a reciprocal and Newton's iteration, which gives NaN
  return select(x < (sizeof(S) == 4 ? S(-87) : S(-708)), S(0), y);
#else
  return y;
#endif
}

/// log(1 + e^x) = max(x, 0) + log1p(e^-|x|)
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> softplus(const Pack<S, N>& x) {
  return maximum(x, Pack<S, N>::splat(S(0))) + log1p(exp(-abs(x)));
}

/// The error function, 2 / sqrt(pi) times the integral of e^(-t²) from 0 to x. For |x| < 1 it is x P(x²), otherwise,
/// with a = |x|, 1 - e^(-a²) Q((a - c) / (a + c)), because e^(a²) (1 - erf a) is smooth there.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> erf(const Pack<S, N>& x) {
  using P = Pack<S, N>;
  const P given = opaque(x);
  constexpr bool single = sizeof(S) == 4;
  constexpr S highest = single ? S(4) : S(6), centre = single ? S(2) : S(2.45);  // erf(highest) rounds to 1
  const P magnitude = abs(x), a = minimum(magnitude, P::splat(highest)), z = x * x;
  const P t = (a - centre) / (a + centre);
  P p, q;
  if constexpr (single) {
    p = P::splat(S(7.87587506e-05));
    p = fma(p, z, P::splat(S(-0.000801686429)));
    p = fma(p, z, P::splat(S(0.00518908742)));
    p = fma(p, z, P::splat(S(-0.026854212)));
    p = fma(p, z, P::splat(S(0.112835947)));
    p = fma(p, z, P::splat(S(-0.376126267)));
    p = fma(p, z, P::splat(S(1.12837917)));
    q = P::splat(S(-0.000944159634));
    q = fma(q, t, P::splat(S(-0.000836589974)));
    q = fma(q, t, P::splat(S(0.00699485541)));
    q = fma(q, t, P::splat(S(0.00373214135)));
    q = fma(q, t, P::splat(S(-0.0789785233)));
    q = fma(q, t, P::splat(S(0.241658211)));
    q = fma(q, t, P::splat(S(-0.427185848)));
    q = fma(q, t, P::splat(S(0.255395676)));
  } else {
    p = P::splat(S(-7.7958988270021425e-10));
    p = fma(p, z, P::splat(S(1.3720064546777686e-08)));
    p = fma(p, z, P::splat(S(-1.6208483801871705e-07)));
    p = fma(p, z, P::splat(S(1.6447424703317362e-06)));
    p = fma(p, z, P::splat(S(-1.4924736907419661e-05)));
    p = fma(p, z, P::splat(S(0.00012055294904839707)));
    p = fma(p, z, P::splat(S(-0.00085483259753896918)));
    p = fma(p, z, P::splat(S(0.0052239776071164225)));
    p = fma(p, z, P::splat(S(-0.02686617064323777)));
    p = fma(p, z, P::splat(S(0.11283791670945006)));
    p = fma(p, z, P::splat(S(-0.37612638903183543)));
    p = fma(p, z, P::splat(S(1.1283791670955126)));
    q = P::splat(S(-1.7945707711015395e-06));
    q = fma(q, t, P::splat(S(-1.1131593221345099e-06)));
    q = fma(q, t, P::splat(S(9.5101709498476415e-06)));
    q = fma(q, t, P::splat(S(1.3497605755815325e-05)));
    q = fma(q, t, P::splat(S(-4.6585658042609744e-05)));
    q = fma(q, t, P::splat(S(-0.00010354979368379931)));
    q = fma(q, t, P::splat(S(0.00029437898832898769)));
    q = fma(q, t, P::splat(S(0.00068756912448181609)));
    q = fma(q, t, P::splat(S(-0.0028557758926097748)));
    q = fma(q, t, P::splat(S(-0.0022858446740592021)));
    q = fma(q, t, P::splat(S(0.036344897092697441)));
    q = fma(q, t, P::splat(S(-0.12148868975138276)));
    q = fma(q, t, P::splat(S(0.2516681327668216)));
    q = fma(q, t, P::splat(S(-0.37682183405935044)));
    q = fma(q, t, P::splat(S(0.21458709224109379)));
  }
  const P tail = S(1) - exp(-(a * a)) * q;
  const P y = select(magnitude < S(1), x * p, select(x < S(0), -tail, tail));
  return select(is_number(given), y, given);
}

}  // namespace lamina::kernels
