#pragma once
#include <memory>
#include <type_traits>
#include <vector>

#include "lamina/models/history.hpp"

namespace lamina {

template <class Scalar>
class Model;

/// What a callback may know about the training that it is part of.
struct TrainingParameters {
  int verbose = 0;
  Index epochs = 1;
  Index steps = 0;  ///< batches an epoch; 0 where that is not known beforehand
};

/// The base of all callbacks: what is to be done at the turns of training, evaluation and prediction. Keras's Callback.
///
/// Derive and give the hooks that matter. `logs` holds the loss and the metrics so far; what a hook adds to the logs of
/// an epoch is part of the history. `model().stop_training()` ends the training after the present batch or epoch.
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

  /// Called by `fit` before every other hook of every callback. Raises an error if the callback does not fit the model
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

  /// Whether the hooks of batches are to be called; a callback of epochs says no, and batches cost it nothing.
  virtual bool wants_batches() const { return true; }

  /// The model that is trained. Only inside hooks.
  Model<Scalar>& model() const {
    if (model_ == nullptr) raise<StateError>("callback: there is no model outside fit, evaluate and predict");
    return *model_;
  }
  const TrainingParameters& parameters() const noexcept { return parameters_; }
  void set_model(Model<Scalar>* model) noexcept { model_ = model; }
  void set_parameters(const TrainingParameters& parameters) { parameters_ = parameters; }

 private:
  Model<Scalar>* model_ = nullptr;
  TrainingParameters parameters_;
};

/// A callback given to `fit`: an object, or a shared pointer to one that is looked at afterwards.
template <class Scalar>
class CallbackArgument {
 public:
  template <class C>
  requires std::is_base_of_v<Callback<Scalar>, C> CallbackArgument(C callback)  // NOLINT
      : callback_(std::make_shared<C>(std::move(callback))) {}
  template <class C>
  requires std::is_convertible_v < C*, Callback<Scalar>
  * > CallbackArgument(std::shared_ptr<C> callback)  // NOLINT
      : callback_(std::move(callback)) {
    if (callback_ == nullptr) raise<ValueError>("callbacks: got an empty pointer");
  }
  Callback<Scalar>& operator*() const noexcept { return *callback_; }
  Callback<Scalar>* operator->() const noexcept { return callback_.get(); }

 private:
  std::shared_ptr<Callback<Scalar>> callback_;
};

}  // namespace lamina
