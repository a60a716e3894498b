#pragma once

#include <lamina/lamina.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "baselines/hand_linear.hpp"
#include "baselines/mlp_task.hpp"

// The tasks of the benchmarks, written with lamina.

namespace baselines {

inline lamina::Tensor<float> to_tensor(const Matrix& m) {
  return lamina::Tensor<float>::view(m.data(), {m.rows(), m.cols()});
}

/// y = 2x - 1 with a tape and an optimizer.
template <class Layer>
class LaminaLinear {
 public:
  LaminaLinear() : layer_(1), x_(LinearTask::inputs()), y_(LinearTask::targets()) {
    layer_(x_);
    variables_ = layer_.trainable_variables();
  }
  float step() {
    lamina::GradientTape tape;
    const lamina::Tensor<float> loss = loss_(y_, layer_(x_));
    tape.gradient_into(gradients_, loss, variables_);
    optimizer_.apply_gradients(gradients_, variables_);
    return loss.item();
  }

 private:
  Layer layer_;
  lamina::Tensor<float> x_, y_;
  lamina::MeanSquaredError<float> loss_;
  lamina::SGD<float> optimizer_{0.01};
  std::vector<lamina::Variable<float>> variables_;
  std::vector<lamina::Tensor<float>> gradients_;
};

/// A complete `fit` of 500 epochs.
class LaminaLinearFit {
 public:
  LaminaLinearFit() : x_(LinearTask::inputs()), y_(LinearTask::targets()), model_(lamina::Dense<float>(1)) {
    model_.compile({.optimizer = "sgd", .loss = "mean_squared_error"});
  }
  float fit() { return static_cast<float>(model_.fit(x_, y_, {.epochs = 500, .verbose = 0})["loss"].back()); }

 private:
  lamina::Tensor<float> x_, y_;
  lamina::Sequential<float> model_;
};

class LaminaMlp {
 public:
  LaminaMlp(const Digits& data, const MlpOptions& options)
      : options_(options),
        x_(to_tensor(data.images)),
        y_(data.labels),
        model_(lamina::Dense<float>(MlpTask::hidden, "relu"),
               lamina::Dropout<float>(static_cast<double>(options.dropout)),
               lamina::Dense<float>(Digits::classes, "softmax")) {
    const auto rate = static_cast<double>(options.rate);
    std::shared_ptr<lamina::Optimizer<float>> optimizer;
    if (options.adam)
      optimizer = std::make_shared<lamina::Adam<float>>(rate);
    else
      optimizer = std::make_shared<lamina::SGD<float>>(rate);
    model_.compile({.optimizer = optimizer, .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  }
  MlpResult epoch() {
    lamina::set_num_threads(options_.threads);
    const lamina::History history =
        model_.fit(x_, y_, {.batch_size = options_.batch, .verbose = 0, .shuffle = options_.shuffle});
    return {history["loss"].back(), history["accuracy"].back()};
  }

 private:
  MlpOptions options_;
  lamina::Tensor<float> x_, y_;
  lamina::Sequential<float> model_;
};

/// The forward and the backward pass of a dense layer, by the operations that the layer consists of.
class LaminaDense {
 public:
  LaminaDense(Index width, Index batch)
      : x_(lamina::Tensor<float>(Matrix(Matrix::Random(batch, width)))),
        gradient_(lamina::Tensor<float>(Matrix(Matrix::Random(batch, width)))),
        kernel_(lamina::Tensor<float>(glorot(width, width, 1)), "kernel"),
        bias_(lamina::Tensor<float>::zeros({width}), "bias") {
    lamina::set_num_threads(1);
  }
  void forward() { y_ = lamina::dense(x_, kernel_, bias_); }
  /// Includes the forward pass that the tape records.
  void train() {
    lamina::GradientTape tape;
    lamina::Tensor<float> x = x_;
    tape.watch(x);
    const lamina::Tensor<float> y = lamina::dense(x, kernel_, bias_);
    gradients_ = tape.gradient(y, std::vector<lamina::Tensor<float>>{x, kernel_, bias_}, gradient_);
  }

 private:
  lamina::Tensor<float> x_, gradient_, y_;
  lamina::Variable<float> kernel_, bias_;
  std::vector<lamina::Tensor<float>> gradients_;
};

/// A single layer: its output, and the gradients of its input and its weights. `Inputs`: number of times that the input
/// is passed (self-attention takes it twice).
template <class Layer, int Inputs = 1>
class LaminaLayer {
 public:
  template <class... Arguments>
  LaminaLayer(lamina::Tensor<float> x, lamina::Tensor<float> dy, int threads, const Arguments&... arguments)
      : layer_(arguments...), x_(std::move(x)), dy_(std::move(dy)) {
    lamina::set_num_threads(threads);
    call(x_);
    variables_ = layer_.trainable_variables();
  }
  void forward() { y_ = call(x_); }
  void train() {
    lamina::GradientTape tape;
    lamina::Tensor<float> x = x_;
    tape.watch(x);
    const lamina::Tensor<float> y = call(x);
    std::vector<lamina::Tensor<float>> wanted{x};
    for (const auto& v : variables_) wanted.push_back(v);
    gradients_ = tape.gradient(y, wanted, dy_);
  }

 private:
  lamina::Tensor<float> call(const lamina::Tensor<float>& x) {
    if constexpr (Inputs == 1)
      return layer_(x);
    else
      return layer_({x, x});
  }
  Layer layer_;
  lamina::Tensor<float> x_, dy_, y_;
  std::vector<lamina::Variable<float>> variables_;
  std::vector<lamina::Tensor<float>> gradients_;
};

class LaminaPredictMlp {
 public:
  LaminaPredictMlp()
      : model_(lamina::Dense<float>(MlpTask::hidden, "relu"), lamina::Dense<float>(Digits::classes, "softmax")) {
    lamina::set_num_threads(1);
  }
  lamina::Tensor<float> operator()(const Row& x) { return model_.predict(to_tensor_view(x)); }

 private:
  static lamina::Tensor<float> to_tensor_view(const Row& x) {
    return lamina::Tensor<float>::view(x.data(), {1, x.cols()});
  }
  lamina::Sequential<float> model_;
};

class LaminaPredictSmall {
 public:
  LaminaPredictSmall()
      : model_(lamina::Dense<float>(16, "tanh"), lamina::Dense<float>(16, "relu"), lamina::Dense<float>(1)) {
    lamina::set_num_threads(1);
  }
  lamina::Tensor<float> operator()(const Row& x) {
    return model_.predict(lamina::Tensor<float>::view(x.data(), {1, x.cols()}));
  }

 private:
  lamina::Sequential<float> model_;
};

/// 64-128(tanh)-128(tanh)-1: the gradient of its loss with respect to the weights, and two second derivatives.
class LaminaSecondOrder {
 public:
  explicit LaminaSecondOrder(Index batch)
      : x_(lamina::Tensor<float>(Matrix(Matrix::Random(batch, 64)))),
        y_(lamina::Tensor<float>(Matrix(Matrix::Random(batch, 1)))),
        model_(lamina::Dense<float>(128, "tanh"), lamina::Dense<float>(128, "tanh"), lamina::Dense<float>(1)) {
    lamina::set_num_threads(1);
    model_(x_);
    variables_ = model_.trainable_variables();
    for (const auto& v : variables_) {
      const Index rows = v.shape().rank() == 2 ? v.shape()[0] : 1;
      direction_.push_back(reshape(lamina::Tensor<float>(glorot(rows, v.size() / rows, 7)), v.shape()));
    }
  }
  /// The gradient of the mean squared error.
  void gradient() {
    lamina::GradientTape tape;
    tape.gradient_into(gradients_, loss_(y_, model_(x_)), variables_);
  }
  /// The gradient of the squared norm of the input gradient, as in gradient penalties and physics-informed networks.
  void gradient_of_input_gradient() {
    lamina::GradientTape outer;
    lamina::Tensor<float> x = x_, slope;
    {
      lamina::GradientTape inner;
      inner.watch(x);
      slope = inner.gradient(model_(x), x);
    }
    outer.gradient_into(gradients_, sum(square(slope)), variables_);
  }
  void hessian_vector_product() {
    gradients_ = lamina::hessian_vector_product([&] { return loss_(y_, model_(x_)); }, variables_, direction_);
  }

 private:
  lamina::Tensor<float> x_, y_;
  lamina::Sequential<float> model_;
  lamina::MeanSquaredError<float> loss_;
  std::vector<lamina::Variable<float>> variables_;
  std::vector<lamina::Tensor<float>> direction_, gradients_;
};

}  // namespace baselines
