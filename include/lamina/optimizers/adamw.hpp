#pragma once
#include "lamina/optimizers/adam.hpp"

namespace lamina {

struct AdamWOptions {
  LearningRate learning_rate = 0.001;          ///< A number, a schedule or a function of the step. Default: 0.001.
  std::optional<double> weight_decay = 0.004;  ///< Weight decay per step, times the learning rate; required.
  double beta_1 = 0.9;    ///< Decay rate of the running mean of gradients; in [0, 1). Default: 0.9.
  double beta_2 = 0.999;  ///< Decay rate of the running mean of squared gradients; in [0, 1). Default: 0.999.
  double epsilon = 1e-7;  ///< Keeps the denominator of a step from 0; >= 0. Default: 1e-7.
  bool amsgrad = false;   ///< the step is divided by the largest v so far
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

/// Adam with decoupled weight decay (Loshchilov and Hutter, 2017): w -= rate weight_decay w, then Adam's step. Keras's
/// AdamW.
template <class Scalar = float>
class AdamW : public AdamBase<Scalar, AdamWOptions> {
 public:
  explicit AdamW(AdamWOptions options = {}) : AdamBase<Scalar, AdamWOptions>(checked(std::move(options)), "AdamW") {}
  explicit AdamW(double learning_rate) : AdamW(AdamWOptions{.learning_rate = learning_rate}) {}
  std::string class_name() const override { return "AdamW"; }

 private:
  LAMINA_COLD static AdamWOptions checked(AdamWOptions options) {
    if (!options.weight_decay)
      raise<ValueError>("AdamW: expected a number for weight_decay, got none. Without weight decay use Adam.");
    return options;
  }
};

LAMINA_COMPILED_CLASS(AdamW);

}  // namespace lamina
