#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/optimizers/optimizer.hpp"

namespace lamina {

/// The options of Adamax.
struct AdamaxOptions {
  LearningRate learning_rate = 0.001;  ///< Number >= 0, schedule or function of the step. Default: 0.001.
  double beta_1 = 0.9;                 ///< Decay rate of the first moment; in [0, 1). Default: 0.9.
  double beta_2 = 0.999;               ///< Decay rate of the infinity norm; in [0, 1). Default: 0.999.
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

/// Adamax, Adam with the infinity norm (Kingma and Ba, 2014, arXiv:1412.6980, section 7). `keras.optimizers.Adamax`.
/// For a weight w with gradient g in step t, counted from 1:
///
///     m = beta_1 m + (1 - beta_1) g
///     u = max(beta_2 u, |g|)
///     w = w - learning_rate / (1 - beta_1^t) m / (u + epsilon)
///
/// The state is m and u, both with the shape of the variable. Throws ValueError for an option out of range.
template <class Scalar = float>
class Adamax : public Optimizer<Scalar> {
 public:
  using Arguments = AdamaxOptions;
  Adamax() : Optimizer<Scalar>(AdamaxOptions().learning_rate) {}
  explicit Adamax(AdamaxOptions options)
      : Optimizer<Scalar>(options.learning_rate, common_optimizer_options(options)), options_(std::move(options)) {
    detail::check_betas(options_.beta_1, options_.beta_2, "Adamax");
    detail::check_not_negative(options_.epsilon, "epsilon", "Adamax");
  }
  /// Constructs the optimizer with a learning rate and the defaults of all other options.
  explicit Adamax(double learning_rate) : Optimizer<Scalar>(learning_rate) {}

  std::string class_name() const override { return "Adamax"; }
  LAMINA_COLD Config get_config() const override { return this->describe(options_); }

 protected:
  LAMINA_COLD void build(const std::vector<Variable<Scalar>>& variables) override {
    this->add_optimizer_variables(variables, "momentum", means_, "norm", norms_);
  }
  void begin_update(Scalar rate) override {
    corrected_ = rate / detail::bias_correction<Scalar>(options_.beta_1, this->iterations() + 1);
  }
  bool decays_in_update() const override { return true; }
  void update(std::size_t i, const Variable<Scalar>& variable, const Tensor<Scalar>& gradient,
              Scalar /*rate*/) override {
    kernels::adamax(variable.size(), variable.mutable_data(), means_[i].mutable_data(), norms_[i].mutable_data(),
                    gradient.data(), this->decay_factor(i), corrected_, static_cast<Scalar>(1 - options_.beta_1),
                    static_cast<Scalar>(options_.beta_2), static_cast<Scalar>(options_.epsilon));
  }

 private:
  AdamaxOptions options_;
  std::vector<Variable<Scalar>> means_, norms_;
  Scalar corrected_ = 0;
};

}  // namespace lamina
