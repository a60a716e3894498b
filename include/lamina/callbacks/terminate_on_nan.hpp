#pragma once
#include <cmath>

#include "lamina/core/warning.hpp"
#include "lamina/models/callback.hpp"

namespace lamina {

/// Stops training at the first batch whose loss is not a finite number. Keras's TerminateOnNaN.
template <class Scalar = float>
class TerminateOnNaN : public Callback<Scalar> {
 public:
  void on_train_batch_end(Index batch, Logs& logs) override {
    if (std::isfinite(logs["loss"])) return;
    detail::warn("TerminateOnNaN: the loss is ", logs["loss"], " at batch ", batch + 1, ", terminating training");
    this->model().stop_training();
  }
};

}  // namespace lamina
