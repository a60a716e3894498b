#pragma once
#include <system_error>
#include <thread>
#include <utility>

#include "lamina/core/macros.hpp"

// WebAssembly has threads only if built with -pthread.
#if defined(__EMSCRIPTEN__) && !defined(__EMSCRIPTEN_PTHREADS__)
#define LAMINA_HAS_THREADS 0
#else
#define LAMINA_HAS_THREADS 1
#endif

namespace lamina::detail {

/// Starts a thread that runs `body`. Returns a thread that is not joinable if the system cannot start one; the caller
/// must then do its work.
template <class F>
std::thread start_thread([[maybe_unused]] F&& body) {
#if !LAMINA_HAS_THREADS
  return {};
#elif LAMINA_HAS_EXCEPTIONS
  try {
    return std::thread(std::forward<F>(body));
  } catch (const std::system_error&) {
    return {};
  }
#else
  return std::thread(std::forward<F>(body));
#endif
}

}  // namespace lamina::detail
