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

/// The vector types of N lanes, by the vector extension of the compiler; plain numbers for one lane.
template <class S, int N>
struct Lanes {
#if LAMINA_HAS_VECTOR_EXTENSION
  using Integer = std::conditional_t<sizeof(S) == 4, std::int32_t, std::int64_t>;              ///< Of a lane's size.
  typedef S Values __attribute__((vector_size(N * sizeof(S))));                                ///< N numbers.
  typedef Integer Integers __attribute__((vector_size(N * sizeof(S))));                        ///< N integers.
  typedef std::make_unsigned_t<Integer> Wrapping __attribute__((vector_size(N * sizeof(S))));  ///< N unsigned integers.
#else
  static_assert(N == 1, "without the vector extension a pack has one lane, for the compiler's vectorizer");
#endif
};
/// The types of one lane.
template <class S>
struct Lanes<S, 1> {
  using Values = S;                                                                 ///< The number.
  using Integers = std::conditional_t<sizeof(S) == 4, std::int32_t, std::int64_t>;  ///< An integer of the same size.
  using Wrapping = std::make_unsigned_t<Integers>;  ///< An unsigned integer of the same size.
};

// g++ lowers vector operations that the target of a function lacks before the function is inlined into `run_avx512` or
// `run_avx2`: a broadcast becomes one store per lane, and a comparison, whose masks differ from those of AVX-512, is
// split into scalars. So these operations, for wide packs, are functions with the targets of `run_avx512` and
// `run_avx2`. They are inlined there if everything between is inlined first. Operands are passed by reference, because
// functions with different targets pass vectors differently.
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

/// N numbers, the lanes, with element-wise operations. Its functions are inlined into the function that `with_lanes`
/// calls.
template <class S, int N>
struct Pack {
  using Values = typename Lanes<S, N>::Values;                                     ///< The vector type.
  using Integers = typename Lanes<S, N>::Integers;                                 ///< The vector of integers.
  using Integer = std::conditional_t<sizeof(S) == 4, std::int32_t, std::int64_t>;  ///< An integer of a lane's size.
  static constexpr int width = N;                                                  ///< The number of lanes.
#if LAMINA_TARGETED_PACKS
  static constexpr int targeted_bits = N > 1 ? 8 * N* static_cast<int>(sizeof(S)) : 0;
#endif

  Values v;  ///< The lanes.

  /// A pack with `value` in every lane.
#if LAMINA_FINITE_MATH
  static LAMINA_ALWAYS_INLINE Pack splat(const S& value) { return of_bits(lamina::detail::bit_cast<Integer>(value)); }
#else
  /// A pack with `value` in every lane.
  static LAMINA_ALWAYS_INLINE Pack splat(S value) {
    Pack all;
    broadcast(value, all.v);
    return all;
  }
#endif
  /// A pack with the number that has these bits in every lane.
  static LAMINA_ALWAYS_INLINE Pack of_bits(Integer bits) {
    Bits all;
    broadcast(bits, all.i);
    return from_bits(all);
  }
  static LAMINA_ALWAYS_INLINE Pack infinity() { return of_bits(infinity_bits); }  ///< Infinity in every lane.
  /// -infinity in every lane.
  static LAMINA_ALWAYS_INLINE Pack minus_infinity() {
    return of_bits(static_cast<Integer>(infinity_bits | (std::numeric_limits<Integer>::min)()));
  }
  /// NaN in every lane.
  static LAMINA_ALWAYS_INLINE Pack nan() {
    return of_bits(lamina::detail::bit_cast<Integer>(std::numeric_limits<S>::quiet_NaN()));
  }
  /// The bits of infinity.
  static constexpr Integer infinity_bits = lamina::detail::bit_cast<Integer>(std::numeric_limits<S>::infinity());
  ///@{
  /// Element-wise arithmetic.
  friend LAMINA_ALWAYS_INLINE Pack operator+(const Pack& a, const Pack& b) { return {a.v + b.v}; }
  friend LAMINA_ALWAYS_INLINE Pack operator-(const Pack& a, const Pack& b) { return {a.v - b.v}; }
  friend LAMINA_ALWAYS_INLINE Pack operator*(const Pack& a, const Pack& b) { return {a.v * b.v}; }
  friend LAMINA_ALWAYS_INLINE Pack operator/(const Pack& a, const Pack& b) { return {a.v / b.v}; }
  friend LAMINA_ALWAYS_INLINE Pack operator-(const Pack& a) { return {-a.v}; }
  /// a b + c, element-wise; fused if the target has the instruction.
  friend LAMINA_ALWAYS_INLINE Pack fma(const Pack& a, const Pack& b, const Pack& c) { return {a.v * b.v + c.v}; }
  ///@}
  /// The result of a comparison: all bits of a lane are set if it is true, none otherwise.
  struct Mask {
    Integers bits;  ///< The bits of all lanes.
    ///@{
    /// Lane-wise logical operation.
    friend LAMINA_ALWAYS_INLINE Mask operator&(const Mask& a, const Mask& b) { return {a.bits & b.bits}; }
    friend LAMINA_ALWAYS_INLINE Mask operator|(const Mask& a, const Mask& b) { return {a.bits | b.bits}; }
    ///@}
  };
  ///@{
  /// Element-wise comparison. False if a or b is NaN.
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
  ///@}
  /// where ? yes : no for each lane.
  friend LAMINA_ALWAYS_INLINE Pack select(const Mask& where, const Pack& yes, const Pack& no) {
#if LAMINA_FINITE_MATH  // `yes` or `no` may be infinite or NaN, for which compilers may then remove the selection
    Bits chosen;
    choose(where, yes.bits().i, no.bits().i, chosen.i);
    return from_bits(chosen);
#else
    Pack chosen;
    choose(where, yes.v, no.v, chosen.v);
    return chosen;
#endif
  }
  /// The lanes that are not NaN.
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
  /// The lanes that are positive infinity.
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
  /// The bits of the lanes, for integer arithmetic that wraps around.
  struct Bits {
    using Wrapping = typename Lanes<S, N>::Wrapping;  ///< Unsigned vector.
    using Unsigned = std::make_unsigned_t<Integer>;   ///< Unsigned integer of a lane's size.
    Integers i;                                       ///< The bits of all lanes.
    ///@{
    /// Element-wise integer operation with the same operand for all lanes.
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
    ///@}
  };
  /// The bits of the lanes.
  LAMINA_ALWAYS_INLINE Bits bits() const {
    Bits b;
    std::memcpy(&b.i, &v, sizeof v);
    return b;
  }
  /// The pack with these bits.
  static LAMINA_ALWAYS_INLINE Pack from_bits(const Bits& b) {
    Pack p;
    std::memcpy(&p.v, &b.i, sizeof p.v);
    return p;
  }

  /// Loads N elements, which need not be aligned.
#if LAMINA_HAS_VECTOR_EXTENSION && defined(__aarch64__) && !defined(__clang__)
  // g++ for ARM takes a memcpy of a vector for one of a pair of integers, which it keeps in general registers or on the stack.
  typedef Values InMemory __attribute__((aligned(alignof(S)), may_alias));
  static LAMINA_ALWAYS_INLINE Pack load(const S* from) { return {*reinterpret_cast<const InMemory*>(from)}; }
  LAMINA_ALWAYS_INLINE void store(S* to) const { *reinterpret_cast<InMemory*>(to) = v; }
#else
  static LAMINA_ALWAYS_INLINE Pack load(const S* from) {
    Pack p;
    std::memcpy(&p.v, from, sizeof p.v);
    return p;
  }
  LAMINA_ALWAYS_INLINE void store(S* to) const { std::memcpy(to, &v, sizeof v); }  ///< Stores N elements, unaligned.
#endif
  /// Loads `count` < N elements; the other lanes are zero.
  static LAMINA_ALWAYS_INLINE Pack load_part(const S* from, Index count) {
    S lanes[std::size_t{N}];
    splat(S(0)).store(lanes);
    for (Index i = 0; i < count; ++i) {
      LAMINA_ONE_BY_ONE(i);
      lanes[i] = from[i];
    }
    return load(lanes);
  }
  /// Stores the first `count` < N lanes.
  LAMINA_ALWAYS_INLINE void store_part(S* to, Index count) const {
    S lanes[std::size_t{N}];
    store(lanes);
    for (Index i = 0; i < count; ++i) {
      LAMINA_ONE_BY_ONE(i);
      to[i] = lanes[i];
    }
  }

  ///@{
  /// The operation with a number for all lanes.
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
  ///@}

 private:
  // Vectors are returned by reference: how they are returned by value depends on the instruction set.
  template <class T, class V>
  static LAMINA_ALWAYS_INLINE void broadcast(T value, V& all) {
#if LAMINA_TARGETED_PACKS
    if constexpr (targeted_bits == 512) return broadcast_512(value, all);
    if constexpr (targeted_bits == 256) return broadcast_256(value, all);
#endif
    all = value - V{};  // preserves -0 and NaN
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
