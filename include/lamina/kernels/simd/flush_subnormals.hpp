#pragma once
#include "lamina/core/macros.hpp"

#if LAMINA_X86
#include <xmmintrin.h>
#endif

namespace lamina::kernels {

/// For its lifetime, the calling thread's processor treats subnormal numbers as zero. Values that decay exponentially,
/// such as Adam's moving averages of a gradient that is always zero, become subnormal, and computing with subnormal
/// numbers takes a hundred times as long.
class FlushSubnormals {
 public:
#if LAMINA_X86
  FlushSubnormals() noexcept : before_(_mm_getcsr()) { _mm_setcsr(before_ | flush_results | take_for_zero); }
  ~FlushSubnormals() { _mm_setcsr(before_); }

 private:
  static constexpr unsigned flush_results = 0x8000, take_for_zero = 0x0040;
  unsigned before_;
#else
  FlushSubnormals() noexcept {}  // NOLINT: other processors are fast with them, or have no portable name for the mode
#endif

 public:
  FlushSubnormals(const FlushSubnormals&) = delete;
  FlushSubnormals& operator=(const FlushSubnormals&) = delete;
};

}  // namespace lamina::kernels
