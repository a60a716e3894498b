#pragma once
#include <ctime>

// MinGW has the clock of POSIX in a library that not all of its kinds link.
#if defined(CLOCK_MONOTONIC) && !defined(_WIN32)
#define LAMINA_HAS_MONOTONIC_CLOCK 1
#else
#define LAMINA_HAS_MONOTONIC_CLOCK 0
#include <chrono>
#endif

namespace lamina::detail {

/// Seconds since some moment, by a clock that nobody sets: the system's own where it has one, because <chrono>, with
/// its calendars, is much to read for every program.
inline double seconds_now() noexcept {
#if LAMINA_HAS_MONOTONIC_CLOCK
  ::timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
#else
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
#endif
}

}  // namespace lamina::detail
