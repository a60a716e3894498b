#pragma once
#include "lamina/core/classify.hpp"
#include "lamina/core/warning.hpp"
#include "lamina/training/callback.hpp"

namespace lamina {

/// Stops training, with a warning, after the first batch whose loss is NaN or infinite. Keras:
/// `keras.callbacks.TerminateOnNaN`.
template <class Scalar = float>
class TerminateOnNaN : public Callback<Scalar> {
 public:
  void on_train_batch_end(Index batch, Logs& logs) override {
    const double loss = logs["loss"];
    if (is_finite(loss)) return;
    detail::warn("TerminateOnNaN: the loss is ", loss, " at batch ", batch + 1, ". Training is stopped.");
    this->model().stop_training();
  }
};

}  // namespace lamina
