#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/optimizers/optimizer.hpp"

namespace lamina {

/// The options of Adadelta.
struct AdadeltaOptions {
  LearningRate learning_rate = 0.001;  ///< Number >= 0, schedule or function of the step. Default: 0.001.
  double rho = 0.95;                   ///< Decay rate of the moving averages a and b; in [0, 1]. Default: 0.95.
  double epsilon = 1e-7;               ///< Added to the denominator for numerical stability; >= 0. Default: 1e-7.
  LAMINA_OPTIMIZER_OPTIONS
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("learning_rate", self.learning_rate);
    field("rho", self.rho);
    field("epsilon", self.epsilon);
    optimizer_fields(self, field);
  }
};

/// Adadelta (Zeiler, 2012, arXiv:1212.5701). `keras.optimizers.Adadelta`. For a weight w with gradient g:
///
///     a = rho a + (1 - rho) g²
///     d = g √(b + epsilon) / √(a + epsilon)
///     b = rho b + (1 - rho) d²
///     w = w - learning_rate d
///
/// The state is a and b, both with the shape of the variable. The paper corresponds to a learning rate of 1. Throws
/// ValueError for an option out of range.
template <class Scalar = float>
class Adadelta : public Optimizer<Scalar> {
 public:
  using Arguments = AdadeltaOptions;
  Adadelta() : Optimizer<Scalar>(AdadeltaOptions().learning_rate) {}
  explicit Adadelta(AdadeltaOptions options)
      : Optimizer<Scalar>(options.learning_rate, common_optimizer_options(options)), options_(std::move(options)) {
    detail::check_fraction(options_.rho, "rho", "Adadelta");
    detail::check_not_negative(options_.epsilon, "epsilon", "Adadelta");
  }
  /// Constructs the optimizer with a learning rate and the defaults of all other options.
  explicit Adadelta(double learning_rate) : Optimizer<Scalar>(learning_rate) {}

  std::string class_name() const override { return "Adadelta"; }
  LAMINA_COLD Config get_config() const override { return this->describe(options_); }

 protected:
  LAMINA_COLD void build(const std::vector<Variable<Scalar>>& variables) override {
    this->add_optimizer_variables(variables, "accumulated_grad", gradients_, "accumulated_delta_var", steps_);
  }

  bool decays_in_update() const override { return true; }
  void update(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient, Scalar rate) override {
    kernels::adadelta(variable.size(), variable.mutable_data(), gradients_[i].mutable_data(), steps_[i].mutable_data(),
                      gradient.data(), this->decay_factor(i), rate, static_cast<Scalar>(options_.rho),
                      static_cast<Scalar>(1 - options_.rho), static_cast<Scalar>(options_.epsilon));
  }

 private:
  AdadeltaOptions options_;
  std::vector<Variable<Scalar>> gradients_, steps_;
};

}  // namespace lamina
