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

/// The threads that kernels share. A kernel splits its output into parts, and every element is computed by one thread
/// in one order, whoever takes the part. Every thread first takes the parts that are its own, the same from kernel to
/// kernel, so that what it has written is still in its cache when the next kernel reads it (a variable's update takes
/// several times as long where halves change hands at every step); then it takes what is left. So where the machine is
/// busy and a member is not scheduled, the caller does the work itself. One kernel uses the team at a time; another
/// that comes meanwhile (`predict` from several threads, say) does its work alone. An exception that a part throws is
/// thrown by `run`, when the other parts have ended. If the program has its own threads (`set_parallel_for`), they run the
/// parts, and the team's are not started.
class ThreadTeam {
 public:
  static ThreadTeam& instance() {
    static ThreadTeam* team = new ThreadTeam;  // never destroyed: its threads may outlive main's statics
    return *team;
  }

  int size() const noexcept { return size_.load(std::memory_order_relaxed); }
  void set_size(int threads) {
    if (threads < 1) raise<ValueError>("set_num_threads: expected at least 1 thread, got ", threads);
    const std::lock_guard lock(settings_);
    if (program_threads_.are_set())
      raise<StateError>(
          "set_num_threads: the program's own threads run the parallel loops, see set_parallel_for. Pass ",
          "their number as its second argument, or call set_parallel_for({}) first.");
    size_.store(threads, std::memory_order_relaxed);
    refused_.store(false, std::memory_order_relaxed);
  }
  /// `threads`: the number of threads that work is split for while the function is set.
  void set_parallel_for(ParallelFor function, int threads) {
    if (threads < 1) raise<ValueError>("set_parallel_for: expected at least 1 thread, got ", threads);
    const std::lock_guard lock(settings_);
    const bool was_set = program_threads_.are_set(), is_set = static_cast<bool>(function);
    program_threads_.set(std::move(function));
    if (!was_set && is_set) own_size_ = size();
    if (is_set || was_set) size_.store(is_set ? threads : own_size_, std::memory_order_relaxed);
  }

  /// Runs `work(context, part, parts)` for every part, `most_parts` at most, on up to `threads` threads: on those that
  /// there are if the system starts no more.
  void run(int threads, int parts, Work work, const void* context) {
    const bool alone = threads < 2 || parts < 2;
    if (!alone && program_threads_.are_set()) return program_threads_.run(parts, work, context);
    if (alone || busy_.exchange(true, std::memory_order_acquire)) {
      for (int part = 0; part < parts; ++part) work(context, part, parts);
      return;
    }
    while (static_cast<int>(members_.size()) < threads - 1 && enlist()) continue;
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
  };

  ThreadTeam() {
    const int of_machine =
        LAMINA_HAS_THREADS ? (std::max)(1, static_cast<int>(std::thread::hardware_concurrency())) : 1;
    size_.store(lamina::detail::environment_integer("LAMINA_NUM_THREADS", 1, 65536, of_machine),
                std::memory_order_relaxed);
  }

  // Each part knows the last job that it was taken for, and jobs are numbered upwards; parts that a job does not have
  // count as taken. So a member that comes late finds either a part of the job it was called to, which keeps that job's
  // caller waiting, or nothing, whatever jobs came since.
  void take_parts(std::uint32_t job, int thread) {
    const int parts = parts_.load(std::memory_order_acquire), threads = threads_.load(std::memory_order_relaxed);
    const int own = parts * thread / threads % parts;  // (threads may be of a later job, of fewer)
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

  /// False if the system starts no further thread; it is asked again after set_num_threads only.
  LAMINA_COLD bool enlist() {
    if (refused_.load(std::memory_order_relaxed)) return false;
    members_.push_back(std::make_unique<Member>());
    std::thread started = lamina::detail::start_thread(
        [this, member = members_.back().get(), thread = static_cast<int>(members_.size())] {
          lamina::detail::ThreadEnd::keep_library();  // a plug-in's members outlive its dlclose
          for (std::uint32_t seen = 0;;) {
            seen = await(*member, seen);
            take_parts(seen, thread);
          }
        });
    const bool is_started = started.joinable();
    if (is_started) {
      started.detach();
    } else {
      members_.pop_back();
      refused_.store(true, std::memory_order_relaxed);
    }
    return is_started;
  }

  // Between the kernels of a training step a member spins, as waking a sleeper takes longer than most kernels; after
  // some 100 microseconds without work it sleeps.
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
  alignas(64) std::atomic<std::uint32_t> taken_[most_parts] = {};  // the last job that a part was taken for
  std::atomic<int> finished_{0};
  std::atomic<Work> work_{nullptr};
  std::atomic<const void*> context_{nullptr};
  std::atomic<int> parts_{1}, threads_{1};
  std::uint32_t job_ = 0;
  int used_parts_ = 0;
  FirstException exception_;
  List<std::unique_ptr<Member>> members_;
  std::mutex settings_;
  int own_size_ = 1;  // the size when the program's threads were set
  ProgramThreads program_threads_;
};

/// An amount of work: the product of sizes, at least 1. Where Index has 32 bits, products that no memory is needed for
/// exceed it; half of the largest Index stands for those.
template <class... Sizes>
LAMINA_ALWAYS_INLINE constexpr Index work_of(Sizes... sizes) noexcept {
  if constexpr (sizeof(Index) >= 8) return (std::max<Index>)(1, (Index{1} * ... * sizes));
  constexpr Index most = (std::numeric_limits<Index>::max)() / 2;
  const double product = (1.0 * ... * static_cast<double>(sizes));
  return product < static_cast<double>(most) ? (std::max<Index>)(1, static_cast<Index>(product)) : most;
}

namespace detail {
/// The body of a parallel loop, by reference: what splits and shares the work is compiled once for all bodies, and a
/// body once for one thread and for many.
struct RangeBody {
  const void* body;
  void (*call)(const void* body, Index begin, Index end);
};

LAMINA_NOINLINE inline void share_ranges(Index count, Index unit, Index least, RangeBody body) {
  const Index threads = count >= 2 * least ? ThreadTeam::instance().size() : 1;
  if (threads == 1) return body.call(body.body, 0, count);
  const Index units = count / unit + (count % unit != 0 ? 1 : 0);
  // Two parts a thread even out what others on the machine take from one of them.
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
        const Index each = c.units / of, rest = c.units % of;  // the product of units and parts may exceed Index
        const Index first = each * part + (std::min)(Index{part}, rest), next = first + each + (part < rest ? 1 : 0);
        const ErrorScope::Continued scope(c.scope);
        if (first < next) c.body.call(c.body.body, first * c.unit, next < c.units ? next * c.unit : c.count);
      },
      &context);
}
}  // namespace detail

/// Calls `body(begin, end)` for ranges that together are [0, count). Ranges begin at multiples of `unit` and hold at
/// least `least` elements each, so that small work stays on the calling thread.
template <class Body>
LAMINA_ALWAYS_INLINE void parallel_ranges(Index count, Index unit, Index least, const Body& body) {
  detail::share_ranges(count, unit, least, {&body, [](const void* pointer, Index begin, Index end) {
                                              (*static_cast<const Body*>(pointer))(begin, end);
                                            }});
}

}  // namespace kernels

/// Sets how many threads kernels may use, at least 1. The default is the value of the environment variable
/// LAMINA_NUM_THREADS, an integer from 1 to 65536, or if that is not set the number of the machine's hardware threads.
/// The results are the same bits for any number. Throws StateError while a function of `set_parallel_for` is set.
inline void set_num_threads(int threads) { kernels::ThreadTeam::instance().set_size(threads); }
/// Returns how many threads kernels may use. While a function of `set_parallel_for` is set, that is the number of threads
/// that was passed with it.
inline int num_threads() { return kernels::ThreadTeam::instance().size(); }

/// Runs lamina's parallel loops on the program's own threads: a thread pool, a task system. Large operations then call
/// `function(count, body)`, which calls `body(i)` once for every i in [0, count), in any order, on any threads, and returns
/// when all calls have returned. Kernels start no threads while a function is set. An empty function sets lamina's
/// threads again, as many as before.
///
///     set_parallel_for([](int count, const ParallelBody& body) { tbb::parallel_for(0, count, body); }, 8);
///
/// `threads`: the number of threads of the pool, at least 1; the default is `num_threads()`. A loop has at most two
/// ranges for each thread; with 1 thread the function is never called. The results are the same bits for any function
/// and any number of threads, the same as with lamina's own threads.
///
/// The function must be thread-safe if several threads call lamina at once, and is called on a thread of the pool if that
/// calls lamina. While it waits it must not run other tasks that call lamina (with TBB: tbb::this_task_arena::isolate).
/// Loops that begin inside of `body` stay on their thread. An exception of a range is thrown where the loop was started.
/// Throws StateError there if a range was not computed, ValueError if one was computed twice. Loops that have begun before
/// a call of `set_parallel_for` end as they began.
inline void set_parallel_for(ParallelFor function, int threads = num_threads()) {
  kernels::ThreadTeam::instance().set_parallel_for(std::move(function), threads);
}

}  // namespace lamina
