#pragma once
#include "lamina/optimizers/adam.hpp"

namespace lamina {

/// The options of AdamW.
struct AdamWOptions {
  LearningRate learning_rate = 0.001;  ///< Number >= 0, schedule or function of the step. Default: 0.001.
  /// Each step first multiplies weights by 1 - learning_rate weight_decay; not std::nullopt. Default: 0.004.
  std::optional<double> weight_decay = 0.004;
  double beta_1 = 0.9;    ///< Decay rate of the first moment; in [0, 1). Default: 0.9.
  double beta_2 = 0.999;  ///< Decay rate of the second moment; in [0, 1). Default: 0.999.
  double epsilon = 1e-7;  ///< Added to the denominator for numerical stability; >= 0. Default: 1e-7.
  bool amsgrad = false;   ///< If true, divides by the maximum of all second moments so far (AMSGrad). Default: false.
  LAMINA_OPTIMIZER_OPTIONS_BUT_WEIGHT_DECAY
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

/// Adam with decoupled weight decay (Loshchilov and Hutter, 2017, arXiv:1711.05101). `keras.optimizers.AdamW`.
///
///     w = w - learning_rate weight_decay w, followed by the update of Adam
///
/// Throws ValueError for an option out of range or without weight_decay.
template <class Scalar = float>
class AdamW : public AdamBase<Scalar, AdamWOptions> {
 public:
  explicit AdamW(AdamWOptions options = {}) : AdamBase<Scalar, AdamWOptions>(checked(std::move(options)), "AdamW") {}
  /// Constructs the optimizer with a learning rate and the defaults of all other options.
  explicit AdamW(double learning_rate) : AdamW(AdamWOptions{.learning_rate = learning_rate}) {}
  std::string class_name() const override { return "AdamW"; }

 private:
  LAMINA_COLD static AdamWOptions checked(AdamWOptions options) {
    if (!options.weight_decay)
      raise<ValueError>("AdamW: expected a number for weight_decay, got none. For no weight decay use Adam.");
    return options;
  }
};

LAMINA_COMPILED_CLASS(AdamW);

}  // namespace lamina
