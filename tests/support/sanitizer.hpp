#pragma once
#include <lamina/core/macros.hpp>

// Whether the thread and the address sanitizer are enabled, for g++ and clang.
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
