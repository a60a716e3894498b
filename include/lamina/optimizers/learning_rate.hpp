#pragma once
#include "lamina/core/classify.hpp"
#include "lamina/optimizers/schedules.hpp"

namespace lamina {

namespace detail {
/// A function of the step, taken for a schedule; it has no configuration.
template <class F>
class CallableSchedule : public LearningRateSchedule {
 public:
  explicit CallableSchedule(F function) : function_(std::move(function)) {}
  double operator()(Index step) const override { return function_(step); }
  std::string class_name() const override { return "CallableSchedule"; }
  LAMINA_COLD Config get_config() const override {
    raise<ValueError>(
        "learning_rate: a function has no configuration. Give a number, one of Keras's schedules (ExponentialDecay, "
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
  LAMINA_COLD LearningRate(const double& rate) : rate_(rate) {  // NOLINT: a number stands for a constant rate
    if (!(is_finite(rate) && detail::at_least(rate, 0)))
      raise<ValueError>("learning_rate: expected a finite number >= 0, got ", rate);
  }
  template <class T>
    requires std::is_base_of_v<LearningRateSchedule, T>
  LearningRate(T schedule)  // NOLINT
      : schedule_(std::make_shared<T>(std::move(schedule))) {}
  template <class T>
    requires std::is_convertible_v<T*, const LearningRateSchedule*>
  LearningRate(std::shared_ptr<T> schedule)  // NOLINT
      : schedule_(std::move(schedule)) {
    if (schedule_ == nullptr) raise<ValueError>("learning_rate: the shared pointer to a schedule is empty");
  }
  template <class F>
    requires(std::is_invocable_r_v<double, const F&, Index> && !std::is_base_of_v<LearningRateSchedule, F>)
  LearningRate(F function)  // NOLINT
      : schedule_(std::make_shared<detail::CallableSchedule<F>>(std::move(function))) {}

  double operator()(Index step) const { return schedule_ != nullptr ? (*schedule_)(step) : rate_; }
  bool is_constant() const noexcept { return schedule_ == nullptr; }
  /// The schedule; empty for a number.
  const std::shared_ptr<const LearningRateSchedule>& schedule() const noexcept { return schedule_; }

  /// A number, or `{"class_name": ..., "config": {...}}`.
  LAMINA_COLD Config to_config() const {
    if (schedule_ == nullptr) return rate_;
    Config arguments = schedule_->get_config();
    return named_config(schedule_->class_name(), std::move(arguments));
  }
  /// From what `to_config` gives. (A template, so that the schedules' configurations are compiled only where one is
  /// read.)
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
