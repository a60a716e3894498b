#pragma once
#include <optional>
#include <string>

#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/optimizers/learning_rate.hpp"

namespace lamina {

// The options that every optimizer has beside its learning rate and those of its own rule. An aggregate of options
// states them with one line, in the place where Keras's arguments have them, and goes through them with
// `optimizer_fields`:
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
// (Members of a base class would do, but designated initializers do not reach them.)
//
// weight_decay                 each step first shrinks weights by the share learning_rate weight_decay
// clipnorm                     each gradient is scaled down to at most this length (in float too, where Keras's squares
//                              of elements above 1.8e19 overflow)
// clipvalue                    each element of a gradient is held within ± this
// global_clipnorm              all gradients together are scaled down to at most this length
// use_ema                      running means of the variables are kept, which replace them at the end of training; a
// mean
//                              follows every update (in Keras also the steps between updates that only accumulate)
// ema_momentum                 mean = ema_momentum mean + (1 - ema_momentum) variable
// ema_overwrite_frequency      the means also replace the variables after every so many updates
// loss_scale_factor            gradients are those of the loss times this (see scale_loss), and are divided by it
// gradient_accumulation_steps  the variables are updated once in so many steps, by the mean of their gradients
// name                         in the paths of the optimizer's variables; the class name in snake case by default
#define LAMINA_OPTIMIZER_OPTIONS                     \
  std::optional<double> weight_decay = std::nullopt; \
  LAMINA_OPTIMIZER_OPTIONS_BUT_WEIGHT_DECAY

// The same for an optimizer with another place or default for weight_decay.
#define LAMINA_OPTIMIZER_OPTIONS_BUT_WEIGHT_DECAY                  \
  std::optional<double> clipnorm = std::nullopt;                   \
  std::optional<double> clipvalue = std::nullopt;                  \
  std::optional<double> global_clipnorm = std::nullopt;            \
  bool use_ema = false;                                            \
  double ema_momentum = 0.99;                                      \
  std::optional<Index> ema_overwrite_frequency = std::nullopt;     \
  std::optional<double> loss_scale_factor = std::nullopt;          \
  std::optional<Index> gradient_accumulation_steps = std::nullopt; \
  std::string name = {};

/// The options of LAMINA_OPTIMIZER_OPTIONS by themselves.
struct CommonOptimizerOptions {
  LAMINA_OPTIMIZER_OPTIONS
};

/// Goes through the options of LAMINA_OPTIMIZER_OPTIONS by their Keras names.
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

/// The common ones among an optimizer's options.
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
LAMINA_COLD inline void check_optimizer_options(const CommonOptimizerOptions& o) {
  for (const auto& bound : {o.clipnorm, o.clipvalue, o.global_clipnorm})
    if (bound && !above(*bound, 0)) raise<ValueError>("optimizer: clipping bounds must be positive, got ", *bound);
  if (int{o.clipnorm.has_value()} + int{o.clipvalue.has_value()} + int{o.global_clipnorm.has_value()} > 1)
    raise<ValueError>("optimizer: only one of clipnorm, clipvalue and global_clipnorm can be given");
  if (o.weight_decay) check_finite(*o.weight_decay, "weight_decay", "optimizer");
  if (o.use_ema) check_fraction(o.ema_momentum, "ema_momentum", "optimizer");
  if (o.use_ema && o.ema_overwrite_frequency && *o.ema_overwrite_frequency < 1)
    raise<ValueError>("optimizer: expected ema_overwrite_frequency >= 1, got ", *o.ema_overwrite_frequency);
  if (o.loss_scale_factor) check_positive(*o.loss_scale_factor, "loss_scale_factor", "optimizer");
  if (o.gradient_accumulation_steps && *o.gradient_accumulation_steps < 2)
    raise<ValueError>("optimizer: expected gradient_accumulation_steps >= 2, got ", *o.gradient_accumulation_steps);
}
/// 1 - beta^t, what a running mean from 0 holds after t steps; with all numbers rounded to the scalar before, as Keras
/// has them.
template <class S>
S bias_left(double beta, Index t) {
  return S(1) - std::pow(static_cast<S>(beta), static_cast<S>(t));
}
/// Of every optimizer with rates of decay beta_1 and beta_2.
LAMINA_COLD inline void check_betas(const double& beta1, const double& beta2, const char* who) {
  const auto fits = [](const double& beta) { return at_least(beta, 0) && below(beta, 1); };
  if (!fits(beta1) || !fits(beta2))
    raise<ValueError>(who, ": expected beta_1 and beta_2 in [0, 1), got ", beta1, " and ", beta2);
}
}  // namespace detail

}  // namespace lamina
