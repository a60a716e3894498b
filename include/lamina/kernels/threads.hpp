#pragma once
#include <atomic>
#include <cstdint>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "lamina/core/environment.hpp"
#include "lamina/core/error.hpp"
#include "lamina/core/list.hpp"
#include "lamina/core/per_thread.hpp"
#include "lamina/core/shape.hpp"
#include "lamina/core/start_thread.hpp"
#include "lamina/kernels/parallel_for.hpp"

#if LAMINA_X86
#include <emmintrin.h>
#endif

namespace lamina {
namespace kernels {

/// The thread pool of the kernels.
///
/// A kernel is split into parts; each element of its output is computed by one thread, in a fixed order. Every thread
/// starts with its own parts, the same ones in every kernel, so that the data it wrote is in its cache when the next
/// kernel reads it (the update of a variable takes several times as long if its halves change threads at every step).
/// Then it takes the remaining parts. On a busy machine the caller thus computes the parts of threads that are not
/// scheduled. One kernel uses the pool at a time; others that start meanwhile (for example `predict` from several
/// threads) run on their own thread. The exception of a part is rethrown by `run` when all parts have ended. If the
/// program sets its own threads (`set_parallel_for`), those run the parts, and the pool starts no threads.
class ThreadTeam {
 public:
  /// The pool of the process.
  static ThreadTeam& instance() {
    static ThreadTeam* team = new ThreadTeam;  // never destroyed: its threads may outlive the statics of main
    return *team;
  }

  int size() const noexcept { return size_.load(std::memory_order_relaxed); }  ///< The number of threads.
  /// Sets the number of threads. See `set_num_threads`.
  void set_size(int threads) {
    if (threads < 1) raise<ValueError>("set_num_threads: expected at least 1 thread, got ", threads);
    const std::lock_guard lock(settings_);
    if (program_threads_.are_set())
      raise<StateError>(
          "set_num_threads: the parallel loops run on the program's own threads, see set_parallel_for. Pass their "
          "number as its second argument, or call set_parallel_for({}) first.");
    size_.store(threads, std::memory_order_relaxed);
    refused_.store(false, std::memory_order_relaxed);
  }
  /// See `set_parallel_for`. `threads`: the number of threads for which work is split while the function is set.
  void set_parallel_for(ParallelFor function, int threads) {
    if (threads < 1) raise<ValueError>("set_parallel_for: expected at least 1 thread, got ", threads);
    const std::lock_guard lock(settings_);
    const bool was_set = program_threads_.are_set(), is_set = static_cast<bool>(function);
    program_threads_.set(std::move(function));
    if (!was_set && is_set) own_size_ = size();
    if (is_set || was_set) size_.store(is_set ? threads : own_size_, std::memory_order_relaxed);
  }

  /// Runs `work(context, part, parts)` for every part, at most `most_parts`, on up to `threads` threads; on fewer if
  /// the system cannot start as many.
  void run(int threads, int parts, Work work, const void* context) {
    const bool alone = threads < 2 || parts < 2;
    if (!alone && program_threads_.are_set()) return program_threads_.run(parts, work, context);
    if (alone || busy_.exchange(true, std::memory_order_acquire)) {
      for (int part = 0; part < parts; ++part) work(context, part, parts);
      return;
    }
    while (static_cast<int>(members_.size()) < threads - 1 && add_member()) continue;
    threads = (std::min)(threads, static_cast<int>(members_.size()) + 1);
    const std::uint32_t job = ++job_;
    for (int part = parts; part < used_parts_; ++part) taken_[part].store(job, std::memory_order_relaxed);
    for (; used_parts_ < parts; ++used_parts_) taken_[used_parts_].store(job - 1, std::memory_order_relaxed);
    work_.store(work, std::memory_order_relaxed);
    context_.store(context, std::memory_order_relaxed);
    threads_.store(threads, std::memory_order_relaxed);
    finished_.store(0, std::memory_order_relaxed);
    parts_.store(parts, std::memory_order_release);
    for (int i = 0; i + 1 < threads; ++i) {
      Member& member = *members_[static_cast<std::size_t>(i)];
      member.job.store(job, std::memory_order_seq_cst);
      if (member.asleep.load(std::memory_order_seq_cst)) member.job.notify_one();
    }
    take_parts(job, 0);
    for (int spins = 0; finished_.load(std::memory_order_acquire) != parts;) relax(++spins);
    std::exception_ptr exception = exception_.take();
    busy_.store(false, std::memory_order_release);
    if (exception != nullptr) [[unlikely]]
      std::rethrow_exception(std::move(exception));
  }

 private:
  struct Member {
    std::atomic<std::uint32_t> job{0};
    std::atomic<bool> asleep{false};
    std::atomic<bool> started{false};
  };

  ThreadTeam() {
    const int of_machine =
        LAMINA_HAS_THREADS ? (std::max)(1, static_cast<int>(std::thread::hardware_concurrency())) : 1;
    size_.store(lamina::detail::environment_integer("LAMINA_NUM_THREADS", 1, 65536, of_machine),
                std::memory_order_relaxed);
  }

  // taken_[part] is the last job for which the part was taken. Jobs are numbered in ascending order; parts that a job
  // does not have count as taken. So a late thread takes either a part of the job that it was notified of, for which
  // the caller waits, or none, even if there were other jobs since.
  void take_parts(std::uint32_t job, int thread) {
    const int parts = parts_.load(std::memory_order_acquire), threads = threads_.load(std::memory_order_relaxed);
    const int own = parts * thread / threads % parts;  // (`threads` may belong to a later job with fewer threads)
    for (int i = 0; i < parts; ++i) {
      const int part = own + i < parts ? own + i : own + i - parts;
      std::uint32_t before = taken_[part].load(std::memory_order_relaxed);
      if (static_cast<std::int32_t>(job - before) <= 0 ||
          !taken_[part].compare_exchange_strong(before, job, std::memory_order_acq_rel, std::memory_order_relaxed))
        continue;
      exception_.guard(
          [&] { work_.load(std::memory_order_relaxed)(context_.load(std::memory_order_relaxed), part, parts); });
      finished_.fetch_add(1, std::memory_order_acq_rel);
    }
  }

  /// Starts a thread. Returns false if the system cannot; it is tried again only after set_num_threads.
  LAMINA_COLD bool add_member() {
    if (refused_.load(std::memory_order_relaxed)) return false;
    members_.push_back(std::make_unique<Member>());
    std::thread started = lamina::detail::start_thread(
        [this, member = members_.back().get(), thread = static_cast<int>(members_.size())] {
          lamina::detail::ThreadEnd::keep_library();  // the threads of a plug-in outlive its dlclose
          member->started.store(true, std::memory_order_release);
          member->started.notify_one();
          for (std::uint32_t seen = 0;;) {
            seen = await(*member, seen);
            take_parts(seen, thread);
          }
        });
    const bool is_started = started.joinable();
    if (is_started) {
      started.detach();
#if !defined(__EMSCRIPTEN__)  // there, a thread may start only after its creator has returned to the event loop
      // If the library were unloaded before the thread runs, its code would be missing.
      members_.back()->started.wait(false, std::memory_order_acquire);
#endif
    } else {
      members_.pop_back();
      refused_.store(true, std::memory_order_relaxed);
    }
    return is_started;
  }

  // Between the kernels of a training step a thread spins, because waking it takes longer than most kernels. After
  // about 100 microseconds without work it sleeps.
  static std::uint32_t await(Member& member, std::uint32_t seen) {
    for (int spins = 0; spins < 4000; ++spins) {
      const std::uint32_t job = member.job.load(std::memory_order_acquire);
      if (job != seen) return job;
      pause();
    }
    member.asleep.store(true, std::memory_order_seq_cst);
    std::uint32_t job = seen;
    while ((job = member.job.load(std::memory_order_seq_cst)) == seen) member.job.wait(seen, std::memory_order_seq_cst);
    member.asleep.store(false, std::memory_order_relaxed);
    return job;
  }
  static void relax(int spins) {
    if (spins < 5000)
      pause();
    else
      std::this_thread::yield();
  }
  static void pause() noexcept {
#if LAMINA_X86
    _mm_pause();
#endif
  }

  std::atomic<int> size_{1};
  std::atomic<bool> busy_{false}, refused_{false};
  alignas(64) std::atomic<std::uint32_t> taken_[most_parts] = {};  // the last job for which each part was taken
  std::atomic<int> finished_{0};
  std::atomic<Work> work_{nullptr};
  std::atomic<const void*> context_{nullptr};
  std::atomic<int> parts_{1}, threads_{1};
  std::uint32_t job_ = 0;
  int used_parts_ = 0;
  FirstException exception_;
  List<std::unique_ptr<Member>> members_;
  std::mutex settings_;
  int own_size_ = 1;  // the number of threads before the program set its own
  ProgramThreads program_threads_;
};

/// An amount of work: the product of sizes, at least 1. Limited to half of the largest Index, which a product may
/// exceed if Index has 32 bits.
template <class... Sizes>
LAMINA_ALWAYS_INLINE constexpr Index work_of(Sizes... sizes) noexcept {
  if constexpr (sizeof(Index) >= 8) return (std::max<Index>)(1, (Index{1} * ... * sizes));
  constexpr Index most = (std::numeric_limits<Index>::max)() / 2;
  const double product = (1.0 * ... * static_cast<double>(sizes));
  return product < static_cast<double>(most) ? (std::max<Index>)(1, static_cast<Index>(product)) : most;
}

namespace detail {
/// The body of a parallel loop, type-erased: the code that splits the work is compiled once for all bodies, and each
/// body once.
struct RangeBody {
  const void* body;
  void (*call)(const void* body, Index begin, Index end);
};

LAMINA_NOINLINE inline void run_ranges(Index count, Index unit, Index least, RangeBody body) {
  const Index threads = count >= 2 * least ? ThreadTeam::instance().size() : 1;
  if (threads == 1) return body.call(body.body, 0, count);
  const Index units = count / unit + (count % unit != 0 ? 1 : 0);
  // Two parts per thread, to balance the load if other processes use the machine.
  const Index parts = (std::min)({2 * threads, Index{most_parts}, count / (std::max<Index>)(least, 1), units});
  struct Context {
    RangeBody body;
    Index count, unit, units;
    const ErrorScope* scope;
  } context{body, count, unit, units, ErrorScope::current()};
  ThreadTeam::instance().run(
      static_cast<int>((std::min)(threads, parts)), static_cast<int>(parts),
      [](const void* pointer, int part, int of) {
        const Context& c = *static_cast<const Context*>(pointer);
        const Index each = c.units / of, rest = c.units % of;  // units * parts may overflow Index
        const Index first = each * part + (std::min)(Index{part}, rest), next = first + each + (part < rest ? 1 : 0);
        const ErrorScope::Continued scope(c.scope);
        if (first < next) c.body.call(c.body.body, first * c.unit, next < c.units ? next * c.unit : c.count);
      },
      &context);
}
}  // namespace detail

/// Calls `body(begin, end)` for ranges that cover [0, count), on several threads. Ranges start at multiples of `unit`
/// and have at least `least` elements, so that small work stays on the calling thread.
template <class Body>
LAMINA_ALWAYS_INLINE void parallel_ranges(Index count, Index unit, Index least, const Body& body) {
  detail::run_ranges(count, unit, least, {&body, [](const void* pointer, Index begin, Index end) {
                                            (*static_cast<const Body*>(pointer))(begin, end);
                                          }});
}

}  // namespace kernels

/// Sets the number of threads that kernels may use, at least 1. Default: the environment variable LAMINA_NUM_THREADS,
/// an integer from 1 to 65536; if it is not set, the number of hardware threads. Results have the same bits for any
/// number of threads. Throws ValueError for less than 1, StateError while a function of `set_parallel_for` is set.
/// PyTorch: `torch.set_num_threads`.
inline void set_num_threads(int threads) { kernels::ThreadTeam::instance().set_size(threads); }
/// Returns the number of threads that kernels may use. While a function of `set_parallel_for` is set, the number that
/// was passed with it.
inline int num_threads() { return kernels::ThreadTeam::instance().size(); }

/// Runs lamina's parallel loops on the program's own threads, such as a thread pool or a task system. Large operations
/// then call `function(count, body)`, which must call `body(i)` once for every i in [0, count), in any order and on any
/// threads, and return when all calls have returned. While a function is set, lamina starts no threads. An empty
/// function restores lamina's own threads and their number.
///
///     set_parallel_for([](int count, const ParallelBody& body) { tbb::parallel_for(0, count, body); }, 8);
///
/// `threads`: the number of threads of the program's pool, at least 1. Default: `num_threads()`. A loop has at most two
/// ranges per thread; with 1 thread the function is never called. Results have the same bits for any function and any
/// number of threads, and as with lamina's own threads.
///
/// The function must be thread-safe if several threads call lamina at once. It is called on a thread of the pool if
/// that thread calls lamina. While it waits it must not run other tasks that call lamina (with TBB:
/// tbb::this_task_arena::isolate). Loops that start inside `body` run on that thread. An exception of a range is
/// rethrown where the loop was started. There, StateError is thrown if a range was not computed, and ValueError if one
/// was computed twice. Loops that are running when `set_parallel_for` is called are not affected. Throws ValueError if
/// `threads` is less than 1.
inline void set_parallel_for(ParallelFor function, int threads = num_threads()) {
  kernels::ThreadTeam::instance().set_parallel_for(std::move(function), threads);
}

}  // namespace lamina
