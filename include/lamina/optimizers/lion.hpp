#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/optimizers/optimizer.hpp"

namespace lamina {

/// The options of Lion.
struct LionOptions {
  LearningRate learning_rate = 0.001;  ///< Number >= 0, schedule or function of the step. Default: 0.001.
  double beta_1 = 0.9;                 ///< Weight of m in the update; in (0, 1]. Default: 0.9.
  double beta_2 = 0.99;                ///< Decay rate of the momentum; in [0, 1]. Default: 0.99.
  LAMINA_OPTIMIZER_OPTIONS
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("learning_rate", self.learning_rate);
    field("beta_1", self.beta_1);
    field("beta_2", self.beta_2);
    optimizer_fields(self, field);
  }
};

/// Lion, evolved sign momentum (Chen et al., 2023, arXiv:2302.06675). `keras.optimizers.Lion`. For a weight w with
/// gradient g:
///
///     w = w - learning_rate sign(beta_1 m + (1 - beta_1) g)
///     m = beta_2 m + (1 - beta_2) g
///
/// The state is m, with the shape of the variable. Throws ValueError for an option out of range.
template <class Scalar = float>
class Lion : public Optimizer<Scalar> {
 public:
  using Arguments = LionOptions;
  Lion() : Optimizer<Scalar>(LionOptions().learning_rate) {}
  explicit Lion(LionOptions options)
      : Optimizer<Scalar>(options.learning_rate, common_optimizer_options(options)), options_(std::move(options)) {
    if (!(detail::above(options_.beta_1, 0) && detail::at_most(options_.beta_1, 1)))
      raise<ValueError>("Lion: expected beta_1 in (0, 1], got ", options_.beta_1);
    detail::check_fraction(options_.beta_2, "beta_2", "Lion");
  }
  /// Constructs the optimizer with a learning rate and the defaults of all other options.
  explicit Lion(double learning_rate) : Optimizer<Scalar>(learning_rate) {}

  std::string class_name() const override { return "Lion"; }
  LAMINA_COLD Config get_config() const override { return this->describe(options_); }

 protected:
  LAMINA_COLD void build(const std::vector<Variable<Scalar>>& variables) override {
    means_ = this->add_optimizer_variables(variables, "momentum");
  }

  bool decays_in_update() const override { return true; }
  void update(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient, Scalar rate) override {
    kernels::lion(variable.size(), variable.mutable_data(), means_[i].mutable_data(), gradient.data(),
                  this->decay_factor(i), rate, static_cast<Scalar>(options_.beta_1),
                  static_cast<Scalar>(1 - options_.beta_1), static_cast<Scalar>(options_.beta_2),
                  static_cast<Scalar>(1 - options_.beta_2));
  }

 private:
  LionOptions options_;
  std::vector<Variable<Scalar>> means_;
};

}  // namespace lamina
