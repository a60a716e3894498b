#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/optimizers/optimizer.hpp"

namespace lamina {

/// The options of Ftrl.
struct FtrlOptions {
  LearningRate learning_rate = 0.001;       ///< Number >= 0, schedule or function of the step. Default: 0.001.
  double learning_rate_power = -0.5;        ///< Exponent -p; <= 0 (0: constant learning rate). Default: -0.5.
  double initial_accumulator_value = 0.1;   ///< Initial value of the accumulator a; >= 0. Default: 0.1.
  double l1_regularization_strength = 0.0;  ///< Strength l1 of the L1 penalty; >= 0. Default: 0.
  double l2_regularization_strength = 0.0;  ///< Strength l2 of the L2 penalty; >= 0. Default: 0.
  double l2_shrinkage_regularization_strength = 0.0;  ///< L2 penalty that is added to the gradient; >= 0. Default: 0.
  double beta = 0.0;  ///< The paper's beta: adds beta / (2 learning_rate) to l2; finite. Default: 0.
  LAMINA_OPTIMIZER_OPTIONS
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("learning_rate", self.learning_rate);
    field("learning_rate_power", self.learning_rate_power);
    field("initial_accumulator_value", self.initial_accumulator_value);
    field("l1_regularization_strength", self.l1_regularization_strength);
    field("l2_regularization_strength", self.l2_regularization_strength);
    field("l2_shrinkage_regularization_strength", self.l2_shrinkage_regularization_strength);
    field("beta", self.beta);
    optimizer_fields(self, field);
  }
};

/// Follow the regularized leader (McMahan et al., 2013). `keras.optimizers.Ftrl`. For a weight w with gradient g, with
/// p = -learning_rate_power:
///
///     b = a + g²
///     z = z + g + 2 l2_shrinkage w - (b^p - a^p) / learning_rate w
///     a = b
///     w = (clip(z, -l1, l1) - z) / (b^p / learning_rate + 2 l2 + beta / learning_rate)
///
/// The state is a and z, both with the shape of the variable. Throws ValueError for an option out of range.
template <class Scalar = float>
class Ftrl : public Optimizer<Scalar> {
 public:
  using Arguments = FtrlOptions;
  Ftrl() : Optimizer<Scalar>(FtrlOptions().learning_rate) {}
  explicit Ftrl(FtrlOptions options)
      : Optimizer<Scalar>(options.learning_rate, common_optimizer_options(options)), options_(std::move(options)) {
    detail::check_not_negative(options_.initial_accumulator_value, "initial_accumulator_value", "Ftrl");
    detail::check_not_negative(options_.l1_regularization_strength, "l1_regularization_strength", "Ftrl");
    detail::check_not_negative(options_.l2_regularization_strength, "l2_regularization_strength", "Ftrl");
    detail::check_not_negative(options_.l2_shrinkage_regularization_strength, "l2_shrinkage_regularization_strength",
                               "Ftrl");
    detail::check_finite(options_.beta, "beta", "Ftrl");
    if (!(is_finite(options_.learning_rate_power) && detail::at_most(options_.learning_rate_power, 0)))
      raise<ValueError>("Ftrl: expected a finite learning_rate_power <= 0, got ", options_.learning_rate_power);
  }
  /// Constructs the optimizer with a learning rate and the defaults of all other options.
  explicit Ftrl(double learning_rate) : Optimizer<Scalar>(learning_rate) {}

  std::string class_name() const override { return "Ftrl"; }
  LAMINA_COLD Config get_config() const override { return this->describe(options_); }

 protected:
  LAMINA_COLD void build(const std::vector<Variable<Scalar>>& variables) override {
    this->add_optimizer_variables(variables, "accumulator", sums_, "linear", linears_,
                                  options_.initial_accumulator_value);
  }

  bool decays_in_update() const override { return true; }
  void update(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient, Scalar rate) override {
    const double p = -options_.learning_rate_power;
    const auto l2 =
        static_cast<Scalar>(options_.l2_regularization_strength) + static_cast<Scalar>(options_.beta) / (2 * rate);
    const auto run = [&](auto kernel) {
      kernel(variable.size(), variable.mutable_data(), sums_[i].mutable_data(), linears_[i].mutable_data(),
             gradient.data(), this->decay_factor(i), rate, static_cast<Scalar>(p),
             static_cast<Scalar>(options_.l1_regularization_strength), 2 * l2,
             static_cast<Scalar>(2 * options_.l2_shrinkage_regularization_strength));
    };
    if (p == 0.5)
      run(kernels::ftrl<kernels::FtrlPower::root, Scalar>);
    else if (p == 0)
      run(kernels::ftrl<kernels::FtrlPower::none, Scalar>);
    else
      run(kernels::ftrl<kernels::FtrlPower::any, Scalar>);
  }

 private:
  FtrlOptions options_;
  std::vector<Variable<Scalar>> sums_, linears_;
};

}  // namespace lamina
