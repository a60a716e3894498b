#pragma once

#ifdef LAMINA_HAVE_TORCH

#include <memory>

#include "hand_recurrent.hpp"

namespace baselines {

/// LibTorch's LSTM or GRU over a batch of sequences; returns the last outputs.
template <bool Lstm>
class TorchRecurrent {
 public:
  TorchRecurrent(Index batch, int threads);
  ~TorchRecurrent();

  void forward();
  void train();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

using TorchLstm = TorchRecurrent<true>;
using TorchGru = TorchRecurrent<false>;

}  // namespace baselines

#endif  // LAMINA_HAVE_TORCH
