#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

#include "lamina/core/environment.hpp"
#include "lamina/core/macros.hpp"
#include "lamina/core/rounded.hpp"
#include "lamina/core/shape.hpp"

#if LAMINA_X86
#include <xmmintrin.h>
#endif

// Explicit lanes. A kernel is a driver and an inner kernel. The driver splits the work over threads, walks over
// windows, rows or blocks, and is compiled once. The inner kernel is the loop over elements: it is written once, for a
// `Pack` of any width, and `with_lanes` compiles it for every instruction set and calls the version for the widest
// vectors of the machine. So a driver calls `with_lanes` around its innermost loops only, and often enough to amortize
// the call: once for a line, a row or a block.
//
// All of an inner kernel must be inlined into the function that carries the instruction set. Its functions are
// LAMINA_ALWAYS_INLINE and its lambdas LAMINA_INLINE_LAMBDA, all of them, and it computes with `InnerPack`. A function
// that is not is compiled for the instruction set of the whole program, which is correct and slow.

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

#if LAMINA_RUNTIME_ISA
#define LAMINA_TARGET_AVX2 __attribute__((target("avx2,fma")))
#define LAMINA_TARGET_AVX512 __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma")))
#endif

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

/// N numbers that are computed with at once. Inner: of an inner kernel, all of which is inlined.
template <class S, int N, bool Inner = false>
struct Pack {
  using Values = typename Lanes<S, N>::Values;
  using Integers = typename Lanes<S, N>::Integers;
  using Integer = std::conditional_t<sizeof(S) == 4, std::int32_t, std::int64_t>;
  static constexpr int width = N;
#if LAMINA_TARGETED_PACKS
  static constexpr int targeted_bits = Inner && N > 1 ? 8 * N* static_cast<int>(sizeof(S)) : 0;
#endif

  Values v;

#if LAMINA_FINITE_MATH
  static LAMINA_ALWAYS_INLINE Pack splat(const S& value) { return of_bits(std::bit_cast<Integer>(value)); }
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
    return of_bits(std::bit_cast<Integer>(std::numeric_limits<S>::quiet_NaN()));
  }
  static constexpr Integer infinity_bits = std::bit_cast<Integer>(std::numeric_limits<S>::infinity());
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
  /// The first `count` lanes; the others are zero.
  static LAMINA_ALWAYS_INLINE Pack load_part(const S* from, Index count) {
    S lanes[std::size_t{N}];
    for (int i = 0; i < N; ++i) lanes[i] = i < count ? from[i] : S(0);
    return load(lanes);
  }
  LAMINA_ALWAYS_INLINE void store_part(S* to, Index count) const {
    S lanes[std::size_t{N}];
    store(lanes);
    for (int i = 0; i < N; ++i)
      if (i < count) to[i] = lanes[i];
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

template <class S, int N>
using InnerPack = Pack<S, N, true>;

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
template <class S, int N, bool Inner>
LAMINA_ALWAYS_INLINE void hide(Pack<S, N, Inner>& x) {
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

/// The same numbers, computed by themselves: see lamina::detail::rounded.
template <class S, int N, bool Inner>
LAMINA_ALWAYS_INLINE Pack<S, N, Inner> rounded(const Pack<S, N, Inner>& x) {
#if LAMINA_HAS_ARITHMETIC_FENCE
  return {__arithmetic_fence(x.v)};
#elif LAMINA_LOOSE_MATH
  Pack<S, N, Inner> y = x;
  detail::hide(y);
  return y;
#else
  return x;
#endif
}

/// The same numbers, of which the compiler does not know that they are. Where it takes it that no number is NaN, the
/// branch in which x == 0 is compiled for 0, though NaN may take it; what is tested for NaN must be a copy from before.
template <class S, int N, bool Inner>
LAMINA_ALWAYS_INLINE Pack<S, N, Inner> opaque(const Pack<S, N, Inner>& x) {
#if LAMINA_FINITE_MATH
  Pack<S, N, Inner> y = x;
  detail::hide(y);
  return y;
#else
  return x;
#endif
}

/// max and min as in `a > b ? a : b`: where one of them is not a number, the second is the result.
template <class S, int N, bool Inner>
LAMINA_ALWAYS_INLINE Pack<S, N, Inner> maximum(const Pack<S, N, Inner>& a, const Pack<S, N, Inner>& b) {
  return select(a > b, a, b);
}
template <class S, int N, bool Inner>
LAMINA_ALWAYS_INLINE Pack<S, N, Inner> minimum(const Pack<S, N, Inner>& a, const Pack<S, N, Inner>& b) {
  return select(a < b, a, b);
}
/// The same where NaN is the result if one of them is NaN.
template <class S, int N, bool Inner>
LAMINA_ALWAYS_INLINE Pack<S, N, Inner> maximum_or_nan(const Pack<S, N, Inner>& a, const Pack<S, N, Inner>& b) {
  const Pack<S, N, Inner> given_a = opaque(a), y = select(is_number(given_a), maximum(a, b), given_a);
#if LAMINA_FINITE_MATH  // which of the two a comparison with NaN gives is not known then
  const Pack<S, N, Inner> given_b = opaque(b);
  return select(is_number(given_b), y, given_b);
#else
  return y;
#endif
}
template <class S, int N, bool Inner>
LAMINA_ALWAYS_INLINE Pack<S, N, Inner> minimum_or_nan(const Pack<S, N, Inner>& a, const Pack<S, N, Inner>& b) {
  const Pack<S, N, Inner> given_a = opaque(a), y = select(is_number(given_a), minimum(a, b), given_a);
#if LAMINA_FINITE_MATH
  const Pack<S, N, Inner> given_b = opaque(b);
  return select(is_number(given_b), y, given_b);
#else
  return y;
#endif
}
template <class S, int N, bool Inner>
LAMINA_ALWAYS_INLINE Pack<S, N, Inner> abs(const Pack<S, N, Inner>& a) {
  using Integer = typename Pack<S, N, Inner>::Integer;
  return Pack<S, N, Inner>::from_bits(a.bits() & (std::numeric_limits<Integer>::max)());
}
/// The sum of all lanes, always added in the same tree: halves, as registers are cut (a loop over the lanes would go
/// through memory).
template <class S, int N, bool Inner>
LAMINA_ALWAYS_INLINE S sum_lanes(const Pack<S, N, Inner>& a) {
  if constexpr (N == 1) {
    return a.v;
  } else {
    Pack<S, N / 2, Inner> low, high;
    std::memcpy(&low.v, &a.v, sizeof low.v);
    std::memcpy(&high.v, reinterpret_cast<const char*>(&a.v) + sizeof low.v, sizeof high.v);
    return sum_lanes(low + high);
  }
}

// Whether the whole program is compiled for AVX2: then that is the least that `with_lanes` chooses.
#if defined(__AVX2__) && defined(__FMA__)
#define LAMINA_COMPILED_FOR_AVX2 1
#else
#define LAMINA_COMPILED_FOR_AVX2 0
#endif

/// The instruction sets that kernels are compiled for.
enum class Isa { baseline, avx2, avx512 };

#if LAMINA_RUNTIME_ISA
inline Isa detect_isa() {
  Isa best = Isa::baseline;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) best = Isa::avx2;
  if (best == Isa::avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
    best = Isa::avx512;
  // LAMINA_ISA asks for less than the machine has: to compare, and to test every version on one machine.
  const int wanted =
      lamina::detail::environment_choice("LAMINA_ISA", {"baseline", "avx2", "avx512"}, static_cast<int>(best));
  return (std::min)(best, static_cast<Isa>(wanted));
}
inline const Isa machine_isa = detect_isa();

template <class S, class Kernel>
LAMINA_TARGET_AVX512 LAMINA_NOINLINE LAMINA_FLATTEN void run_avx512(const Kernel& kernel) {
  kernel(std::integral_constant<int, 64 / int{sizeof(S)}>{});
}
#if !LAMINA_COMPILED_FOR_AVX2
template <class S, class Kernel>
LAMINA_TARGET_AVX2 LAMINA_NOINLINE LAMINA_FLATTEN void run_avx2(const Kernel& kernel) {
  kernel(std::integral_constant<int, 32 / int{sizeof(S)}>{});
}
#endif
#endif

/// Calls `kernel(width)`, the width an integral constant: how many lanes of S the compiler was told of. For light work,
/// which waits for memory whatever the width.
template <class S, class Kernel>
LAMINA_ALWAYS_INLINE void with_compiled_lanes(const Kernel& kernel) {
#if !LAMINA_HAS_VECTOR_EXTENSION
  constexpr int bytes = sizeof(S);
#elif defined(__AVX512F__)
  constexpr int bytes = 64;
#elif defined(__AVX__)
  constexpr int bytes = 32;
#else
  constexpr int bytes = 16;
#endif
  kernel(std::integral_constant<int, bytes / int{sizeof(S)}>{});
}

/// The version for what the compiler was told of. Like the others it is a function of its own in every build: inlined
/// into its driver, an inner kernel loses registers to it (15 % of a product's speed with g++).
template <class S, class Kernel>
LAMINA_NOINLINE LAMINA_FLATTEN void run_compiled(const Kernel& kernel) {
  with_compiled_lanes<S>(kernel);
}

/// The same with as many lanes as the machine has: for heavy work, which is compiled for every instruction set.
template <class S, class Kernel>
LAMINA_ALWAYS_INLINE void with_lanes(const Kernel& kernel) {
#if LAMINA_RUNTIME_ISA
  if (machine_isa == Isa::avx512) return run_avx512<S>(kernel);
#if !LAMINA_COMPILED_FOR_AVX2
  if (machine_isa == Isa::avx2) return run_avx2<S>(kernel);
#endif
#endif
  run_compiled<S>(kernel);
}

/// The number of lanes that `with_lanes` calls kernels with on this machine.
template <class S>
int machine_lanes() noexcept {
  int lanes = 0;
#if LAMINA_RUNTIME_ISA
  if (machine_isa == Isa::avx512) lanes = 64 / int{sizeof(S)};
  if (machine_isa == Isa::avx2) lanes = 32 / int{sizeof(S)};
  if (lanes != 0) return lanes;
#endif
  with_compiled_lanes<S>([&](auto width) { lanes = decltype(width)::value; });
  return lanes;
}

/// While it lives, this thread's processor takes subnormal numbers for zero. What decays for ever, such as Adam's
/// running mean of a gradient that is always zero, ends in them, and they take a hundred times as long to compute with.
class FlushSubnormals {
 public:
#if LAMINA_X86
  FlushSubnormals() noexcept : before_(_mm_getcsr()) { _mm_setcsr(before_ | flush_results | take_for_zero); }
  ~FlushSubnormals() { _mm_setcsr(before_); }

 private:
  static constexpr unsigned flush_results = 0x8000, take_for_zero = 0x0040;
  unsigned before_;
#else
  FlushSubnormals() noexcept {}  // NOLINT: elsewhere they cost little, or the mode has no portable name
#endif

 public:
  FlushSubnormals(const FlushSubnormals&) = delete;
  FlushSubnormals& operator=(const FlushSubnormals&) = delete;
};

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
