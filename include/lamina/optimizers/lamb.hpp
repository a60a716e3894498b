#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/kernels/layerwise_updates.hpp"
#include "lamina/optimizers/optimizer.hpp"

namespace lamina {

struct LambOptions {
  LearningRate learning_rate = 0.001;  ///< A number, a schedule or a function of the step. Default: 0.001.
  double beta_1 = 0.9;                 ///< Decay rate of the running mean of gradients; in [0, 1). Default: 0.9.
  double beta_2 = 0.999;  ///< Decay rate of the running mean of squared gradients; in [0, 1). Default: 0.999.
  double epsilon = 1e-7;  ///< Keeps the denominator of a step from 0; >= 0. Default: 1e-7.
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

/// Adam with a rate for every variable (You et al., 2019): of u = m̂ / (√v̂ + epsilon), m̂ and v̂ Adam's means without
/// their bias, w -= rate (|w| / |u|) u, the lengths being those of the whole variable; a length of 0 scales by 1.
/// Keras's Lamb.
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
  explicit Lamb(double learning_rate) : Optimizer<Scalar>(learning_rate) {}

  std::string class_name() const override { return "Lamb"; }
  LAMINA_COLD Config get_config() const override { return this->describe(options_); }

 protected:
  LAMINA_COLD void build(const std::vector<Variable<Scalar>>& variables) override {
    this->add_optimizer_variables(variables, "momentum", means_, "velocity", variances_);
  }
  void begin_update(Scalar /*rate*/) override {
    unbias1_ = 1 / detail::bias_left<Scalar>(options_.beta_1, this->iterations() + 1);
    unbias2_ = 1 / detail::bias_left<Scalar>(options_.beta_2, this->iterations() + 1);
  }
  bool decays_in_update() const override { return true; }
  void update(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient, Scalar rate) override {
    kernels::lamb(variable.size(), variable.mutable_data(), means_[i].mutable_data(), variances_[i].mutable_data(),
                  gradient.data(), this->kept(i), rate, static_cast<Scalar>(1 - options_.beta_1),
                  static_cast<Scalar>(1 - options_.beta_2), unbias1_, unbias2_, static_cast<Scalar>(options_.epsilon));
  }

 private:
  LambOptions options_;
  std::vector<Variable<Scalar>> means_, variances_;
  Scalar unbias1_ = 0, unbias2_ = 0;
};

}  // namespace lamina
