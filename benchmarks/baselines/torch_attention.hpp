#pragma once

#ifdef LAMINA_HAVE_TORCH

#include <memory>

#include "hand_attention.hpp"

namespace baselines {

/// libtorch's multi-head attention of a sequence to itself, without the mean of the scores that it can give too.
class TorchAttention {
 public:
  TorchAttention(Index batch, int threads);
  ~TorchAttention();

  void forward();
  void train();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace baselines

#endif  // LAMINA_HAVE_TORCH
