#pragma once
#include "lamina/kernels/simd/simd.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// Sine and cosine of packs, with an error of one or two units in the last place. Arguments are reduced to [-π/4, π/4],
// where the Taylor series are short.

namespace lamina::kernels {

namespace detail {

/// The reduced argument: x = k π/2 + r with |r| <= π/4 (up to rounding).
template <class S, int N>
struct ReducedAngle {
  Pack<S, N> remainder;
  typename Pack<S, N>::Bits quarters;  // k, in the lowest bits

  /// Cody-Waite reduction: π/2 is subtracted in parts with so few digits that k times a part is exact, with or without
  /// fused multiply-add.
  explicit LAMINA_ALWAYS_INLINE ReducedAngle(const Pack<S, N>& x) {
    using P = Pack<S, N>;
    constexpr S shift = sizeof(S) == 4 ? S(12582912.0) : S(6755399441055744.0);  // adding it rounds to an integer
    const P shifted = rounded(fma(x, P::splat(S(0.63661977236758134308)), P::splat(shift)));
    const P k = rounded(shifted - shift);
    quarters = shifted.bits();
    if constexpr (sizeof(S) == 4) {
      remainder = rounded(fma(k, P::splat(S(-1.5703125)), x));
      remainder = rounded(fma(k, P::splat(S(-0.0004837512969970703)), remainder));
      remainder = rounded(fma(k, P::splat(S(-7.549533620476723e-08)), remainder));
      remainder = fma(k, P::splat(S(-2.563344151594519e-12)), remainder);
    } else {
      remainder = rounded(fma(k, P::splat(S(-1.5707963267341256)), x));
      remainder = rounded(fma(k, P::splat(S(-6.077100506303966e-11)), remainder));
      remainder = fma(k, P::splat(S(-2.0222662487959506e-21)), remainder);
    }
  }
};

/// c[0] + c[1] z + c[2] z² + ...
template <class S, int N, std::size_t Count>
LAMINA_ALWAYS_INLINE Pack<S, N> polynomial(const Pack<S, N>& z, const S (&c)[Count]) {
  using P = Pack<S, N>;
  P sum = P::splat(c[Count - 1]);
  LAMINA_UNROLL for (std::size_t i = 2; i <= Count; ++i) sum = fma(sum, z, P::splat(c[Count - i]));
  return sum;
}

/// sin(x + turns π/2).
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> sine_of_quarters(const Pack<S, N>& x, int turns) {
  using P = Pack<S, N>;
  using Integer = typename P::Integer;
  const ReducedAngle<S, N> angle(x);
  const P r = angle.remainder, z = r * r;
  P sine, cosine;
  if constexpr (sizeof(S) == 4) {
    constexpr S s[] = {S(-1.0 / 6), S(1.0 / 120), S(-1.0 / 5040), S(1.0 / 362880)};
    constexpr S c[] = {S(1.0 / 24), S(-1.0 / 720), S(1.0 / 40320), S(-1.0 / 3628800)};
    sine = polynomial(z, s), cosine = polynomial(z, c);
  } else {
    constexpr S s[] = {S(-1.0 / 6),        S(1.0 / 120),        S(-1.0 / 5040),          S(1.0 / 362880),
                       S(-1.0 / 39916800), S(1.0 / 6227020800), S(-1.0 / 1307674368000), S(1.0 / 355687428096000)};
    constexpr S c[] = {S(1.0 / 24),        S(-1.0 / 720),         S(1.0 / 40320),         S(-1.0 / 3628800),
                       S(1.0 / 479001600), S(-1.0 / 87178291200), S(1.0 / 20922789888000)};
    sine = polynomial(z, s), cosine = polynomial(z, c);
  }
  sine = fma(sine * z, r, r);
  cosine = fma(cosine * z, z, S(1) - z * S(0.5));
  // If k is odd, sine and cosine are exchanged; if k / 2 is odd, the sign changes.
  const auto quarters = angle.quarters + static_cast<Integer>(turns);
  const typename P::Mask odd{(Integer(0) - (quarters & Integer(1))).i},
      half{(Integer(0) - ((quarters >> 1) & Integer(1))).i};
  P y = select(odd, cosine, sine);
  y = select(half, -y, y);
  // Lanes with too large k are computed by the standard library.
  constexpr S largest = sizeof(S) == 4 ? S(8192) : S(1.5e6);
  if (sum_lanes(select(abs(x) > largest, P::splat(S(1)), S(0))) > S(0)) {
    S in[std::size_t{N}], out[std::size_t{N}];
    x.store(in);
    y.store(out);
    for (int i = 0; i < N; ++i)
      if (std::abs(in[i]) > largest) out[i] = turns == 0 ? std::sin(in[i]) : std::cos(in[i]);
    y = P::load(out);
  }
  return y;
}

}  // namespace detail

/// The sine of each lane.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> sin(const Pack<S, N>& x) {
  return select(x == S(0), x, detail::sine_of_quarters(x, 0));
}

/// The cosine of each lane.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> cos(const Pack<S, N>& x) {
  return detail::sine_of_quarters(x, 1);
}

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
