#pragma once
#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "lamina/core/error.hpp"
#include "lamina/core/macros.hpp"

namespace lamina {

namespace kernels {

/// The work of a parallel loop: part `part` of `parts`.
using Work = void (*)(const void* context, int part, int parts);
/// The largest number of parts of a parallel loop.
inline constexpr int most_parts = 256;

/// Keeps the first exception that a part of a parallel loop throws, for the thread that started the loop.
class FirstException {
 public:
  /// Calls `call()`, unless an earlier call has thrown.
  template <class Call>
  LAMINA_ALWAYS_INLINE void guard(const Call& call) noexcept {
#if LAMINA_HAS_EXCEPTIONS
    if (thrown_.load(std::memory_order_relaxed)) [[unlikely]]
      return;
    try {
      call();
    } catch (...) {
      keep(std::current_exception());
    }
#else
    call();
#endif
  }
  /// Returns the exception, null if there is none, and forgets it. Every call must have returned.
  std::exception_ptr take() noexcept {
    if (!thrown_.load(std::memory_order_relaxed)) [[likely]]
      return nullptr;
    thrown_.store(false, std::memory_order_relaxed);
    return std::exchange(exception_, nullptr);
  }

 private:
  LAMINA_COLD void keep(std::exception_ptr exception) noexcept {
    if (!thrown_.exchange(true, std::memory_order_relaxed)) exception_ = std::move(exception);
  }
  std::atomic<bool> thrown_{false};
  std::exception_ptr exception_;
};

/// A parallel loop that the program's own threads run, see `set_parallel_for`.
class ProgramLoop {
 public:
  ProgramLoop(Work work, const void* context, int parts) noexcept : work_(work), context_(context), parts_(parts) {}

  /// Runs one part. Exceptions, and calls for a part that is out of range or was run before, are kept for `finish`.
  void run(int part) noexcept {
    exception_.guard([&] {
      claim(part);
      struct Inside {
        bool before = std::exchange(inside(), true);
        ~Inside() { inside() = before; }
      } inside_a_part;
      work_(context_, part, parts_);
    });
    finished_.fetch_add(1, std::memory_order_acq_rel);
  }
  /// After the last part: throws what a part has thrown, or StateError if parts were not run.
  void finish() {
    const int finished = finished_.load(std::memory_order_acquire);
    if (std::exception_ptr exception = exception_.take()) std::rethrow_exception(std::move(exception));
    if (finished != parts_) [[unlikely]]
      raise<StateError>("set_parallel_for: the function returned when body had been called for ", finished, " of ",
                        parts_, " indices. It must call body for every index in [0, count) and wait for all calls.");
  }
  /// Whether the calling thread runs a part. Loops that begin there stay on it: a pool whose threads all wait for the
  /// end of loops would never run them.
  static bool& inside() noexcept {
    static constinit thread_local bool running = false;
    return running;
  }

 private:
  void claim(int part) {
    if (part < 0 || part >= parts_) [[unlikely]]
      raise<ValueError>("set_parallel_for: the function called body(", part, "). Expected an index in [0, ", parts_,
                        ").");
    const std::uint64_t bit = std::uint64_t{1} << (part % 64);
    if ((started_[part / 64].fetch_or(bit, std::memory_order_relaxed) & bit) != 0) [[unlikely]]
      raise<ValueError>("set_parallel_for: the function called body(", part, ") twice. Expected one call per index.");
  }

  Work work_;
  const void* context_;
  int parts_;
  std::atomic<int> finished_{0};
  std::atomic<std::uint64_t> started_[most_parts / 64] = {};  // a bit for each part
  FirstException exception_;
};

}  // namespace kernels

/// The body of a parallel loop, as the function of `set_parallel_for` receives it. `body(i)` computes range i. A copy
/// refers to the same loop. It must not be called after the function has returned.
class ParallelBody {
 public:
  /// The body of this loop, which lamina makes.
  explicit ParallelBody(kernels::ProgramLoop& loop) noexcept : loop_(&loop) {}
  /// Computes range i, on the calling thread. Throws nothing: an exception is thrown where the loop was started.
  void operator()(int i) const noexcept { loop_->run(i); }

 private:
  kernels::ProgramLoop* loop_;
};

/// Calls `body(i)` once for every i in [0, count), in any order, on any threads, and returns when all calls have
/// returned. See `set_parallel_for`.
using ParallelFor = std::function<void(int count, const ParallelBody& body)>;

namespace kernels {

/// The function of `set_parallel_for`.
class ProgramThreads {
 public:
  bool are_set() const noexcept { return set_.load(std::memory_order_acquire); }
  void set(ParallelFor function) {
    auto owned = function ? std::make_shared<const ParallelFor>(std::move(function)) : nullptr;
    const std::lock_guard lock(mutex_);
    set_.store(owned != nullptr, std::memory_order_release);
    function_.swap(owned);
  }
  /// Runs every part. The function stays alive until then, whatever is set meanwhile.
  LAMINA_NOINLINE void run(int parts, Work work, const void* context) {
    std::shared_ptr<const ParallelFor> function;
    if (!ProgramLoop::inside()) {
      const std::lock_guard lock(mutex_);
      function = function_;
    }
    if (function == nullptr) {
      for (int part = 0; part < parts; ++part) work(context, part, parts);
      return;
    }
    ProgramLoop loop(work, context, parts);
    (*function)(parts, ParallelBody(loop));
    loop.finish();
  }

 private:
  std::atomic<bool> set_{false};
  std::mutex mutex_;
  std::shared_ptr<const ParallelFor> function_;
};

}  // namespace kernels
}  // namespace lamina
