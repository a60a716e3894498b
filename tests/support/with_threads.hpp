#pragma once
#include <lamina/kernels/threads.hpp>

namespace lamina::testing {

/// Calls `run` with this number of threads, then restores the previous number.
template <class Run>
void with_threads(int threads, const Run& run) {
  struct Restore {
    int before = num_threads();
    ~Restore() { set_num_threads(before); }
  } restore;
  set_num_threads(threads);
  run();
}

}  // namespace lamina::testing
