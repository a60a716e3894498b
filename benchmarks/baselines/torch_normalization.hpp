#pragma once

#ifdef LAMINA_HAVE_TORCH

#include <memory>

#include "data.hpp"

namespace baselines {

/// LibTorch's batch normalization of images, in its fastest layout, channels last.
class TorchBatchNormalization {
 public:
  TorchBatchNormalization(Index rows, Index channels, int threads);
  ~TorchBatchNormalization();
  void train();
  void infer();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// LibTorch's layer normalization over the last axis.
class TorchLayerNormalization {
 public:
  TorchLayerNormalization(Index rows, Index features, int threads);
  ~TorchLayerNormalization();
  void train();
  void infer();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// LibTorch's embedding and one of its optimizers, with sparse gradients if the optimizer supports them (Adam does
/// not).
class TorchEmbedding {
 public:
  TorchEmbedding(const char* optimizer, int threads);
  ~TorchEmbedding();
  void step();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace baselines

#endif  // LAMINA_HAVE_TORCH
