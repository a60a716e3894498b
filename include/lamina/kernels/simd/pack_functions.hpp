#pragma once
#include "lamina/core/rounded.hpp"
#include "lamina/kernels/simd/pack.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"  // packs never cross a function that is not inlined
#endif

// Functions of packs, and barriers against the reassociation and the simplifications of -ffast-math.

namespace lamina::kernels {

namespace detail {
#if LAMINA_X86 && LAMINA_HAS_VECTOR_EXTENSION
#if LAMINA_RUNTIME_ISA
#define LAMINA_HIDE_AVX2 LAMINA_TARGET_AVX2 inline
#define LAMINA_HIDE_AVX512 LAMINA_TARGET_AVX512 inline
#else
#define LAMINA_HIDE_AVX2 LAMINA_ALWAYS_INLINE
#define LAMINA_HIDE_AVX512 LAMINA_ALWAYS_INLINE
#endif
template <class V>
LAMINA_HIDE_AVX512 void hide_512(V& x) {
  __asm__("" : "+v"(x));
}
template <class V>
LAMINA_HIDE_AVX2 void hide_256(V& x) {
  __asm__("" : "+x"(x));
}
#undef LAMINA_HIDE_AVX2
#undef LAMINA_HIDE_AVX512
#endif
template <class S, int N>
LAMINA_ALWAYS_INLINE void hide(Pack<S, N>& x) {
#if LAMINA_X86 && LAMINA_HAS_VECTOR_EXTENSION
  if constexpr (sizeof x.v == 64)
    hide_512(x.v);
  else if constexpr (sizeof x.v == 32)
    hide_256(x.v);
  else if constexpr (N > 1 && sizeof x.v < 16)  // half a register, which clang has no constraint for
    for (int i = 0; i < N; ++i) {
      S lane = x.v[i];
      lamina::detail::hide(lane);
      x.v[i] = lane;
    }
  else
#endif
    lamina::detail::hide(x.v);
}
}  // namespace detail

/// Returns x, without reassociation across the call: see lamina::detail::rounded.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> rounded(const Pack<S, N>& x) {
#if LAMINA_HAS_ARITHMETIC_FENCE
  return {__arithmetic_fence(x.v)};
#elif LAMINA_LOOSE_MATH
  Pack<S, N> y = x;
  detail::hide(y);
  return y;
#else
  return x;
#endif
}

/// Returns x, hidden from the optimizer. Under -ffinite-math-only compilers assume that no number is NaN: in a branch
/// where x == 0 they substitute 0 for x, although NaN may get there. So what is tested for NaN must be an opaque copy,
/// made before.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> opaque(const Pack<S, N>& x) {
#if LAMINA_FINITE_MATH
  Pack<S, N> y = x;
  detail::hide(y);
  return y;
#else
  return x;
#endif
}

/// a > b ? a : b for each lane: if a or b is NaN, the result is b.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> maximum(const Pack<S, N>& a, const Pack<S, N>& b) {
  return select(a > b, a, b);
}
/// a < b ? a : b for each lane: if a or b is NaN, the result is b.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> minimum(const Pack<S, N>& a, const Pack<S, N>& b) {
  return select(a < b, a, b);
}
/// The maximum of each lane; NaN if a or b is NaN.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> maximum_or_nan(const Pack<S, N>& a, const Pack<S, N>& b) {
  const Pack<S, N> given_a = opaque(a), y = select(is_number(given_a), maximum(a, b), given_a);
#if LAMINA_FINITE_MATH  // comparisons with NaN have an unspecified result
  const Pack<S, N> given_b = opaque(b);
  return select(is_number(given_b), y, given_b);
#else
  return y;
#endif
}
/// The minimum of each lane; NaN if a or b is NaN.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> minimum_or_nan(const Pack<S, N>& a, const Pack<S, N>& b) {
  const Pack<S, N> given_a = opaque(a), y = select(is_number(given_a), minimum(a, b), given_a);
#if LAMINA_FINITE_MATH
  const Pack<S, N> given_b = opaque(b);
  return select(is_number(given_b), y, given_b);
#else
  return y;
#endif
}
/// |a| for each lane.
template <class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, N> abs(const Pack<S, N>& a) {
  using Integer = typename Pack<S, N>::Integer;
  return Pack<S, N>::from_bits(a.bits() & (std::numeric_limits<Integer>::max)());
}
/// The sum of all lanes, in a fixed binary tree of halves, which are subregisters. (A loop over lanes would go through
/// memory.)
template <class S, int N>
LAMINA_ALWAYS_INLINE S sum_lanes(const Pack<S, N>& a) {
  if constexpr (N == 1) {
    return a.v;
  } else {
    Pack<S, N / 2> low, high;
    std::memcpy(&low.v, &a.v, sizeof low.v);
    std::memcpy(&high.v, reinterpret_cast<const char*>(&a.v) + sizeof low.v, sizeof high.v);
    return sum_lanes(low + high);
  }
}

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
