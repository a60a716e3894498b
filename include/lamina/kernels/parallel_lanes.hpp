#pragma once
#include <type_traits>

#include "lamina/kernels/simd/instruction_set.hpp"
#include "lamina/kernels/threads.hpp"

namespace lamina::kernels {

namespace detail {
#if LAMINA_RUNTIME_ISA
template <class S, class Kernel>
LAMINA_TARGET_AVX512 LAMINA_FLATTEN void range_avx512(const void* kernel, Index begin, Index end) {
  const Kernel own = *static_cast<const Kernel*>(kernel);
  own(std::integral_constant<int, 64 / int{sizeof(S)}>{}, begin, end);
}
#if !LAMINA_COMPILED_FOR_AVX2
template <class S, class Kernel>
LAMINA_TARGET_AVX2 LAMINA_FLATTEN void range_avx2(const void* kernel, Index begin, Index end) {
  const Kernel own = *static_cast<const Kernel*>(kernel);
  own(std::integral_constant<int, 32 / int{sizeof(S)}>{}, begin, end);
}
#endif
#endif
template <class S, class Kernel>
LAMINA_FLATTEN void range_compiled(const void* kernel, Index begin, Index end) {
  const Kernel own = *static_cast<const Kernel*>(kernel);
  own(std::integral_constant<int, compiled_lanes<S>>{}, begin, end);
}
}  // namespace detail

/// `parallel_ranges` for an inner kernel: calls `kernel(width, begin, end)`, compiled for the machine's widest vectors,
/// for ranges that cover [0, count). The kernel is a LAMINA_INLINE_LAMBDA that should capture by value: each call works
/// on a copy of it, which stores cannot alias.
template <class S, class Kernel>
LAMINA_ALWAYS_INLINE void parallel_lanes(Index count, Index unit, Index least, const Kernel& kernel) {
  detail::RangeBody body{&kernel, &detail::range_compiled<S, Kernel>};
#if LAMINA_RUNTIME_ISA
  if (machine_isa == Isa::avx512) body.call = &detail::range_avx512<S, Kernel>;
#if !LAMINA_COMPILED_FOR_AVX2
  if (machine_isa == Isa::avx2) body.call = &detail::range_avx2<S, Kernel>;
#endif
#endif
  detail::run_ranges(count, unit, least, body);
}

}  // namespace lamina::kernels
