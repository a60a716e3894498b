#pragma once
#include <ctime>

#if !defined(CLOCK_MONOTONIC)
#include <chrono>
#endif

namespace lamina::detail {

/// Seconds since some moment, by a clock that nobody sets: the system's own where it has one, because <chrono>, with
/// its calendars, is much to read for every program.
inline double seconds_now() noexcept {
#if defined(CLOCK_MONOTONIC)
  std::timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
#else
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
#endif
}

}  // namespace lamina::detail
