#pragma once
#include "lamina/optimizers/optimizer.hpp"

namespace lamina {

struct RMSpropOptions {
  LearningRate learning_rate = 0.001;
  double rho = 0.9;
  double momentum = 0.0;
  double epsilon = 1e-7;
  bool centered = false;
  std::optional<double> weight_decay = std::nullopt;
  std::optional<double> clipnorm = std::nullopt;
  std::optional<double> clipvalue = std::nullopt;
  std::optional<double> global_clipnorm = std::nullopt;
};

/// Hinton's RMSprop, in Keras's form: v is a running mean of g² (less that of g, squared, where centered), the step is
/// rate g / √(v + epsilon), gathered in a velocity where there is momentum. Keras's RMSprop.
template <class Scalar = float>
class RMSprop : public Optimizer<Scalar> {
 public:
  explicit RMSprop(RMSpropOptions options = {})
      : Optimizer<Scalar>(options.learning_rate,
                          {options.weight_decay, options.clipnorm, options.clipvalue, options.global_clipnorm}),
        options_(std::move(options)) {
    if (!(options_.rho >= 0 && options_.rho <= 1))
      raise<ValueError>("RMSprop: expected 0 <= rho <= 1, got ", options_.rho);
    if (!(options_.momentum >= 0 && options_.momentum <= 1))
      raise<ValueError>("RMSprop: expected 0 <= momentum <= 1, got ", options_.momentum);
    if (!(options_.epsilon >= 0)) raise<ValueError>("RMSprop: expected epsilon >= 0, got ", options_.epsilon);
  }
  explicit RMSprop(double learning_rate) : RMSprop(RMSpropOptions{.learning_rate = learning_rate}) {}

  std::string class_name() const override { return "RMSprop"; }

 protected:
  void build(const std::vector<Variable<Scalar>>& variables) override {
    velocities_ = this->add_slots(variables, "velocity");
    if (options_.momentum > 0) momenta_ = this->add_slots(variables, "momentum");
    if (options_.centered) averages_ = this->add_slots(variables, "average_gradient");
  }
  void update(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient, Scalar rate) override {
    kernels::rmsprop(variable.size(), variable.mutable_data(), velocities_[i].mutable_data(),
                     momenta_.empty() ? nullptr : momenta_[i].mutable_data(),
                     averages_.empty() ? nullptr : averages_[i].mutable_data(), gradient.data(), rate,
                     static_cast<Scalar>(options_.rho), static_cast<Scalar>(1 - options_.rho),
                     static_cast<Scalar>(options_.momentum), static_cast<Scalar>(options_.epsilon));
  }

 private:
  RMSpropOptions options_;
  std::vector<Variable<Scalar>> velocities_, momenta_, averages_;
};

LAMINA_COMPILED_CLASS(RMSprop);

}  // namespace lamina
