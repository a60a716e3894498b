#pragma once
#include "lamina/core/macros.hpp"

#if LAMINA_X86
#include <xmmintrin.h>
#endif

namespace lamina::kernels {

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
