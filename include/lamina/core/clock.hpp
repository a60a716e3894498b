#pragma once
#include <ctime>

// On MinGW the POSIX clock is in a library that not every variant links.
#if defined(CLOCK_MONOTONIC) && !defined(_WIN32)
#define LAMINA_HAS_MONOTONIC_CLOCK 1
#else
#define LAMINA_HAS_MONOTONIC_CLOCK 0
#include <chrono>
#endif

namespace lamina::detail {

/// Returns the seconds since an unspecified time, by a monotonic clock. Uses the system's clock if there is one,
/// because <chrono>, which includes calendars, takes long to compile.
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
