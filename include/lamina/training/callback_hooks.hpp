#pragma once

#include "lamina/core/list.hpp"
#include "lamina/training/callback.hpp"

namespace lamina::detail {

/// The callbacks of one run: sets their model and parameters, and calls their hooks.
template <class Scalar>
class CallbackHooks {
 public:
  LAMINA_COLD CallbackHooks(Model<Scalar>* model, const List<CallbackArgument<Scalar>>& callbacks,
                            const TrainingParameters& parameters)
      : callbacks_(callbacks) {
    for (const auto& callback : callbacks_) {
      callback->set_model(model);
      callback->set_parameters(parameters);
      batches_ = batches_ || callback->wants_batches();
    }
  }
  ~CallbackHooks() {
    for (const auto& callback : callbacks_) callback->set_model(nullptr);
  }
  CallbackHooks(const CallbackHooks&) = delete;
  CallbackHooks& operator=(const CallbackHooks&) = delete;
  /// Whether any callback has hooks of batches.
  bool of_batches() const noexcept { return batches_; }
  template <class... A, class... G>
  void each(void (Callback<Scalar>::*hook)(A...), G&&... arguments) const {
    for (const auto& callback : callbacks_) ((*callback).*hook)(arguments...);
  }
  template <class... A, class... G>
  void each_of_batch(void (Callback<Scalar>::*hook)(A...), G&&... arguments) const {
    if (!batches_) return;
    for (const auto& callback : callbacks_)
      if (callback->wants_batches()) ((*callback).*hook)(arguments...);
  }

 private:
  const List<CallbackArgument<Scalar>>& callbacks_;
  bool batches_ = false;
};

}  // namespace lamina::detail
