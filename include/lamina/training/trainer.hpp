#pragma once
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lamina/layers/base/layer.hpp"
#include "lamina/training/callback_hooks.hpp"
#include "lamina/training/compiled_loss_and_metrics.hpp"
#include "lamina/training/compiled_trainable.hpp"
#include "lamina/training/history.hpp"
#include "lamina/training/options.hpp"
#include "lamina/training/progress.hpp"
#include "lamina/training/stop_condition.hpp"

namespace lamina {

/// Trains, evaluates and runs a layer: compile, fit, evaluate, predict. A base class of Model, which is also the layer.
/// Keras: `Trainer`, a base class of `keras.Model`.
///
/// It owns the optimizer and the compiled losses and metrics. It calls the layer, and the functions that Model and its
/// subclasses override: `train_step`, `test_step`, and the protected functions that describe the model.
///
/// `fit`, `evaluate`, `train_on_batch` and `test_on_batch` throw StateError before `compile`. They and `predict` throw
/// ValueError if an option is out of its range, or if the numbers of inputs, targets, weights or samples do not match
/// the model or each other, and ShapeError if a shape does not match.
template <class Scalar = float>
class Trainer {
 public:
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// Configures training: sets the optimizer, the losses and the metrics, each a Keras name or an object. Replaces an
  /// earlier optimizer and its state. Keras: `Model.compile`.
  ///
  /// Set `trainable` of layers before. `fit` and `train_on_batch` warn if it has changed since: variables frozen since
  /// are not trained, and variables unfrozen after the first step are trained only after the next `compile`. Throws
  /// ValueError for an unknown optimizer, loss, metric or output, and if the number of losses differs from that of the
  /// outputs.
  LAMINA_COLD void compile(CompileOptions<Scalar> options);
  /// Returns whether `compile` was called.
  bool compiled() const noexcept { return optimizer_ != nullptr; }
  /// Returns the optimizer. Throws StateError before `compile`.
  Optimizer<Scalar>& optimizer() const {
    require_compiled("optimizer");
    return *optimizer_;
  }

  /// Returns the options of the last `compile`, as they were given. Throws StateError before `compile`.
  const CompileOptions<Scalar>& compile_options() const {
    require_compiled("compile_options");
    return compile_options_;
  }

  /// Returns the direction in which a log improves, by its name: `val_loss`, `accuracy`, `val_price_mae`. Smaller
  /// losses are better; metrics have their `Metric::direction`. Other logs (of `track` and of callbacks) have the
  /// direction of the built-in metric with this default name; unknown if there is none.
  MetricDirection log_direction(std::string_view name) const {
    require_compiled("log_direction");
    return loss_and_metrics_->direction(name);
  }
  /// Returns the names of the loss and the metrics in the logs, separated by commas.
  std::string log_names() const {
    require_compiled("log_names");
    return loss_and_metrics_->names();
  }

  /// Trains the model for `epochs - initial_epoch` epochs. Returns the loss and the metrics of every epoch. Keras:
  /// `Model.fit`.
  ///
  /// Shapes: x (samples, ...) and y (samples, ...), tensors or Eigen matrices; lists of them for several inputs or
  /// outputs. x of rank 1 is used as (samples, 1).
  LAMINA_COLD History fit(const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                          const FitOptions<Scalar>& options = {});
  /// Trains the model on the batches of a Dataset or of another BatchSource. An epoch is one pass over the batches, or
  /// `steps_per_epoch` batches. With `steps_per_epoch`, the next epoch continues a source of unknown length where the
  /// last one ended. `validation`: batches for validation; null for none. Throws ValueError for `validation_split`,
  /// `sample_weight` and `class_weight`.
  LAMINA_COLD History fit(const BatchSource<Scalar>& batches, const FitOptions<Scalar>& options = {},
                          const BatchSource<Scalar>* validation = nullptr);

  /// Ends the training after the current batch or epoch; called by callbacks. Keras: `model.stop_training = True`.
  void stop_training() noexcept { stopping_ = true; }
  /// Returns whether `FitOptions::stop` ended the last `fit`; valid from `on_train_end` on.
  bool interrupted() const noexcept { return interrupted_; }
  /// Starts training at an epoch, after a number of its batches; called by callbacks in `on_train_begin`. `epoch_steps`:
  /// the optimizer's `steps()` at the start of the epoch, which determines the order of the samples; not used if `batch`
  /// is 0.
  void resume_at(Index epoch, Index batch, Index epoch_steps) noexcept { resumed_ = {epoch, batch, epoch_steps}; }

  /// Returns the loss and the metrics of the model on samples, computed in batches. Shapes as for `fit`. Keras:
  /// `Model.evaluate`.
  LAMINA_COLD Logs evaluate(const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                            const EvaluateOptions<Scalar>& options = {});
  /// Returns the loss and the metrics of the model on the batches of a Dataset or of another BatchSource.
  LAMINA_COLD Logs evaluate(const BatchSource<Scalar>& batches, const EvaluateOptions<Scalar>& options = {});

  /// Returns the outputs (samples, ...) for samples x (samples, ...), computed in batches in inference mode: a tensor,
  /// or a list if there are several outputs. Thread-safe for a built model. Requires no `compile`. Keras:
  /// `Model.predict`.
  TensorList<Scalar> predict(const TensorList<Scalar>& x, const PredictOptions<Scalar>& options = {}) const;
  /// Returns the outputs for the batches of a Dataset or of another BatchSource. Throws ShapeError if the outputs of
  /// two batches cannot be concatenated.
  LAMINA_COLD TensorList<Scalar> predict(const BatchSource<Scalar>& batches,
                                         const PredictOptions<Scalar>& options = {}) const;

  /// Runs one training step on one batch; returns its loss and metrics. Keras: `Model.train_on_batch`.
  Logs train_on_batch(const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                      const TensorList<Scalar>& sample_weight = {});
  /// Returns the loss and metrics of one batch, without a training step. Keras: `Model.test_on_batch`.
  Logs test_on_batch(const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                     const TensorList<Scalar>& sample_weight = {});
  /// Returns the outputs for one batch. Keras: `Model.predict_on_batch`.
  TensorList<Scalar> predict_on_batch(const TensorList<Scalar>& x) const {
    return predict(x, {.batch_size = (std::max<Index>)(1, x.rank() == 0 ? 1 : x.shape()[0])});
  }

  /// Returns whether the model has several outputs. A subclass of Model with several outputs overrides it and
  /// `call_many`.
  virtual bool has_several_outputs() const { return false; }

 protected:
  /// `layer`: the layer to train; it must outlive the trainer.
  explicit Trainer(Layer<Scalar>& layer) noexcept : layer_(layer) {}
  ~Trainer() = default;
  /// Takes the optimizer, losses and metrics of another trainer; keeps its own layer.
  Trainer& operator=(Trainer&& other) noexcept;

  // ---- Custom training: override train_step or test_step

  /// Computes one training step on one batch: forward pass, loss, gradients, update, metrics. Returns the loss. Keras:
  /// `Model.train_step`.
  ///
  /// An override ends with `apply_gradients` and `record`. The targets of its batch have the rank of the outputs: a
  /// missing or extra last axis of size 1 is added or removed, so that `y - batch.y` does not broadcast. For an optimizer
  /// that scales the loss (LossScaleOptimizer, or loss_scale_factor), pass `optimizer().scale_loss(loss)` to the tape.
  ///
  ///     float train_step(const Samples<float>& batch) override {
  ///       GradientTape<float> tape;
  ///       const Tensor<float> y = (*this)(batch.x, {.training = true});
  ///       const Tensor<float> loss = mean(square(y - batch.y));
  ///       const auto variables = trainable_variables();
  ///       optimizer().apply_gradients(tape.gradient(loss, variables), variables);
  ///       track("mean_output", mean(y).item(), batch);
  ///       return record(loss, batch, y);
  ///     }
  virtual Scalar train_step(const Samples<Scalar>& batch);
  /// Computes one step of `evaluate` on one batch: forward pass, loss, metrics. Returns the loss. Keras:
  /// `Model.test_step`.
  virtual Scalar test_step(const Samples<Scalar>& batch);

  /// Returns the outputs for the inputs of a batch. Throws ValueError if their number differs from that of the compiled
  /// losses.
  std::vector<Tensor<Scalar>> outputs_for(const Samples<Scalar>& batch) const;
  /// Returns the total loss: the weighted compiled losses, plus the losses of regularizers and of `add_loss` in the
  /// last call. Keras: `Model.compute_loss`.
  Tensor<Scalar> compute_loss(const Samples<Scalar>& batch, const Tensor<Scalar>& y_pred) {
    return total_loss(batch, &y_pred);
  }
  /// Updates the running mean of the loss and the metrics with a batch; returns the loss as a number. Keras:
  /// `Model.compute_metrics`.
  Scalar record(const Tensor<Scalar>& loss, const Samples<Scalar>& batch, const Tensor<Scalar>& y_pred) {
    return record_batch(loss, batch, &y_pred);
  }
  /// Adds a user-defined value to the logs: its mean over the samples of the epoch.
  void track(std::string_view name, double value, const Samples<Scalar>& batch) {
    loss_and_metrics_->track(name, value, static_cast<double>(batch.x.shape()[0]));
  }

  // ---- The model

  /// Returns the model that callbacks receive; null if there is none.
  virtual Model<Scalar>* callback_model() noexcept { return nullptr; }
  /// Returns the number of inputs of a call; 0 if unknown.
  virtual std::size_t known_input_count() const noexcept { return 0; }
  /// Returns the names of the inputs, in order; empty if they have none.
  virtual std::vector<std::string> named_inputs() const { return {}; }
  /// Returns the names of the outputs, in order; empty if they have none.
  virtual std::vector<std::string> named_outputs() const { return {}; }
  /// Returns whether the output shapes can be computed. Called only in builds without exceptions; other builds catch
  /// the error.
  virtual bool computes_output_shapes() const noexcept { return false; }
  /// Returns whether the class may override train_step or test_step.
  virtual bool may_override_steps() const noexcept { return true; }
  /// Makes the next step collect the variables again; called after the layers have changed.
  void forget_variables() noexcept { prepared_ = false; }
  /// Returns the prefix of error texts: `Sequential "classifier", fit: `.
  std::string describe(const char* action) const {
    return layer_.class_name() + " \"" + layer_.name() + "\", " + action + ": ";
  }

 private:
  using Hooks = detail::CallbackHooks<Scalar>;

  void require_compiled(const char* action) const {
    if (!compiled()) [[unlikely]]
      raise<StateError>(describe(action), "the model has no loss and optimizer yet. Call compile first.");
  }
  LAMINA_COLD void check_data(const char* action, const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                              Index batch_size) const;
  LAMINA_COLD void check_weights(const char* action, const TensorList<Scalar>& weights, Index samples) const;
  LAMINA_COLD void check_options(const FitOptions<Scalar>& options) const;
  void check_positive(const char* action, const char* option, const std::optional<Index>& value) const;
  LAMINA_COLD void check_fit(const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                             const FitOptions<Scalar>& options) const;
  LAMINA_COLD void check_outputs(std::size_t count) const;
  /// Warns if `trainable` has changed since `compile`.
  LAMINA_COLD void check_since_compile(const char* action);
  /// Returns the sample weights: `sample_weight`, or the weights of the classes.
  LAMINA_COLD TensorList<Scalar> weights_of(const char* action, const Tensor<Scalar>& y,
                                            const FitOptions<Scalar>& options) const;
  /// Returns inputs, targets and weights in the order of the model; inputs (samples,) become (samples, 1).
  LAMINA_COLD Samples<Scalar> prepared(const char* action, const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                                       const TensorList<Scalar>& sample_weight) const;
  TensorList<Scalar> prepared_inputs(const char* action, const TensorList<Scalar>& x) const;
  /// Returns the batch with targets reshaped to the rank of the outputs, for train_step and test_step.
  const Samples<Scalar>& matched(const Samples<Scalar>& batch);
  /// Returns the batch from which `matched` computed its result.
  const Samples<Scalar>& original(const Samples<Scalar>& batch) const noexcept {
    return &batch == &matched_ ? *unmatched_ : batch;
  }
  /// Returns a batch of a BatchSource in the order of the model, by the names of its tensors. Throws ValueError if the
  /// number of targets differs from that of the outputs, unless the steps are custom.
  const Samples<Scalar>& arranged(const char* action, const Samples<Scalar>& batch, bool custom_steps);
  /// Returns the shapes of the outputs; empty if unknown, because the model has no `call`.
  LAMINA_COLD const std::vector<Shape>& output_shapes_for(const TensorList<Scalar>& x);

  /// Builds the layer and collects its variables, before the first step.
  LAMINA_COLD void prepare(const Samples<Scalar>& batch);
  LAMINA_COLD void collect_regularized();
  bool calls_many(const Samples<Scalar>& batch) const {
    return loss_and_metrics_->size() > 1 || batch.x.count() > 1 || has_several_outputs();
  }
  Tensor<Scalar> total_loss(const Samples<Scalar>& batch, const Tensor<Scalar>* y_pred);
  Scalar record_batch(const Tensor<Scalar>& loss, const Samples<Scalar>& batch, const Tensor<Scalar>* y_pred);
  Scalar update(GradientTape<Scalar>& tape, const Samples<Scalar>& batch, const Tensor<Scalar>* y_pred);

  /// Runs the loop of `fit`. `in_order`: the batches were computed from the result of `prepared`.
  History run_training(const BatchSource<Scalar>& batches, bool in_order, const BatchSource<Scalar>* validation,
                       const FitOptions<Scalar>& options);
  struct Evaluation {
    Index steps;    // number of batches
    bool complete;  // false if a stop was requested
  };
  /// Evaluates one pass over the batches.
  Evaluation run_evaluation(BatchCursor<Scalar>& cursor, std::optional<Index> steps, Progress* progress,
                            const Hooks& hooks, const StopCondition& stop);
  /// Returns the outputs for one pass over the batches. `rows`: number of samples; 0 if unknown.
  TensorList<Scalar> run_prediction(BatchCursor<Scalar>& cursor, Index steps, Index rows,
                                    const PredictOptions<Scalar>& options) const;
  LAMINA_COLD void warn_of_loss(Scalar loss, Index epoch, Index step) const;

  Layer<Scalar>& layer_;  // the other base class of the model
  CompileOptions<Scalar> compile_options_;
  std::shared_ptr<Optimizer<Scalar>> optimizer_;
  std::shared_ptr<detail::CompiledLossAndMetrics<Scalar>> loss_and_metrics_;
  bool stopping_ = false;
  bool interrupted_ = false;
  bool prepared_ = false;
  struct Resumed {
    Index epoch, batch, epoch_steps;
  };
  Resumed resumed_{0, 0, 0};  // where training starts
  detail::CompiledTrainable<Scalar> compiled_trainable_;
  std::vector<Variable<Scalar>> trained_, regularized_;
  std::vector<Tensor<Scalar>> gradients_;
  Samples<Scalar> matched_, arranged_;
  const Samples<Scalar>* unmatched_ = nullptr;  // batch from which matched_ was computed
  std::vector<Shape> output_shapes_;            // empty if unknown
  Index output_shapes_of_rank_ = -1;            // rank of the inputs for which they were computed; -1: none
};

}  // namespace lamina

#include "lamina/training/check_data.hpp"      // IWYU pragma: export
#include "lamina/training/training_loops.hpp"  // IWYU pragma: export
#include "lamina/training/training_steps.hpp"  // IWYU pragma: export
