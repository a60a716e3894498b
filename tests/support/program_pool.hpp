#pragma once
#include <condition_variable>
#include <functional>
#include <lamina/kernels/threads.hpp>
#include <mutex>
#include <queue>
#include <thread>
#include <utility>
#include <vector>

namespace lamina::testing {

/// A simple thread pool: a queue of tasks and a fixed number of threads. The thread that calls `parallel_for` waits and
/// runs no task itself.
class ProgramPool {
 public:
  explicit ProgramPool(int threads) {
    for (int t = 0; t < threads; ++t) threads_.emplace_back([this] { work(); });
  }
  ~ProgramPool() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }
  ProgramPool(const ProgramPool&) = delete;
  ProgramPool& operator=(const ProgramPool&) = delete;

  template <class Body>
  void parallel_for(int count, const Body& body) {
    int left = count;
    std::unique_lock lock(mutex_);
    ++loops_;
    for (int i = 0; i < count; ++i)
      tasks_.push([this, &left, body, i] {
        body(i);
        const std::lock_guard done(mutex_);
        if (--left == 0) changed_.notify_all();
      });
    changed_.notify_all();
    changed_.wait(lock, [&] { return left == 0; });
  }
  /// Returns the number of loops so far.
  int loops() {
    const std::lock_guard lock(mutex_);
    return loops_;
  }
  bool has_thread(std::thread::id id) const {
    for (const std::thread& thread : threads_)
      if (thread.get_id() == id) return true;
    return false;
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return ended_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      const std::function<void()> task = std::exchange(tasks_.front(), nullptr);
      tasks_.pop();
      lock.unlock();
      task();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::queue<std::function<void()>> tasks_;
  std::vector<std::thread> threads_;
  int loops_ = 0;
  bool ended_ = false;
};

/// During its lifetime, lamina's parallel loops run on a pool.
class OnProgramPool {
 public:
  explicit OnProgramPool(int threads) : pool_(threads) {
    set_parallel_for([this](int count, const ParallelBody& body) { pool_.parallel_for(count, body); }, threads);
  }
  ~OnProgramPool() { set_parallel_for({}); }
  OnProgramPool(const OnProgramPool&) = delete;
  OnProgramPool& operator=(const OnProgramPool&) = delete;
  ProgramPool& pool() noexcept { return pool_; }

 private:
  ProgramPool pool_;
};

}  // namespace lamina::testing
