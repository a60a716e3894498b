#pragma once
#include <optional>
#include <string>

#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/optimizers/learning_rate.hpp"

namespace lamina {

// The options that all optimizers have in common. The options struct of an optimizer declares them by the macro, in the
// order of Keras's arguments, and lists them by `optimizer_fields`:
//
//     struct SGDOptions {
//       LearningRate learning_rate = 0.01;
//       double momentum = 0.0;
//       LAMINA_OPTIMIZER_OPTIONS
//       template <class Self, class Field>
//       static void fields(Self& self, Field&& field) {
//         field("learning_rate", self.learning_rate);
//         field("momentum", self.momentum);
//         optimizer_fields(self, field);
//       }
//     };
//     SGD sgd({.learning_rate = 0.1, .momentum = 0.9, .clipnorm = 1});
//
// A macro, because designated initializers do not reach the members of a base class. Clipping by norm is also exact in
// float for elements above 1.8e19, whose squares overflow in Keras. Moving averages are updated once per update of the
// variables; in Keras also in steps that only accumulate gradients.
#define LAMINA_OPTIMIZER_OPTIONS                                                                      \
  /** Each step first multiplies weights by 1 - learning_rate weight_decay; finite. Default: none. */ \
  std::optional<double> weight_decay = std::nullopt;                                                  \
  LAMINA_OPTIMIZER_OPTIONS_BUT_WEIGHT_DECAY

// The common options without weight_decay, for optimizers with another position or default of it.
#define LAMINA_OPTIMIZER_OPTIONS_BUT_WEIGHT_DECAY                                                            \
  /** Upper bound of the L2 norm of each gradient; > 0. Default: none. */                                    \
  std::optional<double> clipnorm = std::nullopt;                                                             \
  /** Upper bound of the absolute value of each gradient element; > 0. Default: none. */                     \
  std::optional<double> clipvalue = std::nullopt;                                                            \
  /** Upper bound of the L2 norm of all gradients together; > 0. Default: none. */                           \
  std::optional<double> global_clipnorm = std::nullopt;                                                      \
  /** If true, variables get their exponential moving averages at the end of training. Default: false. */    \
  bool use_ema = false;                                                                                      \
  /** Decay rate: average = ema_momentum average + (1 - ema_momentum) variable; in [0, 1]. Default: 0.99. */ \
  double ema_momentum = 0.99;                                                                                \
  /** Number of updates after which variables are overwritten by their averages; >= 1. Default: never. */    \
  std::optional<Index> ema_overwrite_frequency = std::nullopt;                                               \
  /** Factor of the loss (see Optimizer::scale_loss), by which gradients are divided; > 0. Default: none. */ \
  std::optional<double> loss_scale_factor = std::nullopt;                                                    \
  /** Number of steps whose mean gradient makes one update of the variables; >= 2. Default: none (1). */     \
  std::optional<Index> gradient_accumulation_steps = std::nullopt;                                           \
  /** Name in the paths of the optimizer's variables. Default: the class name in snake case. */              \
  std::string name = {};

/// The options that all optimizers have in common, without learning rate.
struct CommonOptimizerOptions {
  LAMINA_OPTIMIZER_OPTIONS
};

/// Calls `field(name, value)` for each option of LAMINA_OPTIMIZER_OPTIONS, with Keras's names.
template <class Self, class Field>
LAMINA_COLD void optimizer_fields(Self& self, Field& field) {
  field("weight_decay", self.weight_decay);
  field("clipnorm", self.clipnorm);
  field("clipvalue", self.clipvalue);
  field("global_clipnorm", self.global_clipnorm);
  field("use_ema", self.use_ema);
  field("ema_momentum", self.ema_momentum);
  field("ema_overwrite_frequency", self.ema_overwrite_frequency);
  field("loss_scale_factor", self.loss_scale_factor);
  field("gradient_accumulation_steps", self.gradient_accumulation_steps);
  field("name", self.name);
}

/// Returns the common options of an optimizer's options.
template <class Options>
LAMINA_COLD CommonOptimizerOptions common_optimizer_options(const Options& o) {
  return {o.weight_decay,
          o.clipnorm,
          o.clipvalue,
          o.global_clipnorm,
          o.use_ema,
          o.ema_momentum,
          o.ema_overwrite_frequency,
          o.loss_scale_factor,
          o.gradient_accumulation_steps,
          o.name};
}

namespace detail {
/// Throws ValueError for a common option out of range.
LAMINA_COLD inline void check_optimizer_options(const CommonOptimizerOptions& o) {
  for (const auto& bound : {o.clipnorm, o.clipvalue, o.global_clipnorm})
    if (bound && !above(*bound, 0)) raise<ValueError>("optimizer: expected clipping bounds > 0, got ", *bound);
  if (int{o.clipnorm.has_value()} + int{o.clipvalue.has_value()} + int{o.global_clipnorm.has_value()} > 1)
    raise<ValueError>(
        "optimizer: expected at most one of clipnorm, clipvalue and global_clipnorm, got several. Remove all but one.");
  if (o.weight_decay) check_finite(*o.weight_decay, "weight_decay", "optimizer");
  if (o.use_ema) check_fraction(o.ema_momentum, "ema_momentum", "optimizer");
  if (o.use_ema && o.ema_overwrite_frequency && *o.ema_overwrite_frequency < 1)
    raise<ValueError>("optimizer: expected ema_overwrite_frequency >= 1, got ", *o.ema_overwrite_frequency);
  if (o.loss_scale_factor) check_positive(*o.loss_scale_factor, "loss_scale_factor", "optimizer");
  if (o.gradient_accumulation_steps && *o.gradient_accumulation_steps < 2)
    raise<ValueError>("optimizer: expected gradient_accumulation_steps >= 2, got ", *o.gradient_accumulation_steps);
}
/// The bias correction 1 - beta^t of a moving average after t steps. Operands are rounded to the scalar type first, as
/// in Keras.
template <class S>
S bias_correction(double beta, Index t) {
  return S(1) - std::pow(static_cast<S>(beta), static_cast<S>(t));
}
/// Throws ValueError unless both decay rates are in [0, 1).
LAMINA_COLD inline void check_betas(const double& beta1, const double& beta2, const char* who) {
  const auto fits = [](const double& beta) { return at_least(beta, 0) && below(beta, 1); };
  if (!fits(beta1) || !fits(beta2))
    raise<ValueError>(who, ": expected beta_1 and beta_2 in [0, 1), got ", beta1, " and ", beta2);
}
}  // namespace detail

}  // namespace lamina
