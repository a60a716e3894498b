#pragma once
#include "lamina/core/classify.hpp"
#include "lamina/optimizers/schedules.hpp"

namespace lamina {

namespace detail {
/// A schedule that calls a function of the step; it has no configuration.
template <class F>
class CallableSchedule : public LearningRateSchedule {
 public:
  explicit CallableSchedule(F function) : function_(std::move(function)) {}
  double operator()(Index step) const override { return function_(step); }
  std::string class_name() const override { return "CallableSchedule"; }
  LAMINA_COLD Config get_config() const override {
    raise<ValueError>(
        "learning_rate: a function has no configuration. Use a number, a schedule (ExponentialDecay, "
        "CosineDecay, ...), or a class derived from LearningRateSchedule that is registered with "
        "register_custom_object.");
  }

 private:
  F function_;
};
}  // namespace detail

/// A learning rate: a finite number >= 0, a schedule (an object or a shared pointer to one), or any function of the
/// step, the number of training steps so far.
class LearningRate {
 public:
  /// A constant learning rate. Throws ValueError unless it is finite and >= 0.
  LAMINA_COLD LearningRate(const double& rate) : rate_(rate) {  // NOLINT
    if (!(is_finite(rate) && detail::at_least(rate, 0)))
      raise<ValueError>("learning_rate: expected a finite number >= 0, got ", rate);
  }
  /// A schedule.
  template <class T>
    requires std::is_base_of_v<LearningRateSchedule, T>
  LearningRate(T schedule)  // NOLINT
      : schedule_(std::make_shared<T>(std::move(schedule))) {}
  /// A shared schedule. Throws ValueError for a null pointer.
  template <class T>
    requires std::is_convertible_v<T*, const LearningRateSchedule*>
  LearningRate(std::shared_ptr<T> schedule)  // NOLINT
      : schedule_(std::move(schedule)) {
    if (schedule_ == nullptr) raise<ValueError>("learning_rate: expected a schedule, got a null pointer");
  }
  /// Any function from the step to the learning rate. It cannot be saved.
  template <class F>
    requires(std::is_invocable_r_v<double, const F&, Index> && !std::is_base_of_v<LearningRateSchedule, F>)
  LearningRate(F function)  // NOLINT
      : schedule_(std::make_shared<detail::CallableSchedule<F>>(std::move(function))) {}

  /// Returns the learning rate of a step, counted from 0.
  double operator()(Index step) const { return schedule_ != nullptr ? (*schedule_)(step) : rate_; }
  /// Returns whether the learning rate is a number, not a schedule.
  bool is_constant() const noexcept { return schedule_ == nullptr; }
  /// Returns the schedule; null if the learning rate is a number.
  const std::shared_ptr<const LearningRateSchedule>& schedule() const noexcept { return schedule_; }

  /// Returns the configuration: a number, or `{"class_name": ..., "config": {...}}` of the schedule. Throws ValueError
  /// for a function.
  LAMINA_COLD Config to_config() const {
    if (schedule_ == nullptr) return rate_;
    Config arguments = schedule_->get_config();
    return named_config(schedule_->class_name(), std::move(arguments));
  }
  /// Reads a configuration that `to_config` returned. Throws ValueError for an unknown schedule or argument. A
  /// template, so that programs that read none do not compile all schedules.
  template <class C>
    requires std::is_same_v<C, Config>
  LAMINA_COLD void from_config(const C& config) {
    if (config.is_number()) {
      *this = LearningRate(config.as_real());
    } else {
      *this = LearningRate(ScheduleFamily::Table::from_config(ScheduleFamily::kind, config));
    }
  }

 private:
  double rate_ = 0;
  std::shared_ptr<const LearningRateSchedule> schedule_;
};

}  // namespace lamina
