#pragma once
// The few macros of lamina: compiler attributes that C++20 has no spelling for, each with a fallback.
//
// LAMINA_COLD marks a function that neither a step or an epoch of training nor the prediction of a batch runs: building,
// configurations, errors, texts, checks of options. It is optimized for size, which takes less time to compile.

#if defined(__GNUC__) || defined(__clang__)
#define LAMINA_ALWAYS_INLINE inline __attribute__((always_inline))
#if defined(__clang__)
#define LAMINA_NOINLINE __attribute__((noinline))
#else
#define LAMINA_NOINLINE __attribute__((noinline, noclone))
#endif
#define LAMINA_COLD __attribute__((cold))
#define LAMINA_INLINE_LAMBDA __attribute__((always_inline))  // between a lambda's parameters and its body
#define LAMINA_RESTRICT __restrict__
#define LAMINA_FLATTEN __attribute__((flatten))
// An integer in a register of its own: the compiler does not merge its load and store with its neighbours'.
#define LAMINA_KEEP_APART(value) __asm__("" : "+r"(value))
// In the body of a loop over i that is short: the compiler makes no vectors of it.
#define LAMINA_ONE_BY_ONE(i) LAMINA_KEEP_APART(i)
// Before a loop over registers: whatever the optimization level, all of it is written out.
#define LAMINA_UNROLL _Pragma("GCC unroll 16")
#elif defined(_MSC_VER)
#define LAMINA_ALWAYS_INLINE __forceinline
#define LAMINA_NOINLINE __declspec(noinline)
#define LAMINA_COLD __declspec(noinline)
#define LAMINA_INLINE_LAMBDA
#define LAMINA_RESTRICT __restrict
#define LAMINA_FLATTEN
#define LAMINA_KEEP_APART(value) static_cast<void>(value)
#define LAMINA_ONE_BY_ONE(i) static_cast<void>(i)
#define LAMINA_UNROLL
#else
#define LAMINA_ALWAYS_INLINE inline
#define LAMINA_NOINLINE
#define LAMINA_COLD
#define LAMINA_INLINE_LAMBDA
#define LAMINA_RESTRICT
#define LAMINA_FLATTEN
#define LAMINA_KEEP_APART(value) static_cast<void>(value)
#define LAMINA_ONE_BY_ONE(i) static_cast<void>(i)
#define LAMINA_UNROLL
#endif

// Vectors as a language extension: the kernels write explicit lanes with them, whatever the optimization level. A program that
// defines this as 0 has kernels in standard C++ alone, as other compilers have.
#if !defined(LAMINA_HAS_VECTOR_EXTENSION)
#if defined(__GNUC__) || defined(__clang__)
#define LAMINA_HAS_VECTOR_EXTENSION 1
#else
#define LAMINA_HAS_VECTOR_EXTENSION 0
#endif
#endif

#if defined(__x86_64__) || defined(_M_X64)
#define LAMINA_X86 1
#else
#define LAMINA_X86 0
#endif

// A plain x86-64 build carries AVX2 and AVX-512 versions of its kernels and chooses when it runs. A program that defines
// LAMINA_RUNTIME_ISA as 0 has the version for its compiler's flags only, and compiles faster.
#if !defined(LAMINA_RUNTIME_ISA)
#if LAMINA_HAS_VECTOR_EXTENSION && defined(__x86_64__) && !defined(__AVX512F__)
#define LAMINA_RUNTIME_ISA 1
#else
#define LAMINA_RUNTIME_ISA 0
#endif
#elif LAMINA_RUNTIME_ISA && (!LAMINA_HAS_VECTOR_EXTENSION || !defined(__x86_64__))
#error \
    "LAMINA_RUNTIME_ISA is for x86-64 and compilers with vector extensions (g++, clang). Define it as 0, or not at all."
#endif

#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
#define LAMINA_HAS_EXCEPTIONS 1
#else
#define LAMINA_HAS_EXCEPTIONS 0
#endif

#if defined(__cpp_rtti) || defined(_CPPRTTI)
#define LAMINA_HAS_RTTI 1
#else
#define LAMINA_HAS_RTTI 0
#endif

// Whether compilers take it that no number is infinite or NaN, as -ffinite-math-only lets them.
#if (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) || defined(_M_FP_FAST)
#define LAMINA_FINITE_MATH 1
#else
#define LAMINA_FINITE_MATH 0
#endif

#if defined(__SANITIZE_ADDRESS__)
#define LAMINA_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LAMINA_ADDRESS_SANITIZER 1
#endif
#endif
#ifndef LAMINA_ADDRESS_SANITIZER
#define LAMINA_ADDRESS_SANITIZER 0
#endif

// What the target `lamina::compiled` does, without CMake: all files are compiled with LAMINA_COMPILED defined, and one source
// file defines LAMINA_IMPLEMENTATION before it includes lamina.hpp. To compile the two scalars side by side, define
// LAMINA_INSTANTIATE_FLOAT in one source file and LAMINA_INSTANTIATE_DOUBLE in another instead.
#if defined(LAMINA_IMPLEMENTATION)
#if !defined(LAMINA_COMPILED)
#define LAMINA_COMPILED
#endif
#define LAMINA_INSTANTIATE_FLOAT
#define LAMINA_INSTANTIATE_DOUBLE
#endif

// A template that the library `lamina::compiled` brings compiled, for float and double: declared so at the end of the
// header that defines it, and made where LAMINA_INSTANTIATE_FLOAT or LAMINA_INSTANTIATE_DOUBLE asks for it. Without
// that library (LAMINA_COMPILED is not defined) the two lines say nothing.
#if defined(LAMINA_COMPILED)
#if defined(LAMINA_INSTANTIATE_FLOAT)
#define LAMINA_FLOAT_TEMPLATE template
#else
#define LAMINA_FLOAT_TEMPLATE extern template
#endif
#if defined(LAMINA_INSTANTIATE_DOUBLE)
#define LAMINA_DOUBLE_TEMPLATE template
#else
#define LAMINA_DOUBLE_TEMPLATE extern template
#endif
#define LAMINA_COMPILED_CLASS(Name)        \
  LAMINA_FLOAT_TEMPLATE class Name<float>; \
  LAMINA_DOUBLE_TEMPLATE class Name<double>
#define LAMINA_COMPILED_FUNCTION(name)                     \
  LAMINA_FLOAT_TEMPLATE decltype(name<float>) name<float>; \
  LAMINA_DOUBLE_TEMPLATE decltype(name<double>) name<double>
#else
#define LAMINA_COMPILED_CLASS(Name) static_assert(true)
#define LAMINA_COMPILED_FUNCTION(name) static_assert(true)
#endif

// The same for what has every layer in it, which takes as long to compile as all else together: programs that make
// layers from configurations in several files have it compiled once, too, where LAMINA_COMPILED_LAYERS is defined.
#if defined(LAMINA_COMPILED_LAYERS)
#if defined(LAMINA_INSTANTIATE_LAYERS_FLOAT)
#define LAMINA_FLOAT_LAYERS template
#else
#define LAMINA_FLOAT_LAYERS extern template
#endif
#if defined(LAMINA_INSTANTIATE_LAYERS_DOUBLE)
#define LAMINA_DOUBLE_LAYERS template
#else
#define LAMINA_DOUBLE_LAYERS extern template
#endif
#define LAMINA_COMPILED_LAYERS_FUNCTION(name)            \
  LAMINA_FLOAT_LAYERS decltype(name<float>) name<float>; \
  LAMINA_DOUBLE_LAYERS decltype(name<double>) name<double>
#else
#define LAMINA_COMPILED_LAYERS_FUNCTION(name) static_assert(true)
#endif
