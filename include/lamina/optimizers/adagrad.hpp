#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/optimizers/optimizer.hpp"

namespace lamina {

/// The options of Adagrad.
struct AdagradOptions {
  LearningRate learning_rate = 0.001;      ///< Number >= 0, schedule or function of the step. Default: 0.001.
  double initial_accumulator_value = 0.1;  ///< Initial value of the accumulator a; >= 0. Default: 0.1.
  double epsilon = 1e-7;                   ///< Added to the denominator for numerical stability; >= 0. Default: 1e-7.
  LAMINA_OPTIMIZER_OPTIONS
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("learning_rate", self.learning_rate);
    field("initial_accumulator_value", self.initial_accumulator_value);
    field("epsilon", self.epsilon);
    optimizer_fields(self, field);
  }
};

/// Adagrad (Duchi et al., 2011): a learning rate per weight. `keras.optimizers.Adagrad`. For a weight w with gradient
/// g:
///
///     a = a + g², initially initial_accumulator_value
///     w = w - learning_rate g / √(a + epsilon)
///
/// The state is a, with the shape of the variable. Throws ValueError for an option out of range.
template <class Scalar = float>
class Adagrad : public Optimizer<Scalar> {
 public:
  using Arguments = AdagradOptions;
  Adagrad() : Optimizer<Scalar>(AdagradOptions().learning_rate) {}
  explicit Adagrad(AdagradOptions options)
      : Optimizer<Scalar>(options.learning_rate, common_optimizer_options(options)), options_(std::move(options)) {
    detail::check_not_negative(options_.initial_accumulator_value, "initial_accumulator_value", "Adagrad");
    detail::check_not_negative(options_.epsilon, "epsilon", "Adagrad");
  }
  /// Constructs the optimizer with a learning rate and the defaults of all other options.
  explicit Adagrad(double learning_rate) : Optimizer<Scalar>(learning_rate) {}

  std::string class_name() const override { return "Adagrad"; }
  LAMINA_COLD Config get_config() const override { return this->describe(options_); }

 protected:
  LAMINA_COLD void build(const std::vector<Variable<Scalar>>& variables) override {
    sums_ = this->add_optimizer_variables(variables, "accumulator", options_.initial_accumulator_value);
  }

  bool decays_in_update() const override { return true; }
  void update(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient, Scalar rate) override {
    kernels::adagrad(variable.size(), variable.mutable_data(), sums_[i].mutable_data(), gradient.data(),
                     this->decay_factor(i), rate, static_cast<Scalar>(options_.epsilon));
  }
  bool update_rows(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient,
                   const detail::TouchedRows& rows, Scalar rate) override {
    kernels::adagrad_rows(rows, variable.mutable_data(), sums_[i].mutable_data(), gradient.data(), rate,
                          static_cast<Scalar>(options_.epsilon));
    return true;
  }

 private:
  AdagradOptions options_;
  std::vector<Variable<Scalar>> sums_;
};

}  // namespace lamina
