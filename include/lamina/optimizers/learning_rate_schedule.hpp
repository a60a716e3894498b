#pragma once
#include <memory>
#include <string>

#include "lamina/core/arguments.hpp"
#include "lamina/core/strategy.hpp"

namespace lamina {

/// The base of learning rate schedules: a learning rate as a function of the step: the number of training steps so far.
/// (With gradient_accumulation_steps those that only accumulate gradients count, as in Keras.) Keras's
/// LearningRateSchedule.
///
/// To write one, derive and give the call, and for files a class name and a configuration:
///
///     struct WarmUp : LearningRateSchedule {
///       double operator()(Index step) const override { return 0.01 * std::min(1.0, (step + 1) / 100.0); }
///       std::string class_name() const override { return "WarmUp"; }
///     };
///     SGD sgd({.learning_rate = WarmUp()});
class LearningRateSchedule {
 public:
  using StrategyBase = LearningRateSchedule;

  virtual ~LearningRateSchedule() = default;
  virtual double operator()(Index step) const = 0;
  virtual std::string class_name() const = 0;
  /// The arguments under Keras's names.
  LAMINA_COLD virtual Config get_config() const { return Config::map(); }
};

}  // namespace lamina
