#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "lamina/core/environment.hpp"
#include "lamina/core/per_thread.hpp"
#include "lamina/core/shape.hpp"

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
/// that comes meanwhile (`predict` from several threads, say) does its work alone.
class ThreadTeam {
 public:
  static ThreadTeam& instance() {
    static ThreadTeam* team = new ThreadTeam;  // never destroyed: its threads may outlive main's statics
    return *team;
  }

  int size() const noexcept { return size_.load(std::memory_order_relaxed); }
  void set_size(int threads) {
    if (threads < 1) raise<ValueError>("set_num_threads: expected at least 1 thread, got ", threads);
    size_.store(threads, std::memory_order_relaxed);
  }

  using Work = void (*)(const void* context, int part, int parts);
  static constexpr int most_parts = 256;

  /// Runs `work(context, part, parts)` for every part, `most_parts` at most, on up to `threads` threads.
  void run(int threads, int parts, Work work, const void* context) {
    if (threads < 2 || parts < 2 || busy_.exchange(true, std::memory_order_acquire)) {
      for (int part = 0; part < parts; ++part) work(context, part, parts);
      return;
    }
    while (static_cast<int>(members_.size()) < threads - 1) enlist();
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
    busy_.store(false, std::memory_order_release);
  }

 private:
  struct Member {
    std::atomic<std::uint32_t> job{0};
    std::atomic<bool> asleep{false};
  };

  ThreadTeam() {
    const int of_machine = (std::max)(1, static_cast<int>(std::thread::hardware_concurrency()));
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
      work_.load(std::memory_order_relaxed)(context_.load(std::memory_order_relaxed), part, parts);
      finished_.fetch_add(1, std::memory_order_acq_rel);
    }
  }

  LAMINA_COLD void enlist() {
    members_.push_back(std::make_unique<Member>());
    std::thread([this, member = members_.back().get(), thread = static_cast<int>(members_.size())] {
      lamina::detail::ThreadEnd::keep_library();  // a plug-in's members outlive its dlclose
      for (std::uint32_t seen = 0;;) {
        seen = await(*member, seen);
        take_parts(seen, thread);
      }
    }).detach();
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
  std::atomic<bool> busy_{false};
  alignas(64) std::atomic<std::uint32_t> taken_[most_parts] = {};  // the last job that a part was taken for
  std::atomic<int> finished_{0};
  std::atomic<Work> work_{nullptr};
  std::atomic<const void*> context_{nullptr};
  std::atomic<int> parts_{1}, threads_{1};
  std::uint32_t job_ = 0;
  int used_parts_ = 0;
  std::vector<std::unique_ptr<Member>> members_;
};

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
  const Index units = (count + unit - 1) / unit;
  // Two parts a thread even out what others on the machine take from one of them.
  const Index parts =
      (std::min)({2 * threads, Index{ThreadTeam::most_parts}, count / (std::max<Index>)(least, 1), units});
  struct Context {
    RangeBody body;
    Index count, unit, units;
  } context{body, count, unit, units};
  ThreadTeam::instance().run(
      static_cast<int>((std::min)(threads, parts)), static_cast<int>(parts),
      [](const void* pointer, int part, int of) {
        const Context& c = *static_cast<const Context*>(pointer);
        const Index begin = c.units * part / of * c.unit, end = (std::min)(c.units * (part + 1) / of * c.unit, c.count);
        if (begin < end) c.body.call(c.body.body, begin, end);
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
/// The results are the same bits for any number.
inline void set_num_threads(int threads) { kernels::ThreadTeam::instance().set_size(threads); }
/// Returns how many threads kernels may use.
inline int num_threads() { return kernels::ThreadTeam::instance().size(); }

}  // namespace lamina
