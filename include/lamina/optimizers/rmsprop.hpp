#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/optimizers/optimizer.hpp"

namespace lamina {

struct RMSpropOptions {
  LearningRate learning_rate = 0.001;  ///< A number, a schedule or a function of the step. Default: 0.001.
  double rho = 0.9;                    ///< Decay rate of the running mean of squared gradients; 0 to 1. Default: 0.9.
  double momentum = 0.0;               ///< Fraction of the last step added to this one; 0 to 1. Default: 0.0.
  double epsilon = 1e-7;               ///< Keeps the denominator of a step from 0; >= 0. Default: 1e-7.
  bool centered = false;               ///< If true, divides by an estimate of the standard deviation. Default: false.
  LAMINA_OPTIMIZER_OPTIONS
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("learning_rate", self.learning_rate);
    field("rho", self.rho);
    field("momentum", self.momentum);
    field("epsilon", self.epsilon);
    field("centered", self.centered);
    optimizer_fields(self, field);
  }
};

/// Hinton's RMSprop, in Keras's form: v is a running mean of g² (less that of g, squared, where centered), the step is
/// rate g / √(v + epsilon), gathered in a velocity where there is momentum. Keras's RMSprop.
template <class Scalar = float>
class RMSprop : public Optimizer<Scalar> {
 public:
  using Arguments = RMSpropOptions;
  RMSprop() : Optimizer<Scalar>(RMSpropOptions().learning_rate) {}
  LAMINA_COLD explicit RMSprop(RMSpropOptions options)
      : Optimizer<Scalar>(options.learning_rate, common_optimizer_options(options)), options_(std::move(options)) {
    detail::check_fraction(options_.rho, "rho", "RMSprop");
    detail::check_fraction(options_.momentum, "momentum", "RMSprop");
    detail::check_not_negative(options_.epsilon, "epsilon", "RMSprop");
  }
  explicit RMSprop(double learning_rate) : Optimizer<Scalar>(learning_rate) {}

  std::string class_name() const override { return "RMSprop"; }
  LAMINA_COLD Config get_config() const override { return this->describe(options_); }

 protected:
  LAMINA_COLD void build(const std::vector<Variable<Scalar>>& variables) override {
    velocities_ = this->add_optimizer_variables(variables, "velocity");
    if (options_.momentum > 0) momenta_ = this->add_optimizer_variables(variables, "momentum");
    if (options_.centered) averages_ = this->add_optimizer_variables(variables, "average_gradient");
  }

  bool decays_in_update() const override { return true; }
  void update(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient, Scalar rate) override {
    kernels::rmsprop(variable.size(), variable.mutable_data(), velocities_[i].mutable_data(),
                     momenta_.empty() ? nullptr : momenta_[i].mutable_data(),
                     averages_.empty() ? nullptr : averages_[i].mutable_data(), gradient.data(), this->kept(i), rate,
                     static_cast<Scalar>(options_.rho), static_cast<Scalar>(1 - options_.rho),
                     static_cast<Scalar>(options_.momentum), static_cast<Scalar>(options_.epsilon));
  }

 private:
  RMSpropOptions options_;
  std::vector<Variable<Scalar>> velocities_, momenta_, averages_;
};

LAMINA_COMPILED_CLASS(RMSprop);

}  // namespace lamina
