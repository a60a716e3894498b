#pragma once

#ifdef LAMINA_HAVE_TORCH

#include <memory>

#include "cnn_task.hpp"
#include "convolution_task.hpp"

namespace baselines {

/// LibTorch's convolution, in the layout that it prefers: channels before the spatial axes.
class TorchConvolution {
 public:
  TorchConvolution(const ConvolutionTask& task, int threads);
  ~TorchConvolution();

  void forward();
  /// Runs the forward pass, and computes the gradients of kernel and bias, and of the input unless the task is the
  /// first layer of a network.
  void train();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The network of CnnTask.
class TorchCnn {
 public:
  TorchCnn(Index batch, int threads);
  ~TorchCnn();

  void forward(const Matrix& x);
  float step(const Matrix& x, const Eigen::VectorXi& labels);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace baselines

#endif  // LAMINA_HAVE_TORCH
