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
      has_batch_hooks_ = has_batch_hooks_ || callback->wants_batches();
    }
  }
  ~CallbackHooks() {
    for (const auto& callback : callbacks_) callback->set_model(nullptr);
  }
  CallbackHooks(const CallbackHooks&) = delete;
  CallbackHooks& operator=(const CallbackHooks&) = delete;
  /// Returns whether any callback has hooks of batches.
  bool has_batch_hooks() const noexcept { return has_batch_hooks_; }
  /// Calls a hook of every callback.
  template <class... A, class... G>
  void call(void (Callback<Scalar>::*hook)(A...), G&&... arguments) const {
    for (const auto& callback : callbacks_) ((*callback).*hook)(arguments...);
  }
  /// Calls a hook of batches of every callback that has them.
  template <class... A, class... G>
  void call_batch(void (Callback<Scalar>::*hook)(A...), G&&... arguments) const {
    if (!has_batch_hooks_) return;
    for (const auto& callback : callbacks_)
      if (callback->wants_batches()) ((*callback).*hook)(arguments...);
  }

 private:
  const List<CallbackArgument<Scalar>>& callbacks_;
  bool has_batch_hooks_ = false;
};

}  // namespace lamina::detail
