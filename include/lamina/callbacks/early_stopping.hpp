#pragma once
#include <optional>

#include "lamina/callbacks/monitor.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/core/print.hpp"
#include "lamina/core/tensor.hpp"

namespace lamina {

struct EarlyStoppingOptions {
  std::string monitor = "val_loss";  ///< the number to watch
  double min_delta = 0.0;            ///< what counts as better
  Index patience = 0;                ///< how many epochs without a better value are borne
  int verbose = 0;
  MonitorMode mode = MonitorMode::auto_;
  std::optional<double> baseline = std::nullopt;  ///< patience also runs out where this is not beaten
  bool restore_best_weights = false;              ///< ends with the weights of the best epoch
  Index start_from_epoch = 0;                     ///< epochs before this one are not looked at
};

/// Stops training when a number has stopped getting better. Keras's EarlyStopping.
///
///     model.fit(x, y, {.epochs = 100, .validation_split = 0.2, .callbacks = {EarlyStopping({.patience = 3})}});
template <class Scalar = float>
class EarlyStopping : public Callback<Scalar> {
 public:
  explicit EarlyStopping(EarlyStoppingOptions options = {})
      : options_(std::move(options)), monitor_(options_.monitor, options_.mode, options_.min_delta) {
    if (options_.baseline && is_nan(*options_.baseline))
      raise<ValueError>("EarlyStopping: expected a number as baseline, got ", *options_.baseline);
    if (options_.patience < 0) raise<ValueError>("EarlyStopping: expected patience >= 0, got ", options_.patience);
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
    const std::optional<double> value = monitor_.look(logs, "EarlyStopping");
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

  double best() const noexcept { return monitor_.best(); }
  Index best_epoch() const noexcept { return best_epoch_; }
  /// The epoch at which training was stopped; 0 where it was not.
  Index stopped_epoch() const noexcept { return stopped_epoch_; }

 private:
  EarlyStoppingOptions options_;
  detail::Monitor monitor_;
  Index wait_ = 0, stopped_epoch_ = 0, best_epoch_ = 0;
  std::vector<Tensor<Scalar>> best_weights_;
};

}  // namespace lamina
