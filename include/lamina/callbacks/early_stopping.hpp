#pragma once
#include <optional>

#include "lamina/callbacks/monitor.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/core/print.hpp"
#include "lamina/core/tensor.hpp"

namespace lamina {

/// Options of EarlyStopping.
struct EarlyStoppingOptions {
  std::string monitor = "val_loss";  ///< Name of the log to monitor. Default: "val_loss".
  double min_delta = 0.0;  ///< Smallest change that counts as an improvement; finite; its sign is ignored. Default: 0.
  Index patience = 0;      ///< Number of epochs with no improvement after which training stops; >= 0. Default: 0.
  int verbose = 0;         ///< 0: prints nothing; 1: prints when training stops. Default: 0.
  MonitorMode mode = MonitorMode::auto_;  ///< Whether smaller (min) or larger (max) values are better. Default: auto_.
  /// Value that the monitored log must improve on; otherwise training stops after `patience` epochs. Default: none.
  std::optional<double> baseline = std::nullopt;
  /// If true, restores the weights of the best epoch at the end of training. Default: false.
  bool restore_best_weights = false;
  Index start_from_epoch = 0;  ///< First epoch, counted from 0, that is monitored; >= 0. Default: 0.
};

/// Stops training when a monitored log has stopped improving. Keras: `keras.callbacks.EarlyStopping`.
///
/// `fit` throws ValueError if the mode is `auto_` and the direction of the log is unknown, and warns if there is no
/// such log.
///
///     model.fit(x, y, {.epochs = 100, .validation_split = 0.2, .callbacks = {EarlyStopping({.patience = 3})}});
template <class Scalar = float>
class EarlyStopping : public Callback<Scalar> {
 public:
  /// Throws ValueError if `patience` or `start_from_epoch` < 0, `min_delta` is not finite or `baseline` is NaN.
  explicit EarlyStopping(EarlyStoppingOptions options = {})
      : options_(std::move(options)), monitor_(options_.monitor, options_.mode, options_.min_delta) {
    if (options_.baseline && is_nan(*options_.baseline))
      raise<ValueError>("EarlyStopping: expected a number as baseline, got ", *options_.baseline);
    if (options_.patience < 0) raise<ValueError>("EarlyStopping: expected patience >= 0, got ", options_.patience);
    if (options_.start_from_epoch < 0)
      raise<ValueError>("EarlyStopping: expected start_from_epoch >= 0, got ", options_.start_from_epoch);
  }
  bool wants_batches() const override { return false; }

  void validate() const override { monitor_.validate(this->model(), "EarlyStopping"); }
  void on_train_begin() override {
    monitor_.begin(this->model());
    monitor_.reset();
    wait_ = 0;
    stopped_epoch_ = best_epoch_ = 0;
    best_weights_.clear();
  }
  void on_epoch_end(Index epoch, Logs& logs) override {
    const std::optional<double> value = monitor_.find(logs, "EarlyStopping");
    if (!value) return;
    if (epoch < options_.start_from_epoch) return;
    if (options_.restore_best_weights && best_weights_.empty()) best_weights_ = this->model().get_weights();
    ++wait_;
    if (monitor_.update(*value)) {
      best_epoch_ = epoch;
      if (options_.restore_best_weights) best_weights_ = this->model().get_weights();
      if (!options_.baseline || monitor_.improves(*value, *options_.baseline)) wait_ = 0;
      return;
    }
    if (wait_ >= options_.patience && epoch > 0) {
      stopped_epoch_ = epoch;
      this->model().stop_training();
    }
  }
  void on_train_end(Logs&) override {
    if (stopped_epoch_ > 0 && options_.verbose > 0) detail::print("Epoch ", stopped_epoch_ + 1, ": early stopping\n");
    if (options_.restore_best_weights && !best_weights_.empty()) {
      if (options_.verbose > 0)
        detail::print("Restoring model weights from the end of the best epoch: ", best_epoch_ + 1, ".\n");
      this->model().set_weights(best_weights_);
    }
  }

  /// Returns the best value of the monitored log.
  double best() const noexcept { return monitor_.best(); }
  /// Returns the epoch of the best value, counted from 0.
  Index best_epoch() const noexcept { return best_epoch_; }
  /// Returns the epoch after which training was stopped, counted from 0; 0 if it was not stopped.
  Index stopped_epoch() const noexcept { return stopped_epoch_; }

 private:
  EarlyStoppingOptions options_;
  detail::Monitor monitor_;
  Index wait_ = 0, stopped_epoch_ = 0, best_epoch_ = 0;
  std::vector<Tensor<Scalar>> best_weights_;
};

}  // namespace lamina
