#pragma once

#ifdef LAMINA_HAVE_TORCH

#include <memory>

#include "hand_attention.hpp"

namespace baselines {

/// LibTorch's multi-head self-attention, without its optional output, the mean of the scores.
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
