#pragma once
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "lamina/core/warning.hpp"
#include "lamina/models/callback.hpp"

namespace lamina {

/// Which way a watched number gets better; `auto_` goes by its name: accuracies, areas under curves and scores grow,
/// all else shrinks.
enum class MonitorMode { auto_, min, max };

namespace detail {

/// The best value of a watched number so far.
class Monitor {
 public:
  Monitor(std::string name, MonitorMode mode, double min_delta) : name_(std::move(name)), min_delta_(min_delta) {
    if (!(min_delta >= 0)) raise<ValueError>("callback: expected min_delta >= 0, got ", min_delta);
    larger_ = mode == MonitorMode::max || (mode == MonitorMode::auto_ && grows(name_));
    reset();
  }
  void reset() noexcept {
    best_ = larger_ ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  }
  const std::string& name() const noexcept { return name_; }
  double best() const noexcept { return best_; }
  void set_best(double value) noexcept { best_ = value; }
  bool improves(double value, double than) const noexcept {
    return larger_ ? value - min_delta_ > than : value + min_delta_ < than;
  }
  /// Takes a value in; whether it is the best so far.
  bool update(double value) noexcept {
    if (!improves(value, best_)) return false;
    best_ = value;
    return true;
  }
  /// The watched number; not a number, with a warning the first time, where it is not among the logs.
  double look(const Logs& logs, const char* who) {
    if (logs.contains(name_)) return logs[name_];
    if (!warned_) {
      std::string there;
      for (const auto& entry : logs) there.append(there.empty() ? "" : ", ").append(entry.first);
      warn(who, ": there is no \"", name_, "\" to watch. There are: ", there, ".");
      warned_ = true;
    }
    return std::nan("");
  }

 private:
  static bool grows(const std::string& name) noexcept {
    for (const char* word : {"acc", "auc", "precision", "recall", "f1", "score", "iou", "similarity", "true_"})
      if (name.find(word) != std::string::npos) return true;
    return false;
  }
  std::string name_;
  double min_delta_;
  bool larger_ = false;
  bool warned_ = false;
  double best_ = 0;
};

}  // namespace detail
}  // namespace lamina
