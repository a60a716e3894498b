#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "lamina/core/bit_cast.hpp"
#include "lamina/core/shape.hpp"
#include "lamina/kernels/simd/instruction_set.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"  // packs never cross a function that is not inlined
#endif

namespace lamina::kernels {

/// What N lanes are made of: a vector where the language has them, and a plain number for one lane.
template <class S, int N>
struct Lanes {
#if LAMINA_HAS_VECTOR_EXTENSION
  using Integer = std::conditional_t<sizeof(S) == 4, std::int32_t, std::int64_t>;
  typedef S Values __attribute__((vector_size(N * sizeof(S))));
  typedef Integer Integers __attribute__((vector_size(N * sizeof(S))));
  typedef std::make_unsigned_t<Integer> Wrapping __attribute__((vector_size(N * sizeof(S))));
#else
  static_assert(N == 1,
                "without the vector extension a pack is one number, and the compiler's vectorizer is relied on");
#endif
};
template <class S>
struct Lanes<S, 1> {
  using Values = S;
  using Integers = std::conditional_t<sizeof(S) == 4, std::int32_t, std::int64_t>;
  using Wrapping = std::make_unsigned_t<Integers>;
};

// g++ lowers operations on vectors that the instruction set of a function lacks when it optimizes that function, before
// it is inlined into `run_avx512` or `run_avx2`: a broadcast becomes one store for each lane, and a comparison has
// masks of another kind than AVX-512's and falls apart into scalars. So these operations of wide inner packs are
// functions with the instruction sets of `run_avx512` and `run_avx2`. They are inlined there if all between is inlined
// first. Operands are passed by reference, as functions for different instruction sets pass vectors in different ways.
#if LAMINA_RUNTIME_ISA && !defined(__clang__)
#define LAMINA_TARGETED_PACKS 1
template <class S, class V>
LAMINA_TARGET_AVX512 inline void broadcast_512(S value, V& out) {
  out = value - V{};
}
template <class S, class V>
LAMINA_TARGET_AVX2 inline void broadcast_256(S value, V& out) {
  out = value - V{};
}
template <class V, class M>
LAMINA_TARGET_AVX512 inline void less_512(const V& a, const V& b, M& out) {
  out = a < b;
}
template <class V, class M>
LAMINA_TARGET_AVX512 inline void less_equal_512(const V& a, const V& b, M& out) {
  out = a <= b;
}
template <class V, class M>
LAMINA_TARGET_AVX512 inline void equal_512(const V& a, const V& b, M& out) {
  out = a == b;
}
template <class M, class V>
LAMINA_TARGET_AVX512 inline void select_512(const M& where, const V& yes, const V& no, V& out) {
  out = where ? yes : no;
}
#else
#define LAMINA_TARGETED_PACKS 0
#endif

/// N numbers that are computed with at once, by functions that are inlined into the one that `with_lanes` calls.
template <class S, int N>
struct Pack {
  using Values = typename Lanes<S, N>::Values;
  using Integers = typename Lanes<S, N>::Integers;
  using Integer = std::conditional_t<sizeof(S) == 4, std::int32_t, std::int64_t>;
  static constexpr int width = N;
#if LAMINA_TARGETED_PACKS
  static constexpr int targeted_bits = N > 1 ? 8 * N* static_cast<int>(sizeof(S)) : 0;
#endif

  Values v;

#if LAMINA_FINITE_MATH
  static LAMINA_ALWAYS_INLINE Pack splat(const S& value) { return of_bits(lamina::detail::bit_cast<Integer>(value)); }
#else
  static LAMINA_ALWAYS_INLINE Pack splat(S value) {
    Pack all;
    broadcast(value, all.v);
    return all;
  }
#endif
  /// The number of these bits in every lane.
  static LAMINA_ALWAYS_INLINE Pack of_bits(Integer bits) {
    Bits all;
    broadcast(bits, all.i);
    return from_bits(all);
  }
  static LAMINA_ALWAYS_INLINE Pack infinity() { return of_bits(infinity_bits); }
  static LAMINA_ALWAYS_INLINE Pack minus_infinity() {
    return of_bits(static_cast<Integer>(infinity_bits | (std::numeric_limits<Integer>::min)()));
  }
  static LAMINA_ALWAYS_INLINE Pack nan() {
    return of_bits(lamina::detail::bit_cast<Integer>(std::numeric_limits<S>::quiet_NaN()));
  }
  static constexpr Integer infinity_bits = lamina::detail::bit_cast<Integer>(std::numeric_limits<S>::infinity());
  friend LAMINA_ALWAYS_INLINE Pack operator+(const Pack& a, const Pack& b) { return {a.v + b.v}; }
  friend LAMINA_ALWAYS_INLINE Pack operator-(const Pack& a, const Pack& b) { return {a.v - b.v}; }
  friend LAMINA_ALWAYS_INLINE Pack operator*(const Pack& a, const Pack& b) { return {a.v * b.v}; }
  friend LAMINA_ALWAYS_INLINE Pack operator/(const Pack& a, const Pack& b) { return {a.v / b.v}; }
  friend LAMINA_ALWAYS_INLINE Pack operator-(const Pack& a) { return {-a.v}; }
  friend LAMINA_ALWAYS_INLINE Pack fma(const Pack& a, const Pack& b, const Pack& c) { return {a.v * b.v + c.v}; }
  /// Per lane, all bits set or none.
  struct Mask {
    Integers bits;
    friend LAMINA_ALWAYS_INLINE Mask operator&(const Mask& a, const Mask& b) { return {a.bits & b.bits}; }
    friend LAMINA_ALWAYS_INLINE Mask operator|(const Mask& a, const Mask& b) { return {a.bits | b.bits}; }
  };
  friend LAMINA_ALWAYS_INLINE Mask operator<(const Pack& a, const Pack& b) {
#if LAMINA_TARGETED_PACKS
    if constexpr (targeted_bits == 512) {
      Mask mask;
      less_512(a.v, b.v, mask.bits);
      return mask;
    } else
#endif
        if constexpr (N == 1)
      return {a.v < b.v ? Integer{-1} : Integer{0}};
    else
      return {a.v < b.v};
  }
  friend LAMINA_ALWAYS_INLINE Mask operator>(const Pack& a, const Pack& b) {
#if LAMINA_TARGETED_PACKS
    if constexpr (targeted_bits == 512) {
      Mask mask;
      less_512(b.v, a.v, mask.bits);
      return mask;
    } else
#endif
        if constexpr (N == 1)
      return {a.v > b.v ? Integer{-1} : Integer{0}};
    else
      return {a.v > b.v};
  }
  friend LAMINA_ALWAYS_INLINE Mask operator<=(const Pack& a, const Pack& b) {
#if LAMINA_TARGETED_PACKS
    if constexpr (targeted_bits == 512) {
      Mask mask;
      less_equal_512(a.v, b.v, mask.bits);
      return mask;
    } else
#endif
        if constexpr (N == 1)
      return {a.v <= b.v ? Integer{-1} : Integer{0}};
    else
      return {a.v <= b.v};
  }
  friend LAMINA_ALWAYS_INLINE Mask operator>=(const Pack& a, const Pack& b) {
#if LAMINA_TARGETED_PACKS
    if constexpr (targeted_bits == 512) {
      Mask mask;
      less_equal_512(b.v, a.v, mask.bits);
      return mask;
    } else
#endif
        if constexpr (N == 1)
      return {a.v >= b.v ? Integer{-1} : Integer{0}};
    else
      return {a.v >= b.v};
  }
  friend LAMINA_ALWAYS_INLINE Mask operator==(const Pack& a, const Pack& b) {
#if LAMINA_TARGETED_PACKS
    if constexpr (targeted_bits == 512) {
      Mask mask;
      equal_512(a.v, b.v, mask.bits);
      return mask;
    } else
#endif
        if constexpr (N == 1)
      return {a.v == b.v ? Integer{-1} : Integer{0}};
    else
      return {a.v == b.v};
  }
  friend LAMINA_ALWAYS_INLINE Pack select(const Mask& where, const Pack& yes, const Pack& no) {
#if LAMINA_FINITE_MATH  // one of them may be infinite or NaN, which compilers then leave out
    Bits chosen;
    choose(where, yes.bits().i, no.bits().i, chosen.i);
    return from_bits(chosen);
#else
    Pack chosen;
    choose(where, yes.v, no.v, chosen.v);
    return chosen;
#endif
  }
  /// Which lanes are not NaN.
  friend LAMINA_ALWAYS_INLINE Mask is_number(const Pack& a) {
#if LAMINA_FINITE_MATH
    const Integers magnitude = (a.bits() & (std::numeric_limits<Integer>::max)()).i;
    if constexpr (N == 1) {
      return {magnitude <= infinity_bits ? Integer{-1} : Integer{0}};
    } else {
      const Integers infinite = infinity().bits().i;
#if LAMINA_TARGETED_PACKS
      if constexpr (targeted_bits == 512) {
        Mask mask;
        less_equal_512(magnitude, infinite, mask.bits);
        return mask;
      } else
#endif
        return {magnitude <= infinite};
    }
#else
    return a == a;
#endif
  }
  /// Which lanes are positive infinity.
  friend LAMINA_ALWAYS_INLINE Mask is_positive_infinity(const Pack& a) {
#if LAMINA_FINITE_MATH
    if constexpr (N == 1) {
      return {a.bits().i == infinity_bits ? Integer{-1} : Integer{0}};
    } else {
      const Integers infinite = infinity().bits().i;
#if LAMINA_TARGETED_PACKS
      if constexpr (targeted_bits == 512) {
        Mask mask;
        equal_512(a.bits().i, infinite, mask.bits);
        return mask;
      } else
#endif
        return {a.bits().i == infinite};
    }
#else
    return a == infinity();
#endif
  }
  /// The lanes' bits, to compute with as whole numbers that wrap around.
  struct Bits {
    using Wrapping = typename Lanes<S, N>::Wrapping;
    using Unsigned = std::make_unsigned_t<Integer>;
    Integers i;
    friend LAMINA_ALWAYS_INLINE Bits operator+(const Bits& a, Integer b) {
      return {(Integers)((Wrapping)a.i + static_cast<Unsigned>(b))};
    }
    friend LAMINA_ALWAYS_INLINE Bits operator-(const Bits& a, Integer b) {
      return {(Integers)((Wrapping)a.i - static_cast<Unsigned>(b))};
    }
    friend LAMINA_ALWAYS_INLINE Bits operator-(Integer a, const Bits& b) {
      return {(Integers)(static_cast<Unsigned>(a) - (Wrapping)b.i)};
    }
    friend LAMINA_ALWAYS_INLINE Bits operator&(const Bits& a, Integer b) { return {a.i & b}; }
    friend LAMINA_ALWAYS_INLINE Bits operator<<(const Bits& a, int by) { return {(Integers)((Wrapping)a.i << by)}; }
    friend LAMINA_ALWAYS_INLINE Bits operator>>(const Bits& a, int by) { return {a.i >> by}; }
  };
  LAMINA_ALWAYS_INLINE Bits bits() const {
    Bits b;
    std::memcpy(&b.i, &v, sizeof v);
    return b;
  }
  static LAMINA_ALWAYS_INLINE Pack from_bits(const Bits& b) {
    Pack p;
    std::memcpy(&p.v, &b.i, sizeof p.v);
    return p;
  }

  static LAMINA_ALWAYS_INLINE Pack load(const S* from) {
    Pack p;
    std::memcpy(&p.v, from, sizeof p.v);
    return p;
  }
  LAMINA_ALWAYS_INLINE void store(S* to) const { std::memcpy(to, &v, sizeof v); }
  /// The first `count` lanes, fewer than N; the others are zero.
  static LAMINA_ALWAYS_INLINE Pack load_part(const S* from, Index count) {
    S lanes[std::size_t{N}];
    splat(S(0)).store(lanes);
    for (Index i = 0; i < count; ++i) {
      LAMINA_ONE_BY_ONE(i);
      lanes[i] = from[i];
    }
    return load(lanes);
  }
  LAMINA_ALWAYS_INLINE void store_part(S* to, Index count) const {
    S lanes[std::size_t{N}];
    store(lanes);
    for (Index i = 0; i < count; ++i) {
      LAMINA_ONE_BY_ONE(i);
      to[i] = lanes[i];
    }
  }

  // A plain number beside a pack means that number in every lane.
  friend LAMINA_ALWAYS_INLINE Pack operator+(const Pack& a, S b) { return a + splat(b); }
  friend LAMINA_ALWAYS_INLINE Pack operator+(S a, const Pack& b) { return splat(a) + b; }
  friend LAMINA_ALWAYS_INLINE Pack operator-(const Pack& a, S b) { return a - splat(b); }
  friend LAMINA_ALWAYS_INLINE Pack operator-(S a, const Pack& b) { return splat(a) - b; }
  friend LAMINA_ALWAYS_INLINE Pack operator*(const Pack& a, S b) { return a * splat(b); }
  friend LAMINA_ALWAYS_INLINE Pack operator*(S a, const Pack& b) { return splat(a) * b; }
  friend LAMINA_ALWAYS_INLINE Pack operator/(const Pack& a, S b) { return a / splat(b); }
  friend LAMINA_ALWAYS_INLINE Pack operator/(S a, const Pack& b) { return splat(a) / b; }
  friend LAMINA_ALWAYS_INLINE auto operator<(const Pack& a, S b) { return a < splat(b); }
  friend LAMINA_ALWAYS_INLINE auto operator>(const Pack& a, S b) { return a > splat(b); }
  friend LAMINA_ALWAYS_INLINE auto operator<=(const Pack& a, S b) { return a <= splat(b); }
  friend LAMINA_ALWAYS_INLINE auto operator>=(const Pack& a, S b) { return a >= splat(b); }
  friend LAMINA_ALWAYS_INLINE auto operator==(const Pack& a, S b) { return a == splat(b); }
  template <class M>
  friend LAMINA_ALWAYS_INLINE Pack select(const M& where, const Pack& yes, S no) {
    return select(where, yes, splat(no));
  }
  template <class M>
  friend LAMINA_ALWAYS_INLINE Pack select(const M& where, S yes, const Pack& no) {
    return select(where, splat(yes), no);
  }

 private:
  // Vectors that are no packs are not returned: how depends on the instruction set.
  template <class T, class V>
  static LAMINA_ALWAYS_INLINE void broadcast(T value, V& all) {
#if LAMINA_TARGETED_PACKS
    if constexpr (targeted_bits == 512) return broadcast_512(value, all);
    if constexpr (targeted_bits == 256) return broadcast_256(value, all);
#endif
    all = value - V{};  // -0 and NaN stay what they are
  }
  template <class V>
  static LAMINA_ALWAYS_INLINE void choose(const Mask& where, const V& yes, const V& no, V& chosen) {
#if LAMINA_TARGETED_PACKS
    if constexpr (targeted_bits == 512) return select_512(where.bits, yes, no, chosen);
#endif
    chosen = where.bits ? yes : no;
  }
};

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
