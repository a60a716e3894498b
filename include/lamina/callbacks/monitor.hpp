#pragma once
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/core/warning.hpp"
#include "lamina/metrics/metric.hpp"
#include "lamina/training/callback.hpp"

namespace lamina {

/// Whether smaller or larger values of a monitored log are better. Keras: the argument `mode`.
enum class MonitorMode {
  auto_,  ///< The direction of the loss or metric with this name, see Trainer::log_direction. If unknown, `fit` throws.
  min,    ///< Smaller is better.
  max     ///< Larger is better.
};

namespace detail {

/// Tracks the best value of a monitored log.
class Monitor {
 public:
  /// Throws ValueError if `min_delta` is not finite; its sign is ignored, as in Keras.
  Monitor(std::string name, MonitorMode mode, const double& min_delta)
      : name_(std::move(name)), mode_(mode), larger_is_better_(mode == MonitorMode::max) {
    check_finite(min_delta, "min_delta", "callback");
    min_delta_ = std::fabs(min_delta);
    reset();
  }
  /// Throws ValueError if the mode is `auto_` and the direction of the log is unknown. `who`: prefix of the error text.
  template <class Model>
  void validate(const Model& model, const char* who) const {
    if (mode_ == MonitorMode::auto_ && model.log_direction(name_) == MetricDirection::unknown)
      raise_unknown(who, model.log_names());
  }
  /// Reads the direction from the model if the mode is `auto_`; called at the start of training.
  template <class Model>
  void begin(const Model& model) {
    if (mode_ != MonitorMode::auto_) return;
    const bool fresh = best_ == worst();
    larger_is_better_ = model.log_direction(name_) == MetricDirection::up;
    if (fresh) reset();
  }
  /// Resets the best value to the worst possible one.
  void reset() noexcept { best_ = worst(); }
  const std::string& name() const noexcept { return name_; }
  double best() const noexcept { return best_; }
  void set_best(double value) noexcept { best_ = value; }
  /// Returns whether `value` is better than `than` by more than min_delta.
  bool improves(double value, double than) const noexcept {
    if (is_nan(value)) return false;
    return larger_is_better_ ? value - min_delta_ > than : value + min_delta_ < than;
  }
  /// Updates the best value; returns whether it has improved.
  bool update(double value) noexcept {
    if (!improves(value, best_)) return false;
    best_ = value;
    return true;
  }
  /// Returns the value of the monitored log; std::nullopt, and a warning the first time, if there is no such log.
  std::optional<double> find(const Logs& logs, const char* who) {
    if (logs.contains(name_)) return logs[name_];
    if (!warned_) {
      std::string names;
      for (const auto& entry : logs) names.append(names.empty() ? "" : ", ").append(entry.first);
      warn(text(who, ": there is no log \"", name_, "\" to monitor. The logs are: ", names, "."));
      warned_ = true;
    }
    return std::nullopt;
  }

 private:
  double worst() const noexcept {
    const double infinity = std::numeric_limits<double>::infinity();
    return larger_is_better_ ? -infinity : infinity;
  }
  [[noreturn]] LAMINA_NOINLINE void raise_unknown(const char* who, const std::string& known) const {
    raise<ValueError>(who, ": it is unknown whether larger or smaller values of \"", name_,
                      "\" are better. Set .mode to ",
                      "MonitorMode::max or MonitorMode::min, or monitor a loss or a metric of the model (", known,
                      "; for validation with the prefix val_).");
  }
  std::string name_;
  double min_delta_ = 0;
  MonitorMode mode_;
  bool larger_is_better_;
  bool warned_ = false;
  double best_ = 0;
};

}  // namespace detail
}  // namespace lamina
