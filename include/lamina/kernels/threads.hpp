#pragma once
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include "lamina/core/shape.hpp"

#if LAMINA_X86
#include <emmintrin.h>
#endif

namespace lamina {
namespace kernels {

/// The threads that kernels share. A kernel splits its output into parts, and every element is computed by one thread
/// in one order, whoever takes the part. Parts are taken, not dealt out: where the machine is busy and a member is not
/// scheduled, the caller does the work itself. One kernel uses the team at a time; another that comes meanwhile
/// (`predict` from several threads, say) does its work alone.
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

  /// Runs `work(context, part, parts)` for every part on up to `threads` threads.
  void run(int threads, int parts, Work work, const void* context) {
    if (threads < 2 || parts < 2 || busy_.exchange(true, std::memory_order_acquire)) {
      for (int part = 0; part < parts; ++part) work(context, part, parts);
      return;
    }
    while (static_cast<int>(members_.size()) < threads - 1) enlist();
    work_.store(work, std::memory_order_relaxed);
    context_.store(context, std::memory_order_relaxed);
    parts_.store(parts, std::memory_order_relaxed);
    finished_.store(0, std::memory_order_relaxed);
    const std::uint32_t job = ++job_;
    next_.store(std::uint64_t{job} << 32, std::memory_order_release);
    for (int i = 0; i + 1 < threads; ++i) {
      Member& member = *members_[static_cast<std::size_t>(i)];
      member.job.store(job, std::memory_order_seq_cst);
      if (member.asleep.load(std::memory_order_seq_cst)) member.job.notify_one();
    }
    take_parts(job);
    for (int spins = 0; finished_.load(std::memory_order_acquire) != parts;) relax(++spins);
    busy_.store(false, std::memory_order_release);
  }

 private:
  struct Member {
    std::atomic<std::uint32_t> job{0};
    std::atomic<bool> asleep{false};
  };

  ThreadTeam() {
    int threads = static_cast<int>(std::thread::hardware_concurrency());
    if (const char* wanted = std::getenv("LAMINA_NUM_THREADS")) threads = std::atoi(wanted);
    size_.store(threads < 1 ? 1 : threads, std::memory_order_relaxed);
  }

  // The number of the job and of its next free part are one word, so a member that comes late finds either a part of
  // the job it was called to, which keeps that job's caller waiting, or nothing.
  void take_parts(std::uint32_t job) {
    std::uint64_t next = next_.load(std::memory_order_acquire);
    for (;;) {
      if (next >> 32 != job) return;
      const int part = static_cast<int>(next & 0xffffffffU), parts = parts_.load(std::memory_order_relaxed);
      if (part >= parts) return;
      const Work work = work_.load(std::memory_order_relaxed);
      const void* context = context_.load(std::memory_order_relaxed);
      if (!next_.compare_exchange_weak(next, next + 1, std::memory_order_acq_rel, std::memory_order_acquire)) continue;
      work(context, part, parts);
      finished_.fetch_add(1, std::memory_order_acq_rel);
      next = next_.load(std::memory_order_acquire);
    }
  }

  void enlist() {
    members_.push_back(std::make_unique<Member>());
    std::thread([this, member = members_.back().get()] {
      for (std::uint32_t seen = 0;;) {
        seen = await(*member, seen);
        take_parts(seen);
      }
    }).detach();
  }

  // Between the kernels of a training step a member spins, as waking a sleeper takes longer than most kernels; after
  // some 50 microseconds without work it sleeps.
  static std::uint32_t await(Member& member, std::uint32_t seen) {
    for (int spins = 0; spins < 1000; ++spins) {
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
  alignas(64) std::atomic<std::uint64_t> next_{0};
  std::atomic<int> finished_{0};
  std::atomic<Work> work_{nullptr};
  std::atomic<const void*> context_{nullptr};
  std::atomic<int> parts_{0};
  std::uint32_t job_ = 0;
  std::vector<std::unique_ptr<Member>> members_;
};

/// Calls `body(begin, end)` for ranges that together are [0, count). Ranges begin at multiples of `unit` and hold at
/// least `least` elements each, so that small work stays on the calling thread.
template <class Body>
void parallel_ranges(Index count, Index unit, Index least, const Body& body) {
  const Index threads = count >= 2 * least ? ThreadTeam::instance().size() : 1;
  if (threads == 1) {
    body(Index{0}, count);
    return;
  }
  const Index units = (count + unit - 1) / unit;
  // Two parts a thread even out what others on the machine take from one of them.
  const Index parts = (std::min)((std::min)(2 * threads, count / (std::max<Index>)(least, 1)), units);
  struct Context {
    const Body& body;
    Index count, unit, units;
  } context{body, count, unit, units};
  ThreadTeam::instance().run(
      static_cast<int>((std::min)(threads, parts)), static_cast<int>(parts),
      [](const void* pointer, int part, int of) {
        const Context& c = *static_cast<const Context*>(pointer);
        const Index begin = c.units * part / of * c.unit, end = (std::min)(c.units * (part + 1) / of * c.unit, c.count);
        if (begin < end) c.body(begin, end);
      },
      &context);
}

}  // namespace kernels

/// How many threads kernels may use; at first what LAMINA_NUM_THREADS says, or else all of the machine's. The results
/// are the same bits for any number.
inline void set_num_threads(int threads) { kernels::ThreadTeam::instance().set_size(threads); }
inline int num_threads() { return kernels::ThreadTeam::instance().size(); }

}  // namespace lamina
