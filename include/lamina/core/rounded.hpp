#pragma once
#include <cfloat>

#include "lamina/core/macros.hpp"

// 1 if computed values may differ from the arithmetic as written: -ffast-math and its parts allow compilers to
// reassociate sums and products, and x87 registers have excess precision. clang, and g++ before 12, define no macros
// for those parts.
#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(_M_FP_FAST) || \
    (defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0)
#define LAMINA_LOOSE_MATH 1
#elif (defined(__clang__) || (defined(__GNUC__) && __GNUC__ < 12)) && (LAMINA_X86 || defined(__aarch64__))
#define LAMINA_LOOSE_MATH 1
#else
#define LAMINA_LOOSE_MATH 0
#endif

// A builtin that prevents reassociation across it. It costs nothing without -ffast-math.
#if defined(__clang__) && LAMINA_X86 && defined(__has_builtin)
#if __has_builtin(__arithmetic_fence)
#define LAMINA_HAS_ARITHMETIC_FENCE 1
#endif
#endif
#ifndef LAMINA_HAS_ARITHMETIC_FENCE
#define LAMINA_HAS_ARITHMETIC_FENCE 0
#endif

namespace lamina::detail {

/// Hides how `value`, a number or a vector that fits a register, was computed from the compiler. Takes no instruction
/// if the value is in a floating-point register.
template <class T>
LAMINA_ALWAYS_INLINE void hide(T& value) {
#if LAMINA_X86 && LAMINA_HAS_VECTOR_EXTENSION
  __asm__("" : "+x"(value));
#elif defined(__aarch64__) && LAMINA_HAS_VECTOR_EXTENSION
  __asm__("" : "+w"(value));
#elif LAMINA_HAS_VECTOR_EXTENSION
  __asm__("" : "+m"(value));
#else
  volatile T stored = value;
  value = stored;
#endif
}

/// Returns `value` rounded to its type: it is not reassociated with later arithmetic, and has no excess precision. For
/// arithmetic that relies on rounding, as in (x + 2^52) - 2^52.
template <class T>
LAMINA_ALWAYS_INLINE T rounded(T value) {
#if LAMINA_HAS_ARITHMETIC_FENCE
  return __arithmetic_fence(value);
#elif LAMINA_LOOSE_MATH
  hide(value);
#endif
  return value;
}

}  // namespace lamina::detail
