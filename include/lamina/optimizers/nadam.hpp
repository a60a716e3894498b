#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/optimizers/optimizer.hpp"

namespace lamina {

/// The options of Nadam.
struct NadamOptions {
  LearningRate learning_rate = 0.001;  ///< Number >= 0, schedule or function of the step. Default: 0.001.
  double beta_1 = 0.9;                 ///< Decay rate of the first moment; in [0, 1). Default: 0.9.
  double beta_2 = 0.999;               ///< Decay rate of the second moment; in [0, 1). Default: 0.999.
  double epsilon = 1e-7;               ///< Added to the denominator for numerical stability; >= 0. Default: 1e-7.
  LAMINA_OPTIMIZER_OPTIONS
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("learning_rate", self.learning_rate);
    field("beta_1", self.beta_1);
    field("beta_2", self.beta_2);
    field("epsilon", self.epsilon);
    optimizer_fields(self, field);
  }
};

/// Nadam, Adam with Nesterov momentum (Dozat, 2015). `keras.optimizers.Nadam`. For a weight w with gradient g in step
/// t, counted from 1, with the momentum schedule u_t = beta_1 (1 - 0.96^t / 2) and U_t = u_1 ... u_t:
///
///     m = beta_1 m + (1 - beta_1) g
///     v = beta_2 v + (1 - beta_2) g²
///     m̂ = u_(t+1) m / (1 - U_(t+1)) + (1 - u_t) g / (1 - U_t)
///     v̂ = v / (1 - beta_2^t)
///     w = w - learning_rate m̂ / (√v̂ + epsilon)
///
/// The state is m and v, both with the shape of the variable, and the scalar U_t. Throws ValueError for an option out
/// of range.
template <class Scalar = float>
class Nadam : public Optimizer<Scalar> {
 public:
  using Arguments = NadamOptions;
  Nadam() : Optimizer<Scalar>(NadamOptions().learning_rate) {}
  LAMINA_COLD explicit Nadam(NadamOptions options)
      : Optimizer<Scalar>(options.learning_rate, common_optimizer_options(options)), options_(std::move(options)) {
    detail::check_betas(options_.beta_1, options_.beta_2, "Nadam");
    detail::check_not_negative(options_.epsilon, "epsilon", "Nadam");
  }
  /// Constructs the optimizer with a learning rate and the defaults of all other options.
  explicit Nadam(double learning_rate) : Optimizer<Scalar>(learning_rate) {}

  std::string class_name() const override { return "Nadam"; }
  LAMINA_COLD Config get_config() const override { return this->describe(options_); }

 protected:
  LAMINA_COLD void build(const std::vector<Variable<Scalar>>& variables) override {
    this->add_optimizer_variables(variables, "momentum", means_, "velocity", variances_);
    product_ = this->add_variable({}, "u_product", 1.0);
  }
  void begin_update(Scalar rate) override {
    const Index step = this->iterations() + 1;
    const Scalar now = momentum_of(step), next = momentum_of(step + 1);
    Scalar& product = *product_.mutable_data();
    product *= now;
    mean_factor_ = rate * next / (1 - product * next);
    gradient_factor_ = rate * (1 - now) / (1 - product);
    unbias_ = 1 / detail::bias_correction<Scalar>(options_.beta_2, step);
  }
  bool decays_in_update() const override { return true; }
  void update(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient,
              Scalar /*rate*/) override {
    kernels::nadam(variable.size(), variable.mutable_data(), means_[i].mutable_data(), variances_[i].mutable_data(),
                   gradient.data(), this->decay_factor(i), mean_factor_, gradient_factor_, unbias_,
                   static_cast<Scalar>(1 - options_.beta_1), static_cast<Scalar>(1 - options_.beta_2),
                   static_cast<Scalar>(options_.epsilon));
  }

 private:
  Scalar momentum_of(Index step) const {
    return static_cast<Scalar>(options_.beta_1) *
           (1 - Scalar(0.5) * std::pow(static_cast<Scalar>(0.96), static_cast<Scalar>(step)));
  }
  NadamOptions options_;
  std::vector<Variable<Scalar>> means_, variances_;
  Variable<Scalar> product_;
  Scalar mean_factor_ = 0, gradient_factor_ = 0, unbias_ = 0;
};

}  // namespace lamina
