#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/optimizers/optimizer.hpp"

namespace lamina {

/// The options of RMSprop.
struct RMSpropOptions {
  LearningRate learning_rate = 0.001;  ///< Number >= 0, schedule or function of the step. Default: 0.001.
  double rho = 0.9;       ///< Decay rate of the moving average of squared gradients; in [0, 1]. Default: 0.9.
  double momentum = 0.0;  ///< Fraction of the previous step that is added to the current one; in [0, 1]. Default: 0.
  double epsilon = 1e-7;  ///< Added to the denominator for numerical stability; >= 0. Default: 1e-7.
  bool centered = false;  ///< If true, divides by the estimated standard deviation of gradients. Default: false.
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

/// RMSprop (Hinton, 2012). `keras.optimizers.RMSprop`. For a weight w with gradient g:
///
///     v = rho v + (1 - rho) g²
///     a = rho a + (1 - rho) g                                        (if centered, else 0)
///     d = momentum d + learning_rate g / √(v - a² + epsilon)
///     w = w - d
///
/// The state is v, d if momentum > 0 and a if centered, each with the shape of the variable. Throws ValueError for an
/// option out of range.
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
  /// Constructs the optimizer with a learning rate and the defaults of all other options.
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
                     averages_.empty() ? nullptr : averages_[i].mutable_data(), gradient.data(), this->decay_factor(i),
                     rate, static_cast<Scalar>(options_.rho), static_cast<Scalar>(1 - options_.rho),
                     static_cast<Scalar>(options_.momentum), static_cast<Scalar>(options_.epsilon));
  }

 private:
  RMSpropOptions options_;
  std::vector<Variable<Scalar>> velocities_, momenta_, averages_;
};

LAMINA_COMPILED_CLASS(RMSprop);

}  // namespace lamina
