#pragma once
#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <type_traits>

#include "lamina/core/environment.hpp"
#include "lamina/core/macros.hpp"

// The instruction sets for which kernels are compiled, and the selection at run time.

#if LAMINA_RUNTIME_ISA
#define LAMINA_TARGET_AVX2 __attribute__((target("avx2,fma")))
#define LAMINA_TARGET_AVX512 __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma")))
#endif

namespace lamina::kernels {

// 1 if the whole program is compiled for AVX2, which is then the least that `with_lanes` selects.
#if defined(__AVX2__) && defined(__FMA__)
#define LAMINA_COMPILED_FOR_AVX2 1
#else
#define LAMINA_COMPILED_FOR_AVX2 0
#endif

/// The instruction sets for which kernels are compiled.
enum class Isa { baseline, avx2, avx512 };

#if LAMINA_RUNTIME_ISA
namespace detail {
/// Returns the best instruction set that the processor has and the operating system enables, by CPUID and XGETBV.
LAMINA_COLD inline Isa isa_by_cpuid() {
  struct Registers {
    std::uint32_t a = 0, b = 0, c = 0, d = 0;
  };
  const auto cpuid = [](std::uint32_t leaf) {
    Registers r;
    __asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(0));
    return r;
  };
  const auto has_bits = [](std::uint32_t value, std::initializer_list<int> bits) {
    return std::all_of(bits.begin(), bits.end(), [value](int bit) { return (value >> bit & 1U) != 0; });
  };
  constexpr int fma = 12, xsave_enabled = 27, avx = 28;                               // leaf 1, ECX
  constexpr int avx2 = 5, avx512f = 16, avx512dq = 17, avx512bw = 30, avx512vl = 31;  // leaf 7, EBX
  if (cpuid(0).a < 7 || !has_bits(cpuid(1).c, {fma, xsave_enabled, avx})) return Isa::baseline;
  Registers state;  // the registers that the operating system saves: bits 1 and 2 for AVX, 5 to 7 for AVX-512
  __asm__ volatile("xgetbv" : "=a"(state.a), "=d"(state.d) : "c"(0));
  const std::uint32_t features = cpuid(7).b;
  if (!has_bits(state.a, {1, 2}) || !has_bits(features, {avx2})) return Isa::baseline;
  const bool wide = has_bits(state.a, {5, 6, 7}) && has_bits(features, {avx512f, avx512dq, avx512bw, avx512vl});
  return wide ? Isa::avx512 : Isa::avx2;
}
}  // namespace detail

/// Returns the best instruction set of this machine. The environment variable LAMINA_ISA can select a lesser one.
LAMINA_COLD inline Isa detect_isa() {
#if defined(_MSC_VER)  // clang-cl does not link the library that __builtin_cpu_supports needs
  const Isa best = detail::isa_by_cpuid();
#else
  Isa best = Isa::baseline;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) best = Isa::avx2;
  if (best == Isa::avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
    best = Isa::avx512;
#endif
  // LAMINA_ISA selects a lesser instruction set, for comparisons, and to test all versions on one machine.
  const int wanted =
      lamina::detail::environment_choice("LAMINA_ISA", {"baseline", "avx2", "avx512"}, static_cast<int>(best));
  return (std::min)(best, static_cast<Isa>(wanted));
}
/// The instruction set that kernels use.
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

/// The number of lanes of S in a vector of the instruction set for which the whole program is compiled.
template <class S>
inline constexpr int compiled_lanes =
#if !LAMINA_HAS_VECTOR_EXTENSION
    1;
#elif defined(__AVX512F__)
    64 / int{sizeof(S)};
#elif defined(__AVX__)
    32 / int{sizeof(S)};
#else
    16 / int{sizeof(S)};
#endif

/// Calls the version for that instruction set. It is never inlined, like the others: an inner kernel that is inlined
/// into its driver has fewer registers (15 % of the speed of a matrix product with g++).
template <class S, class Kernel>
LAMINA_NOINLINE LAMINA_FLATTEN void run_compiled(const Kernel& kernel) {
  kernel(std::integral_constant<int, compiled_lanes<S>>{});
}

/// Calls `kernel(width)`. The kernel is compiled for every instruction set, and the version for the machine's widest
/// vectors is called. `width` is an integral constant, the number of lanes of S.
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

/// The number of lanes for which `with_lanes` calls kernels on this machine.
template <class S>
int machine_lanes() noexcept {
#if LAMINA_RUNTIME_ISA
  if (machine_isa == Isa::avx512) return 64 / int{sizeof(S)};
  if (machine_isa == Isa::avx2) return 32 / int{sizeof(S)};
#endif
  return compiled_lanes<S>;
}

}  // namespace lamina::kernels
