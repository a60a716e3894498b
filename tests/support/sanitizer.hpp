#pragma once
#include <lamina/core/macros.hpp>

// Whether the thread sanitizer is enabled, for g++ and clang.
#if defined(__SANITIZE_THREAD__)
#define LAMINA_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LAMINA_THREAD_SANITIZER 1
#endif
#endif
#ifndef LAMINA_THREAD_SANITIZER
#define LAMINA_THREAD_SANITIZER 0
#endif
