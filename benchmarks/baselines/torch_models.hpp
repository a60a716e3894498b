#pragma once

#ifdef LAMINA_HAVE_TORCH

#include <memory>

#include "mlp_task.hpp"

namespace baselines {

// The tasks of the benchmarks with LibTorch, in eager mode, as its users write them. The definitions are in separate
// source files, so that only these compile LibTorch's headers.

/// y = 2x - 1 with a linear layer, mean squared error and SGD.
class TorchLinear {
 public:
  TorchLinear();
  ~TorchLinear();

  float step();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A single linear layer: forward without gradients, and backward to all three gradients.
class TorchDense {
 public:
  TorchDense(Index width, Index batch);
  ~TorchDense();

  void forward();
  void backward();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The MLP of `MlpTask`.
class TorchMlp {
 public:
  TorchMlp(const Digits& data, const MlpOptions& options);
  ~TorchMlp();

  MlpResult epoch();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The prediction of one sample by 784-128(relu)-10(softmax).
class TorchPredictMlp {
 public:
  TorchPredictMlp();
  ~TorchPredictMlp();

  Row operator()(const Row& x);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The prediction of one sample by 8-16(tanh)-16(relu)-1.
class TorchPredictSmall {
 public:
  TorchPredictSmall();
  ~TorchPredictSmall();

  float operator()(const Row& x);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// 64-128(tanh)-128(tanh)-1 and its first and second derivatives.
class TorchSecondOrder {
 public:
  explicit TorchSecondOrder(Index batch);
  ~TorchSecondOrder();

  void gradient();
  void gradient_of_input_gradient();
  void hessian_vector_product();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace baselines

#endif  // LAMINA_HAVE_TORCH
