#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/kernels/layerwise_updates.hpp"
#include "lamina/optimizers/optimizer.hpp"

namespace lamina {

/// The options of Lamb.
struct LambOptions {
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

/// LAMB, Adam with a learning rate per variable (You et al., 2019, arXiv:1904.00962). `keras.optimizers.Lamb`. For a
/// variable w with gradient g in step t, counted from 1:
///
///     m = beta_1 m + (1 - beta_1) g,  m̂ = m / (1 - beta_1^t)
///     v = beta_2 v + (1 - beta_2) g²,  v̂ = v / (1 - beta_2^t)
///     u = m̂ / (√v̂ + epsilon)
///     w = w - learning_rate (|w| / |u|) u
///
/// The state is m and v, both with the shape of the variable. |w| and |u| are the L2 norms of the whole variable; if
/// one of them is 0, the ratio is 1. Throws ValueError for an option out of range.
template <class Scalar = float>
class Lamb : public Optimizer<Scalar> {
 public:
  using Arguments = LambOptions;
  Lamb() : Optimizer<Scalar>(LambOptions().learning_rate) {}
  explicit Lamb(LambOptions options)
      : Optimizer<Scalar>(options.learning_rate, common_optimizer_options(options)), options_(std::move(options)) {
    detail::check_betas(options_.beta_1, options_.beta_2, "Lamb");
    detail::check_not_negative(options_.epsilon, "epsilon", "Lamb");
  }
  /// Constructs the optimizer with a learning rate and the defaults of all other options.
  explicit Lamb(double learning_rate) : Optimizer<Scalar>(learning_rate) {}

  std::string class_name() const override { return "Lamb"; }
  LAMINA_COLD Config get_config() const override { return this->describe(options_); }

 protected:
  LAMINA_COLD void build(const std::vector<Variable<Scalar>>& variables) override {
    this->add_optimizer_variables(variables, "momentum", means_, "velocity", variances_);
  }
  void begin_update(Scalar /*rate*/) override {
    unbias1_ = 1 / detail::bias_correction<Scalar>(options_.beta_1, this->iterations() + 1);
    unbias2_ = 1 / detail::bias_correction<Scalar>(options_.beta_2, this->iterations() + 1);
  }
  bool decays_in_update() const override { return true; }
  void update(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient, Scalar rate) override {
    kernels::lamb(variable.size(), variable.mutable_data(), means_[i].mutable_data(), variances_[i].mutable_data(),
                  gradient.data(), this->decay_factor(i), rate, static_cast<Scalar>(1 - options_.beta_1),
                  static_cast<Scalar>(1 - options_.beta_2), unbias1_, unbias2_, static_cast<Scalar>(options_.epsilon));
  }

 private:
  LambOptions options_;
  std::vector<Variable<Scalar>> means_, variances_;
  Scalar unbias1_ = 0, unbias2_ = 0;
};

}  // namespace lamina
