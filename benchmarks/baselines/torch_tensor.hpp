#pragma once

#ifdef LAMINA_HAVE_TORCH

#include <torch/torch.h>

#include "data.hpp"

namespace baselines {

/// Returns a copy of an Eigen matrix.
inline torch::Tensor tensor(const Matrix& matrix) {
  return torch::from_blob(const_cast<float*>(matrix.data()), {matrix.rows(), matrix.cols()}).clone();
}

/// Returns a linear layer with this kernel, (inputs, outputs), and a bias of zero.
inline torch::nn::Linear linear(const Matrix& kernel) {
  torch::nn::Linear layer(kernel.rows(), kernel.cols());
  const torch::NoGradGuard guard;
  layer->weight.copy_(tensor(kernel).t());
  layer->bias.zero_();
  return layer;
}

}  // namespace baselines

#endif  // LAMINA_HAVE_TORCH
