#pragma once
#include <memory>
#include <type_traits>
#include <vector>

#include "lamina/training/history.hpp"

namespace lamina {

template <class Scalar>
class Model;

/// The parameters of the run that a callback belongs to.
struct TrainingParameters {
  int verbose = 0;   ///< As given to `fit` or `evaluate`; 0 in `predict`.
  Index epochs = 1;  ///< Number of the last epoch.
  Index steps = 0;   ///< Number of batches per epoch; 0 if it is unknown.
};

/// The base of all callbacks: hooks called at the start and end of training, evaluation, prediction, epochs and
/// batches. Keras's Callback.
///
/// Derive from it and override the hooks that you need. `logs` holds the loss and the metrics so far; values that a
/// hook adds to the logs of an epoch become part of the history. `model().stop_training()` ends the training after the
/// current batch or epoch.
///
///     struct Stop : Callback<float> {
///       void on_epoch_end(Index, Logs& logs) override { if (logs["loss"] < 0.1) model().stop_training(); }
///     };
///     model.fit(x, y, {.epochs = 100, .callbacks = {Stop()}});
template <class Scalar = float>
class Callback {
 public:
  using scalar_type = Scalar;
  virtual ~Callback() = default;

  /// Called by `fit` before every other hook of every callback. Throws an error if the callback does not fit the model
  /// or its optimizer; at this point no callback has changed anything.
  virtual void validate() const {}
  virtual void on_train_begin() {}
  virtual void on_train_end(Logs& /*logs*/) {}
  virtual void on_epoch_begin(Index /*epoch*/) {}
  virtual void on_epoch_end(Index /*epoch*/, Logs& /*logs*/) {}
  virtual void on_train_batch_begin(Index /*batch*/) {}
  virtual void on_train_batch_end(Index /*batch*/, Logs& /*logs*/) {}
  virtual void on_test_begin() {}
  virtual void on_test_end(Logs& /*logs*/) {}
  virtual void on_test_batch_begin(Index /*batch*/) {}
  virtual void on_test_batch_end(Index /*batch*/, Logs& /*logs*/) {}
  virtual void on_predict_begin() {}
  virtual void on_predict_end() {}
  virtual void on_predict_batch_begin(Index /*batch*/) {}
  virtual void on_predict_batch_end(Index /*batch*/) {}

  /// Returns whether the hooks of batches are called. Override it to return false if the callback has none: batches
  /// then cost nothing.
  virtual bool wants_batches() const { return true; }

  /// Returns the model that runs. Throws StateError outside hooks, or if what runs is a Trainer without a model.
  Model<Scalar>& model() const {
    if (model_ == nullptr) raise<StateError>("callback: there is no model outside fit, evaluate and predict");
    return *model_;
  }
  /// Returns the parameters of the current run.
  const TrainingParameters& parameters() const noexcept { return parameters_; }
  /// Sets the model; called before and, with null, after each run.
  void set_model(Model<Scalar>* model) noexcept { model_ = model; }
  /// Sets the parameters; called before each run.
  void set_parameters(const TrainingParameters& parameters) { parameters_ = parameters; }

 private:
  Model<Scalar>* model_ = nullptr;
  TrainingParameters parameters_;
};

/// A callback given to `fit`, `evaluate` or `predict`: an object, or a shared pointer to one that the caller keeps.
template <class Scalar>
class CallbackArgument {
 public:
  template <class C>
    requires std::is_base_of_v<Callback<Scalar>, C>
  CallbackArgument(C callback)  // NOLINT
      : callback_(std::make_shared<C>(std::move(callback))) {}
  template <class C>
    requires std::is_convertible_v<C*, Callback<Scalar>*>
  CallbackArgument(std::shared_ptr<C> callback)  // NOLINT
      : callback_(std::move(callback)) {
    if (callback_ == nullptr) raise<ValueError>("callbacks: got an empty pointer");
  }
  Callback<Scalar>& operator*() const noexcept { return *callback_; }
  Callback<Scalar>* operator->() const noexcept { return callback_.get(); }

 private:
  std::shared_ptr<Callback<Scalar>> callback_;
};

}  // namespace lamina
