#pragma once
#include <cmath>
#include <cstdio>

#include "lamina/models/callback.hpp"

namespace lamina {

/// Stops training at the first batch whose loss is not a finite number. Keras's TerminateOnNaN.
template <class Scalar = float>
class TerminateOnNaN : public Callback<Scalar> {
 public:
  void on_train_batch_end(Index batch, Logs& logs) override {
    if (std::isfinite(logs["loss"])) return;
    std::fprintf(stderr, "Batch %lld: the loss is %g, terminating training\n", static_cast<long long>(batch + 1),
                 logs["loss"]);
    this->model().stop_training();
  }
};

}  // namespace lamina
