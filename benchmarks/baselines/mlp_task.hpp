#pragma once

#include "data.hpp"

namespace baselines {

/// The network that every program trains: 784-128(relu)-dropout-10 with softmax cross-entropy.
struct MlpTask {
  static constexpr Index hidden = 128;

  static Matrix kernel1() { return glorot(Digits::pixels, hidden, 1); }
  static Matrix kernel2() { return glorot(hidden, Digits::classes, 2); }
};

struct MlpOptions {
  Index batch = 32;
  bool adam = true;
  float rate = 0.001f;
  float dropout = 0.2f;
  int threads = 1;
  bool shuffle = true;
};

/// The logs of an epoch, as `fit` reports them: means over its samples.
struct MlpResult {
  double loss = 0;
  double accuracy = 0;
};

}  // namespace baselines
