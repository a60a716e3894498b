#pragma once
#include <atomic>
#include <utility>
#include <version>

#if defined(__cpp_lib_jthread)
#include <stop_token>
#endif

namespace lamina {

/// A condition that ends `fit`, `evaluate` or `predict` early: a `std::stop_token`, or a `std::atomic<bool>` that
/// becomes true. Default: never. It is checked between batches; the current batch is completed.
///
/// Another thread can set either. A signal handler can only store to a `std::atomic<bool>`:
/// `std::stop_source::request_stop` is not async-signal-safe. If the standard library has no std::stop_token
/// (`__cpp_lib_jthread` is undefined), only the flag is available.
///
///     std::atomic<bool> stop = false;                          // a global variable, for a signal handler
///     std::signal(SIGINT, [](int) { stop = true; });
///     model.fit(x, y, {.epochs = 1000, .stop = stop});
class StopCondition {
 public:
  /// Never stops.
  StopCondition() noexcept = default;
  /// Stops if the flag is true. The flag must outlive the call of `fit`, `evaluate` or `predict`.
  StopCondition(const std::atomic<bool>& flag) noexcept : flag_(&flag) {}  // NOLINT
  StopCondition(const std::atomic<bool>&&) = delete;
#if defined(__cpp_lib_jthread)
  /// Stops if a stop of the token is requested.
  StopCondition(std::stop_token token) noexcept : token_(std::move(token)) {}  // NOLINT
#endif

  /// Returns whether a stop can be requested.
  bool possible() const noexcept {
#if defined(__cpp_lib_jthread)
    return flag_ != nullptr || token_.stop_possible();
#else
    return flag_ != nullptr;
#endif
  }
  /// Returns whether a stop was requested.
  bool requested() const noexcept {
    if (flag_ != nullptr && flag_->load(std::memory_order_acquire)) return true;
#if defined(__cpp_lib_jthread)
    return token_.stop_requested();
#else
    return false;
#endif
  }

 private:
  const std::atomic<bool>* flag_ = nullptr;
#if defined(__cpp_lib_jthread)
  std::stop_token token_;
#endif
};

}  // namespace lamina
