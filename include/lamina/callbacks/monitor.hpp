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

/// Which way a monitored number gets better. `auto_` asks the model's loss or metric of that name, see
/// Model::log_direction; a number whose direction is not known is an error that says to give `min` or `max`.
enum class MonitorMode { auto_, min, max };

namespace detail {

/// The best value of a monitored number so far.
class Monitor {
 public:
  /// The sign of `min_delta` is ignored, as in Keras.
  Monitor(std::string name, MonitorMode mode, const double& min_delta)
      : name_(std::move(name)), mode_(mode), larger_(mode == MonitorMode::max) {
    check_finite(min_delta, "min_delta", "callback");
    min_delta_ = std::fabs(min_delta);
    reset();
  }
  /// Raises an error if mode is `auto_` and the model does not know the direction. `who` is for the error.
  template <class Model>
  void validate(const Model& model, const char* who) const {
    if (mode_ == MonitorMode::auto_ && model.log_direction(name_) == MetricDirection::unknown)
      raise_unknown(who, model.log_names());
  }
  /// At the beginning of training: in mode `auto_` the direction is the model's.
  template <class Model>
  void begin(const Model& model) {
    if (mode_ != MonitorMode::auto_) return;
    const bool fresh = best_ == worst();
    larger_ = model.log_direction(name_) == MetricDirection::up;
    if (fresh) reset();
  }
  void reset() noexcept { best_ = worst(); }
  const std::string& name() const noexcept { return name_; }
  double best() const noexcept { return best_; }
  void set_best(double value) noexcept { best_ = value; }
  bool improves(double value, double than) const noexcept {
    if (is_nan(value)) return false;
    return larger_ ? value - min_delta_ > than : value + min_delta_ < than;
  }
  /// Takes a value in; whether it is the best so far.
  bool update(double value) noexcept {
    if (!improves(value, best_)) return false;
    best_ = value;
    return true;
  }
  /// The monitored number; none, with a warning the first time, if it is not among the logs.
  std::optional<double> look(const Logs& logs, const char* who) {
    if (logs.contains(name_)) return logs[name_];
    if (!warned_) {
      std::string there;
      for (const auto& entry : logs) there.append(there.empty() ? "" : ", ").append(entry.first);
      warn(text(who, ": there is no \"", name_, "\" to watch. There are: ", there, "."));
      warned_ = true;
    }
    return std::nullopt;
  }

 private:
  double worst() const noexcept {
    const double infinity = std::numeric_limits<double>::infinity();
    return larger_ ? -infinity : infinity;
  }
  [[noreturn]] LAMINA_NOINLINE void raise_unknown(const char* who, const std::string& known) const {
    raise<ValueError>(who, ": it is not known whether \"", name_, "\" gets better up or down. Set .mode to ",
                      "MonitorMode::max or MonitorMode::min, or monitor a loss or a metric of the model (", known,
                      "; in validation with the prefix val_).");
  }
  std::string name_;
  double min_delta_ = 0;
  MonitorMode mode_;
  bool larger_;  // whether larger values are better
  bool warned_ = false;
  double best_ = 0;
};

}  // namespace detail
}  // namespace lamina
