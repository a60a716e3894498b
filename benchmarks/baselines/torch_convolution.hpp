#pragma once

#ifdef LAMINA_HAVE_TORCH

#include <memory>

#include "cnn_task.hpp"

namespace baselines {

/// A convolution by itself: forward without gradients, and forward and back to all three of them.
class TorchConvolution {
 public:
  TorchConvolution(const ConvolutionCase& c, int threads);
  ~TorchConvolution();

  void forward();
  void train();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The network of `CnnTask`.
class TorchCnn {
 public:
  explicit TorchCnn(const CnnOptions& options);
  ~TorchCnn();

  /// A training step on one batch of the digits; its loss.
  float step();
  void predict();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace baselines

#endif  // LAMINA_HAVE_TORCH
