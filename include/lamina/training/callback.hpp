#pragma once
#include <memory>
#include <type_traits>
#include <vector>

#include "lamina/training/history.hpp"

namespace lamina {

template <class Scalar>
class Model;

/// Parameters of the current run of `fit`, `evaluate` or `predict`. Keras: `Callback.params`.
struct TrainingParameters {
  int verbose = 0;   ///< The option `verbose` of `fit` or `evaluate`: 0, 1 or 2; 0 in `predict`.
  Index epochs = 1;  ///< The option `epochs` of `fit`; 1 in `evaluate` and `predict`.
  Index steps = 0;   ///< Number of batches per epoch; 0 if unknown.
};

/// Base class of all callbacks: hooks called at the start and end of training, evaluation, prediction, epochs and
/// batches. Keras: `keras.callbacks.Callback`.
///
/// A custom callback derives from it and overrides the hooks that it needs. `logs` contains the current values of the
/// loss and the metrics; values that `on_epoch_end` adds to the logs become part of the history. Epochs and batches are
/// counted from 0. `model().stop_training()` ends the training after the current batch or epoch.
///
///     struct Stop : Callback<float> {
///       void on_epoch_end(Index, Logs& logs) override { if (logs["loss"] < 0.1) model().stop_training(); }
///     };
///     model.fit(x, y, {.epochs = 100, .callbacks = {Stop()}});
template <class Scalar = float>
class Callback {
 public:
  using scalar_type = Scalar;  ///< Element type of the model.
  virtual ~Callback() = default;

  /// Called by `fit` before every other hook of every callback. Overrides throw an error if the callback cannot work
  /// with the model or its optimizer; at this point no callback has changed anything.
  virtual void validate() const {}
  /// Called at the start of `fit`.
  virtual void on_train_begin() {}
  /// Called at the end of `fit`, with the logs of the last epoch.
  virtual void on_train_end(Logs& /*logs*/) {}
  /// Called at the start of an epoch of `fit`.
  virtual void on_epoch_begin(Index /*epoch*/) {}
  /// Called at the end of an epoch of `fit`, after its validation.
  virtual void on_epoch_end(Index /*epoch*/, Logs& /*logs*/) {}
  /// Called before a training step.
  virtual void on_train_batch_begin(Index /*batch*/) {}
  /// Called after a training step.
  virtual void on_train_batch_end(Index /*batch*/, Logs& /*logs*/) {}
  /// Called at the start of `evaluate` and of each validation in `fit`.
  virtual void on_test_begin() {}
  /// Called at the end of `evaluate` and of each validation in `fit`.
  virtual void on_test_end(Logs& /*logs*/) {}
  /// Called before a test step.
  virtual void on_test_batch_begin(Index /*batch*/) {}
  /// Called after a test step.
  virtual void on_test_batch_end(Index /*batch*/, Logs& /*logs*/) {}
  /// Called at the start of `predict`.
  virtual void on_predict_begin() {}
  /// Called at the end of `predict`.
  virtual void on_predict_end() {}
  /// Called before a batch of `predict`.
  virtual void on_predict_batch_begin(Index /*batch*/) {}
  /// Called after a batch of `predict`.
  virtual void on_predict_batch_end(Index /*batch*/) {}

  /// Returns whether the hooks of batches are called. Default: true. A callback without hooks of batches overrides it
  /// to return false, which saves computing the logs of every batch.
  virtual bool wants_batches() const { return true; }

  /// Returns the model of the current run. Throws StateError outside a run, or if the Trainer has no model.
  Model<Scalar>& model() const {
    if (model_ == nullptr)
      raise<StateError>("callback, model: there is no model outside fit, evaluate and predict. Call it in a hook.");
    return *model_;
  }
  /// Returns the parameters of the current run.
  const TrainingParameters& parameters() const noexcept { return parameters_; }
  /// Sets the model. Called before each run, and with null after it.
  void set_model(Model<Scalar>* model) noexcept { model_ = model; }
  /// Sets the parameters. Called before each run.
  void set_parameters(const TrainingParameters& parameters) { parameters_ = parameters; }

 private:
  Model<Scalar>* model_ = nullptr;
  TrainingParameters parameters_;
};

/// A callback argument of `fit`, `evaluate` or `predict`: an object, which is moved or copied, or a shared pointer to
/// one that the caller keeps. Throws ValueError for an empty pointer.
template <class Scalar>
class CallbackArgument {
 public:
  /// Stores a callback object.
  template <class C>
    requires std::is_base_of_v<Callback<Scalar>, C>
  CallbackArgument(C callback)  // NOLINT
      : callback_(std::make_shared<C>(std::move(callback))) {}
  /// Shares ownership of a callback.
  template <class C>
    requires std::is_convertible_v<C*, Callback<Scalar>*>
  CallbackArgument(std::shared_ptr<C> callback)  // NOLINT
      : callback_(std::move(callback)) {
    if (callback_ == nullptr) raise<ValueError>("callbacks: expected a callback, got an empty pointer");
  }
  /// Returns the callback.
  Callback<Scalar>& operator*() const noexcept { return *callback_; }
  /// Returns a pointer to the callback.
  Callback<Scalar>* operator->() const noexcept { return callback_.get(); }

 private:
  std::shared_ptr<Callback<Scalar>> callback_;
};

}  // namespace lamina
