#pragma once
// The macros of lamina: compiler attributes that C++20 cannot express, each with a fallback.
//
// LAMINA_COLD marks functions that no training step, epoch or batch prediction runs: building, configurations, errors,
// texts, checks of options. They are optimized for size, which takes less time to compile.

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
// Puts an integer in a register: the compiler does not merge its load and store with those of adjacent variables.
#define LAMINA_KEEP_APART(value) __asm__("" : "+r"(value))
// In the body of a short loop over i: the compiler does not vectorize the loop.
#define LAMINA_ONE_BY_ONE(i) LAMINA_KEEP_APART(i)
// Before a loop over registers: the loop is fully unrolled at every optimization level.
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

// Vector types as a language extension. The kernels use them for explicit SIMD lanes, at every optimization level. A
// program that defines this as 0 gets kernels in standard C++ only, as with other compilers.
#if !defined(LAMINA_HAS_VECTOR_EXTENSION)
#if defined(__GNUC__) || defined(__clang__)
#define LAMINA_HAS_VECTOR_EXTENSION 1
#else
#define LAMINA_HAS_VECTOR_EXTENSION 0
#endif
#endif

#if defined(__x86_64__) || (defined(_M_X64) && !defined(_M_ARM64EC))
#define LAMINA_X86 1
#else
#define LAMINA_X86 0
#endif

// A build for plain x86-64 includes AVX2 and AVX-512 versions of its kernels and selects one at run time. A program
// that defines LAMINA_RUNTIME_ISA as 0 has only the version for its compiler flags, and compiles faster.
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

// 1 if the compiler may assume that no number is infinite or NaN, as under -ffinite-math-only.
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

// The equivalent of the CMake target `lamina::compiled`: define LAMINA_COMPILED in all files, and LAMINA_IMPLEMENTATION
// in one source file before it includes lamina.hpp. To compile the two scalar types in parallel, define
// LAMINA_INSTANTIATE_FLOAT in one source file and LAMINA_INSTANTIATE_DOUBLE in another instead.
#if defined(LAMINA_IMPLEMENTATION)
#if !defined(LAMINA_COMPILED)
#define LAMINA_COMPILED
#endif
#define LAMINA_INSTANTIATE_FLOAT
#define LAMINA_INSTANTIATE_DOUBLE
#endif

// Declares that the library `lamina::compiled` contains the instances of a template for float and double. Write it at
// the end of the header that defines the template. It is an explicit instantiation where LAMINA_INSTANTIATE_FLOAT or
// LAMINA_INSTANTIATE_DOUBLE is defined, `extern template` elsewhere, and nothing without LAMINA_COMPILED.
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

// Like the declarations above, for functions that instantiate every layer and take as long to compile as everything else
// together. With LAMINA_COMPILED_LAYERS defined, programs that create layers from configurations in several files compile
// these functions once.
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
