#pragma once
#include <memory>
#include <string>

#include "lamina/core/arguments.hpp"
#include "lamina/core/strategy.hpp"

namespace lamina {

/// The base class of learning rate schedules: functions from the step to the learning rate. The step is the number of
/// training steps so far; as in Keras, steps that only accumulate gradients (gradient_accumulation_steps) count.
/// `keras.optimizers.schedules.LearningRateSchedule`.
///
/// A user-defined schedule overrides the call operator and, to be saved with a model, class_name and get_config:
///
///     struct WarmUp : LearningRateSchedule {
///       double operator()(Index step) const override { return 0.01 * std::min(1.0, (step + 1) / 100.0); }
///       std::string class_name() const override { return "WarmUp"; }
///     };
///     SGD sgd({.learning_rate = WarmUp()});
class LearningRateSchedule {
 public:
  /// The base class under which user-defined schedules are registered.
  using StrategyBase = LearningRateSchedule;

  virtual ~LearningRateSchedule() = default;
  /// Returns the learning rate of a step, counted from 0.
  virtual double operator()(Index step) const = 0;
  /// Returns the name of the class in configurations.
  virtual std::string class_name() const = 0;
  /// Returns the arguments under Keras's names.
  LAMINA_COLD virtual Config get_config() const { return Config::map(); }
};

}  // namespace lamina
