#pragma once
#include "lamina/kernels/simd/simd.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// Vector square roots by the machine's instruction. The vector extension has no square root, and g++ does not vectorize
// std::sqrt, which may set errno.

namespace lamina::kernels {

namespace detail {

#if LAMINA_X86 && LAMINA_HAS_VECTOR_EXTENSION
// Inner kernels for several instruction sets call these functions from code that does not have the instruction set
// until it is inlined into `run_avx512` or `run_avx2`. The targets here must be identical to the ones of those
// functions; otherwise these functions would not be inlined. Operands are passed by reference, because functions with
// different targets pass vectors differently.
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
/// 1 / √x with 14 correct bits.
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
#if defined(__aarch64__) && LAMINA_HAS_VECTOR_EXTENSION
template <class S, class V>
LAMINA_ALWAYS_INLINE void square_root_of_register(const V& x, V& y) {
  if constexpr (sizeof(S) == 8)
    __asm__("fsqrt %0.2d, %1.2d" : "=w"(y) : "w"(x));
  else if constexpr (sizeof x == 16)
    __asm__("fsqrt %0.4s, %1.4s" : "=w"(y) : "w"(x));
  else
    __asm__("fsqrt %0.2s, %1.2s" : "=w"(y) : "w"(x));
}
#endif

/// √x by Newton's iteration on 1 / √x, for machines whose instruction is not used here, with an error of one or two
/// units in the last place.
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
  y = select(x < (std::numeric_limits<S>::min)(), S(0), y);  // subnormal numbers are treated as zero
  return select(is_number(given), select(x >= S(0), y, P::nan()), given);
}

}  // namespace detail

/// √x, NaN for x < 0. Correctly rounded on x86 and 64-bit ARM, and for a single lane.
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
#if defined(__aarch64__) && LAMINA_HAS_VECTOR_EXTENSION
    if constexpr (sizeof x.v <= 16) {
      Pack<S, N> y;
      detail::square_root_of_register<S>(x.v, y.v);
      return y;
    } else
#endif
      return detail::square_root_by_newton(x);
#endif
  }
}

/// x / √y, with an error of one or two units in the last place. With AVX-512, one Newton iteration on the instruction's
/// approximation of 1 / √y is faster than a square root and a division, which use the same execution unit.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> divide_by_sqrt(const Pack<S, N>& x, const Pack<S, N>& y) {
#if LAMINA_X86 && LAMINA_HAS_VECTOR_EXTENSION
  if constexpr (sizeof(S) == 4 && N == 16) {
    using P = Pack<S, N>;
    P guess;
    detail::reciprocal_root_64(y.v, guess.v);
    const P refined = guess * fma(y * guess, guess * S(-0.5), P::splat(S(1.5)));
    // For 0 and infinity the refinement is NaN, and the approximation is exact.
    return x * select((y > S(0)) & (y <= (std::numeric_limits<S>::max)()), refined, guess);
  }
#endif
  return x / sqrt(y);
}

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
