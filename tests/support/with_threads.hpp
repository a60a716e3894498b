#pragma once
#include <lamina/kernels/threads.hpp>

namespace lamina::testing {

/// Runs `run` with the kernels on this many threads, then sets the number back.
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
