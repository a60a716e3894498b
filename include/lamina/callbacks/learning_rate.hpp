#pragma once
#include <functional>

#include "lamina/callbacks/monitor.hpp"
#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/core/print.hpp"

namespace lamina {

/// Sets the learning rate at the start of every epoch to schedule(epoch, learning_rate) or schedule(epoch), where
/// epochs are counted from 0. Keras: `keras.callbacks.LearningRateScheduler`.
///
/// The learning rate is added to the logs as "learning_rate". `fit` throws StateError if the optimizer has a learning
/// rate schedule, and ValueError if the function returns a number that is not finite or < 0.
template <class Scalar = float>
class LearningRateScheduler : public Callback<Scalar> {
 public:
  /// `schedule`: the function. `verbose`: 1 prints every new learning rate, 0 nothing.
  template <class F>
  explicit LearningRateScheduler(F schedule, int verbose = 0) : verbose_(verbose) {
    if constexpr (std::is_invocable_r_v<double, const F&, Index, double>)
      schedule_ = std::move(schedule);
    else
      schedule_ = [s = std::move(schedule)](Index epoch, double) -> double { return s(epoch); };
  }
  bool wants_batches() const override { return false; }
  void validate() const override { this->model().optimizer().require_settable_learning_rate("LearningRateScheduler"); }
  void on_epoch_begin(Index epoch) override {
    const double rate = schedule_(epoch, this->model().optimizer().learning_rate());
    if (!(is_finite(rate) && detail::at_least(rate, 0)))
      raise<ValueError>("LearningRateScheduler: expected a finite learning rate >= 0, got ", rate, " at epoch ", epoch,
                        ". Check the function.");
    this->model().optimizer().set_learning_rate(rate);
    if (verbose_ > 0)
      detail::print("\nEpoch ", epoch + 1, ": LearningRateScheduler setting learning rate to ", rate, ".\n");
  }
  void on_epoch_end(Index, Logs& logs) override {
    logs.set("learning_rate", this->model().optimizer().learning_rate());
  }

 private:
  std::function<double(Index, double)> schedule_;
  int verbose_;
};

/// Options of ReduceLROnPlateau.
struct ReduceLROnPlateauOptions {
  std::string monitor = "val_loss";  ///< Name of the log to monitor. Default: "val_loss".
  double factor = 0.1;               ///< Factor by which the learning rate is multiplied; in (0, 1). Default: 0.1.
  Index patience = 10;               ///< Number of epochs with no improvement before a reduction; >= 0. Default: 10.
  int verbose = 0;                   ///< 0: prints nothing; 1: prints every reduction. Default: 0.
  MonitorMode mode = MonitorMode::auto_;  ///< Whether smaller (min) or larger (max) values are better. Default: auto_.
  /// Smallest change that counts as an improvement; finite; its sign is ignored. Default: 1e-4.
  double min_delta = 1e-4;
  /// Number of epochs after a reduction that do not count towards `patience`; >= 0. Default: 0.
  Index cooldown = 0;
  double min_lr = 0.0;  ///< Lower bound of the learning rate; finite. Default: 0.
};

/// Reduces the learning rate when a monitored log has stopped improving: multiplies it by `factor` after `patience`
/// epochs. Keras: `keras.callbacks.ReduceLROnPlateau`.
///
/// The learning rate is added to the logs as "learning_rate". `fit` throws StateError if the optimizer has a learning
/// rate schedule, ValueError if the mode is `auto_` and the direction of the log is unknown, and warns if there is no
/// such log.
template <class Scalar = float>
class ReduceLROnPlateau : public Callback<Scalar> {
 public:
  /// Throws ValueError if `factor`, `patience`, `cooldown`, `min_delta` or `min_lr` is out of its range.
  explicit ReduceLROnPlateau(ReduceLROnPlateauOptions options = {})
      : options_(std::move(options)), monitor_(options_.monitor, options_.mode, options_.min_delta) {
    detail::check_finite(options_.min_lr, "min_lr", "ReduceLROnPlateau");
    if (!(detail::above(options_.factor, 0) && detail::below(options_.factor, 1)))
      raise<ValueError>("ReduceLROnPlateau: expected 0 < factor < 1, got ", options_.factor);
    if (options_.patience < 0) raise<ValueError>("ReduceLROnPlateau: expected patience >= 0, got ", options_.patience);
    if (options_.cooldown < 0) raise<ValueError>("ReduceLROnPlateau: expected cooldown >= 0, got ", options_.cooldown);
  }
  bool wants_batches() const override { return false; }
  void validate() const override {
    this->model().optimizer().require_settable_learning_rate("ReduceLROnPlateau");
    monitor_.validate(this->model(), "ReduceLROnPlateau");
  }
  void on_train_begin() override {
    monitor_.begin(this->model());
    monitor_.reset();
    wait_ = cooldown_left_ = 0;
  }
  void on_epoch_end(Index epoch, Logs& logs) override {
    auto& optimizer = this->model().optimizer();
    logs.set("learning_rate", optimizer.learning_rate());
    const std::optional<double> value = monitor_.find(logs, "ReduceLROnPlateau");
    if (!value) return;
    if (cooldown_left_ > 0) {
      --cooldown_left_;
      wait_ = 0;
    }
    if (monitor_.update(*value)) {
      wait_ = 0;
    } else if (cooldown_left_ == 0 && ++wait_ >= options_.patience) {
      const double old = optimizer.learning_rate();
      if (!detail::above(old, options_.min_lr)) return;
      const double rate = (std::max)(old * options_.factor, options_.min_lr);
      optimizer.set_learning_rate(rate);
      if (options_.verbose > 0)
        detail::print("\nEpoch ", epoch + 1, ": ReduceLROnPlateau reducing learning rate to ", rate, ".\n");
      cooldown_left_ = options_.cooldown;
      wait_ = 0;
    }
  }

 private:
  ReduceLROnPlateauOptions options_;
  detail::Monitor monitor_;
  Index wait_ = 0, cooldown_left_ = 0;
};

}  // namespace lamina
