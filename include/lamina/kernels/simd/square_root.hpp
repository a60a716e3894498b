#pragma once
#include "lamina/kernels/simd/simd.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// The machine's own square root of several numbers at once. The language extension for vectors has no name for it, and
// g++ makes no vector of std::sqrt, which may set errno.

namespace lamina::kernels {

namespace detail {

#if LAMINA_X86 && LAMINA_HAS_VECTOR_EXTENSION
// Kernels that are compiled for several machines call these from code that is not compiled for the widest of them until
// it is inlined into `run_avx512` or `run_avx2`, whose instruction sets these share to the letter, or they would not be
// inlined there. Operands are passed by reference: functions for different machines do not agree on how to pass them.
#if LAMINA_RUNTIME_ISA
#define LAMINA_FOR_MACHINE(target) inline target
#else
#define LAMINA_FOR_MACHINE(target) LAMINA_ALWAYS_INLINE
#endif
template <class S, class V>
LAMINA_FOR_MACHINE(LAMINA_TARGET_AVX512)
void square_root_64(const V& x, V& y) {
  if constexpr (sizeof(S) == 4)
    __asm__("vsqrtps {%1, %0|%0, %1}" : "=v"(y) : "v"(x));
  else
    __asm__("vsqrtpd {%1, %0|%0, %1}" : "=v"(y) : "v"(x));
}
/// 1 / √x to 14 bits.
template <class V>
LAMINA_FOR_MACHINE(LAMINA_TARGET_AVX512)
void reciprocal_root_64(const V& x, V& y) {
  __asm__("vrsqrt14ps {%1, %0|%0, %1}" : "=v"(y) : "v"(x));
}
template <class S, class V>
LAMINA_FOR_MACHINE(LAMINA_TARGET_AVX2)
void square_root_32(const V& x, V& y) {
  if constexpr (sizeof(S) == 4)
    __asm__("vsqrtps {%1, %0|%0, %1}" : "=x"(y) : "x"(x));
  else
    __asm__("vsqrtpd {%1, %0|%0, %1}" : "=x"(y) : "x"(x));
}
template <class S, class V>
LAMINA_ALWAYS_INLINE void square_root_16(const V& x, V& y) {
  if constexpr (sizeof(S) == 4)
    __asm__("sqrtps {%1, %0|%0, %1}" : "=x"(y) : "x"(x));
  else
    __asm__("sqrtpd {%1, %0|%0, %1}" : "=x"(y) : "x"(x));
}
#undef LAMINA_FOR_MACHINE
#endif

/// Newton's iteration on 1 / sqrt(x), for machines whose instruction is not known here; exact to the last digit or two.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> square_root_by_newton(const Pack<S, N>& x) {
  using P = Pack<S, N>;
  constexpr bool single = sizeof(S) == 4;
  using Integer = typename P::Integer;
  constexpr Integer magic = static_cast<Integer>(single ? std::int64_t{0x5f3759df} : std::int64_t{0x5fe6eb50c7b537a9});
  const P given = opaque(x);
  P r = P::from_bits(magic - (x.bits() >> 1));
  const P half = x * S(0.5);
  constexpr int rounds = single ? 2 : 3;
  for (int i = 0; i < rounds; ++i) r = r * fma(-(half * r), r, P::splat(S(1.5)));
  P y = x * r;
  y = fma(fma(-y, y, x), r * S(0.5), y);
  y = select(is_positive_infinity(given), given, y);
  y = select(x < (std::numeric_limits<S>::min)(), S(0), y);  // subnormal numbers count as zero
  return select(is_number(given), select(x >= S(0), y, P::nan()), given);
}

}  // namespace detail

/// √x, not a number below 0; rounded correctly on x86, and on every machine for one number.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> sqrt(const Pack<S, N>& x) {
  if constexpr (N == 1) {
    return {std::sqrt(x.v)};
  } else {
#if LAMINA_X86 && LAMINA_HAS_VECTOR_EXTENSION
    Pack<S, N> y;
    if constexpr (sizeof x.v == 64)
      detail::square_root_64<S>(x.v, y.v);
    else if constexpr (sizeof x.v == 32)
      detail::square_root_32<S>(x.v, y.v);
    else
      detail::square_root_16<S>(x.v, y.v);
    return y;
#else
    return detail::square_root_by_newton(x);
#endif
  }
}

/// x / √y, to the last digit or two: where a processor guesses 1 / √y, mending the guess takes less time than a root
/// and a quotient, which wait for the same unit.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> over_root(const Pack<S, N>& x, const Pack<S, N>& y) {
#if LAMINA_X86 && LAMINA_HAS_VECTOR_EXTENSION
  if constexpr (sizeof(S) == 4 && N == 16) {
    using P = Pack<S, N>;
    P guess;
    detail::reciprocal_root_64(y.v, guess.v);
    const P refined = guess * fma(y * guess, guess * S(-0.5), P::splat(S(1.5)));
    // The guess is right where the refined one is not a number: of 0, and of infinity.
    return x * select((y > S(0)) & (y <= (std::numeric_limits<S>::max)()), refined, guess);
  }
#endif
  return x / sqrt(y);
}

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
