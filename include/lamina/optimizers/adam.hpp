#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/optimizers/optimizer.hpp"

namespace lamina {

/// The options of Adam.
struct AdamOptions {
  LearningRate learning_rate = 0.001;  ///< Number >= 0, schedule or function of the step. Default: 0.001.
  double beta_1 = 0.9;                 ///< Decay rate of the first moment; in [0, 1). Default: 0.9.
  double beta_2 = 0.999;               ///< Decay rate of the second moment; in [0, 1). Default: 0.999.
  double epsilon = 1e-7;               ///< Added to the denominator for numerical stability; >= 0. Default: 1e-7.
  bool amsgrad = false;  ///< If true, divides by the maximum of all second moments so far (AMSGrad). Default: false.
  LAMINA_OPTIMIZER_OPTIONS
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("learning_rate", self.learning_rate);
    field("beta_1", self.beta_1);
    field("beta_2", self.beta_2);
    field("epsilon", self.epsilon);
    field("amsgrad", self.amsgrad);
    optimizer_fields(self, field);
  }
};

/// The base of Adam and AdamW, which differ only in their options.
template <class Scalar, class Options>
class AdamBase : public Optimizer<Scalar> {
 public:
  using Arguments = Options;
  LAMINA_COLD Config get_config() const override { return this->describe(options_); }

 protected:
  /// Constructs the optimizer with a learning rate and the defaults of all other options.
  explicit AdamBase(LearningRate learning_rate) : Optimizer<Scalar>(std::move(learning_rate)) {}
  /// Constructs the optimizer from options; `who` is the class name, for error texts.
  LAMINA_COLD AdamBase(Options options, const char* who)
      : Optimizer<Scalar>(options.learning_rate, common_optimizer_options(options)), options_(std::move(options)) {
    detail::check_betas(options_.beta_1, options_.beta_2, who);
    detail::check_not_negative(options_.epsilon, "epsilon", who);
  }

  LAMINA_COLD void build(const std::vector<Variable<Scalar>>& variables) override {
    this->add_optimizer_variables(variables, "momentum", means_, "velocity", variances_);
    if (options_.amsgrad) largest_variances_ = this->add_optimizer_variables(variables, "velocity_hat");
  }
  void begin_update(Scalar rate) override {
    const Index step = this->iterations() + 1;
    corrected_ = rate * std::sqrt(detail::bias_correction<Scalar>(options_.beta_2, step)) /
                 detail::bias_correction<Scalar>(options_.beta_1, step);
  }
  bool decays_in_update() const override { return true; }
  void update(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient,
              Scalar /*rate*/) override {
    kernels::adam(variable.size(), variable.mutable_data(), means_[i].mutable_data(), variances_[i].mutable_data(),
                  largest_variances_.empty() ? nullptr : largest_variances_[i].mutable_data(), gradient.data(),
                  this->decay_factor(i), corrected_, static_cast<Scalar>(1 - options_.beta_1),
                  static_cast<Scalar>(1 - options_.beta_2), static_cast<Scalar>(options_.epsilon));
  }

 private:
  Options options_;
  std::vector<Variable<Scalar>> means_, variances_, largest_variances_;
  Scalar corrected_ = 0;
};

/// Adam (Kingma and Ba, 2014, arXiv:1412.6980). `keras.optimizers.Adam`. For a weight w with gradient g in step t,
/// counted from 1:
///
///     m = beta_1 m + (1 - beta_1) g
///     v = beta_2 v + (1 - beta_2) g²
///     w = w - learning_rate √(1 - beta_2^t) / (1 - beta_1^t) m / (√v + epsilon)
///
/// The state is m and v, both with the shape of the variable. Throws ValueError for an option out of range.
template <class Scalar = float>
class Adam : public AdamBase<Scalar, AdamOptions> {
 public:
  Adam() : AdamBase<Scalar, AdamOptions>(AdamOptions().learning_rate) {}
  explicit Adam(AdamOptions options) : AdamBase<Scalar, AdamOptions>(std::move(options), "Adam") {}
  /// Constructs the optimizer with a learning rate and the defaults of all other options.
  explicit Adam(double learning_rate) : AdamBase<Scalar, AdamOptions>(LearningRate(learning_rate)) {}
  std::string class_name() const override { return "Adam"; }
};

LAMINA_COMPILED_CLASS(Adam);

}  // namespace lamina
