#pragma once

#include "data.hpp"

namespace baselines {

/// The network that every program trains on 28 x 28 digits: two 3 x 3 convolutions with 32 and 64 filters, each
/// followed by relu and max pooling; dense 128, relu; dense 10 with softmax cross-entropy. Optimizer: Adam.
struct CnnTask {
  static constexpr Index side = 28, filters1 = 32, filters2 = 64, hidden = 128;
  static constexpr Index flat = 5 * 5 * filters2;
  static constexpr float rate = 0.001f;

  // The rows of a kernel are (row, column, channel) of the window.
  static Matrix kernel1() { return glorot(9, filters1, 1); }
  static Matrix kernel2() { return glorot(9 * filters1, filters2, 2); }
  static Matrix kernel3() { return glorot(flat, hidden, 3); }
  static Matrix kernel4() { return glorot(hidden, Digits::classes, 4); }
};

}  // namespace baselines
