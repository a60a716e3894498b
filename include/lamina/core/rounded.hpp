#pragma once
#include <cfloat>

#include "lamina/core/macros.hpp"

// Whether arithmetic may differ from what is written: -ffast-math and its parts let compilers regroup sums and
// products, and x87 registers hold more digits than their types have. clang, and g++ before 12, name no macro for the
// parts.
#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(_M_FP_FAST) || \
    (defined(FLT_EVAL_METHOD) && FLT_EVAL_METHOD != 0)
#define LAMINA_LOOSE_MATH 1
#elif (defined(__clang__) || (defined(__GNUC__) && __GNUC__ < 12)) && (LAMINA_X86 || defined(__aarch64__))
#define LAMINA_LOOSE_MATH 1
#else
#define LAMINA_LOOSE_MATH 0
#endif

// A builtin that regrouping does not pass. It costs nothing where nothing is regrouped.
#if defined(__clang__) && LAMINA_X86 && defined(__has_builtin)
#if __has_builtin(__arithmetic_fence)
#define LAMINA_HAS_ARITHMETIC_FENCE 1
#endif
#endif
#ifndef LAMINA_HAS_ARITHMETIC_FENCE
#define LAMINA_HAS_ARITHMETIC_FENCE 0
#endif

namespace lamina::detail {

/// `value`, a number or a vector that fits a register, of which the compiler knows nothing from here on. An instruction
/// is not needed for it where a floating-point register holds the value.
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

/// `value` as its type holds it, computed by itself: it is not regrouped with what follows, and no digits are left that
/// the type does not have. For arithmetic whose rounding is what it is for, as in (x + 2^52) - 2^52.
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
