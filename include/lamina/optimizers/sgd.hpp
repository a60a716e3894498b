#pragma once
#include "lamina/optimizers/optimizer.hpp"

namespace lamina {

struct SGDOptions {
  LearningRate learning_rate = 0.01;
  double momentum = 0.0;
  bool nesterov = false;
  std::optional<double> weight_decay = std::nullopt;
  std::optional<double> clipnorm = std::nullopt;
  std::optional<double> clipvalue = std::nullopt;
  std::optional<double> global_clipnorm = std::nullopt;
};

/// Gradient descent: w -= rate g; with momentum, velocity = momentum velocity - rate g and w += velocity, or by
/// Nesterov w += momentum velocity - rate g. Keras's SGD.
template <class Scalar = float>
class SGD : public Optimizer<Scalar> {
 public:
  explicit SGD(SGDOptions options = {})
      : Optimizer<Scalar>(options.learning_rate,
                          {options.weight_decay, options.clipnorm, options.clipvalue, options.global_clipnorm}),
        momentum_(options.momentum),
        nesterov_(options.nesterov) {
    if (!(momentum_ >= 0 && momentum_ <= 1)) raise<ValueError>("SGD: expected 0 <= momentum <= 1, got ", momentum_);
  }
  explicit SGD(double learning_rate) : SGD(SGDOptions{.learning_rate = learning_rate}) {}

  std::string class_name() const override { return "SGD"; }

 protected:
  void build(const std::vector<Variable<Scalar>>& variables) override {
    if (momentum_ != 0) velocities_ = this->add_slots(variables, "momentum");
  }
  void update(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient, Scalar rate) override {
    if (momentum_ == 0)
      kernels::sgd(variable.size(), variable.mutable_data(), gradient.data(), rate);
    else
      kernels::sgd_momentum(variable.size(), variable.mutable_data(), velocities_[i].mutable_data(), gradient.data(),
                            rate, static_cast<Scalar>(momentum_), nesterov_);
  }

 private:
  double momentum_;
  bool nesterov_;
  std::vector<Variable<Scalar>> velocities_;
};

LAMINA_COMPILED_CLASS(SGD);

}  // namespace lamina
