#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

namespace baselines {

/// Threads that exist as long as the team and synchronize at a barrier. They spin for a while before they sleep: the
/// work between two barriers takes about ten microseconds, which sleeping and waking up would double.
class HandTeam {
 public:
  explicit HandTeam(int threads) : threads_(threads) {
    for (int part = 1; part < threads; ++part) workers_.emplace_back([this, part] { serve(part); });
  }

  ~HandTeam() {
    if (workers_.empty()) return;
    task_ = nullptr;
    wait();
    for (std::thread& worker : workers_) worker.join();
  }

  HandTeam(const HandTeam&) = delete;
  HandTeam& operator=(const HandTeam&) = delete;

  /// Runs task(part) on every thread; the caller is part 0.
  void run(std::function<void(int)> task) {
    task_ = std::move(task);
    wait();
    task_(0);
    wait();
  }

  /// Returns when all threads of the team have called it.
  void wait() {
    if (threads_ == 1) return;
    const int round = round_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) == threads_ - 1) {
      arrived_.store(0, std::memory_order_relaxed);
      round_.store(round + 1, std::memory_order_release);
      round_.notify_all();
      return;
    }
    for (int spins = 0; spins < 20000; ++spins) {
      if (round_.load(std::memory_order_acquire) != round) return;
    }
    round_.wait(round, std::memory_order_acquire);
  }

 private:
  void serve(int part) {
    for (;;) {
      wait();
      if (!task_) return;
      task_(part);
      wait();
    }
  }

  int threads_;
  std::function<void(int)> task_;
  std::atomic<int> arrived_{0};
  std::atomic<int> round_{0};
  std::vector<std::thread> workers_;
};

}  // namespace baselines
