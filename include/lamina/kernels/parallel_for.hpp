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

/// The work of a parallel loop: computes part `part` of `parts`.
using Work = void (*)(const void* context, int part, int parts);
/// The largest number of parts of a parallel loop.
inline constexpr int most_parts = 256;

/// Stores the first exception that a part of a parallel loop throws, to rethrow it in the thread that started the loop.
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
  /// Returns the exception and clears it; null if there is none. Every call must have returned.
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

/// A parallel loop that the program's own threads run. See `set_parallel_for`.
class ProgramLoop {
 public:
  /// A loop of `parts` parts. See Work.
  ProgramLoop(Work work, const void* context, int parts) noexcept : work_(work), context_(context), parts_(parts) {}

  /// Runs one part. Stores exceptions, and errors for a part that is out of range or was run before, for `finish`.
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
  /// Call after the last part. Rethrows the first exception of a part. Throws StateError if parts were not run.
  void finish() {
    const int finished = finished_.load(std::memory_order_acquire);
    if (std::exception_ptr exception = exception_.take()) std::rethrow_exception(std::move(exception));
    if (finished != parts_) [[unlikely]]
      raise<StateError>("set_parallel_for: the function returned when body had been called for ", finished, " of ",
                        parts_, " indices. It must call body for every index in [0, count) and wait for all calls.");
  }
  /// True while the calling thread runs a part. Loops that start there run on that thread: a pool whose threads all
  /// wait for the end of other loops would deadlock.
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
  std::atomic<std::uint64_t> started_[most_parts / 64] = {};  // one bit per part
  FirstException exception_;
};

}  // namespace kernels

/// The body of a parallel loop, passed to the function of `set_parallel_for`. `body(i)` computes range i. Copies refer
/// to the same loop. Must not be called after the function has returned.
class ParallelBody {
 public:
  /// The body of `loop`. Created by lamina.
  explicit ParallelBody(kernels::ProgramLoop& loop) noexcept : loop_(&loop) {}
  /// Computes range i on the calling thread. Does not throw: exceptions are rethrown in the thread that started the
  /// loop.
  void operator()(int i) const noexcept { loop_->run(i); }

 private:
  kernels::ProgramLoop* loop_;
};

/// A function that calls `body(i)` once for every i in [0, count), in any order and on any threads, and returns when
/// all calls have returned. See `set_parallel_for`.
using ParallelFor = std::function<void(int count, const ParallelBody& body)>;

namespace kernels {

/// The function of `set_parallel_for`, if any.
class ProgramThreads {
 public:
  bool are_set() const noexcept { return set_.load(std::memory_order_acquire); }  ///< True if there is a function.
  /// Sets the function; an empty one removes it.
  void set(ParallelFor function) {
    auto owned = function ? std::make_shared<const ParallelFor>(std::move(function)) : nullptr;
    const std::lock_guard lock(mutex_);
    set_.store(owned != nullptr, std::memory_order_release);
    function_.swap(owned);
  }
  /// Runs every part. Keeps the function alive until then, even if another one is set.
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
