#pragma once
#include <functional>

#include "lamina/training/callback.hpp"

namespace lamina {

/// The functions of a LambdaCallback; an empty one is not called. Epochs and batches are counted from 0.
struct LambdaCallbackOptions {
  std::function<void()> on_train_begin = nullptr;                  ///< Called at the start of `fit`. Default: none.
  std::function<void(Logs&)> on_train_end = nullptr;               ///< Called at the end of `fit`. Default: none.
  std::function<void(Index)> on_epoch_begin = nullptr;             ///< Called at the start of an epoch. Default: none.
  std::function<void(Index, Logs&)> on_epoch_end = nullptr;        ///< Called at the end of an epoch. Default: none.
  std::function<void(Index)> on_train_batch_begin = nullptr;       ///< Called before a training step. Default: none.
  std::function<void(Index, Logs&)> on_train_batch_end = nullptr;  ///< Called after a training step. Default: none.
};

/// A callback that calls user-defined functions. Keras: `keras.callbacks.LambdaCallback`.
///
///     LambdaCallback({.on_epoch_end = [](Index epoch, Logs& logs) { plot(epoch, logs["loss"]); }})
template <class Scalar = float>
class LambdaCallback : public Callback<Scalar> {
 public:
  explicit LambdaCallback(LambdaCallbackOptions options) : f_(std::move(options)) {}
  bool wants_batches() const override { return f_.on_train_batch_begin || f_.on_train_batch_end; }
  void on_train_begin() override {
    if (f_.on_train_begin) f_.on_train_begin();
  }
  void on_train_end(Logs& logs) override {
    if (f_.on_train_end) f_.on_train_end(logs);
  }
  void on_epoch_begin(Index epoch) override {
    if (f_.on_epoch_begin) f_.on_epoch_begin(epoch);
  }
  void on_epoch_end(Index epoch, Logs& logs) override {
    if (f_.on_epoch_end) f_.on_epoch_end(epoch, logs);
  }
  void on_train_batch_begin(Index batch) override {
    if (f_.on_train_batch_begin) f_.on_train_batch_begin(batch);
  }
  void on_train_batch_end(Index batch, Logs& logs) override {
    if (f_.on_train_batch_end) f_.on_train_batch_end(batch, logs);
  }

 private:
  LambdaCallbackOptions f_;
};

}  // namespace lamina
