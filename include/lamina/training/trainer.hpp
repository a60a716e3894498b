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

/// Trains, evaluates and runs a layer: compile, fit, evaluate, predict. A base of Model, which is the layer, too.
/// Keras's Trainer.
///
/// It owns the optimizer and the compiled losses and metrics. It calls the layer, and what Model and its subclasses
/// override: `train_step`, `test_step`, and the protected functions under "The model".
template <class Scalar = float>
class Trainer {
 public:
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  /// Sets the optimizer, the losses and the metrics; each by Keras name or as an object. Resets the optimizer. It
  /// trains the variables that are trainable now, so set `trainable` before. `fit` and `train_on_batch` warn if
  /// `trainable` has changed since: variables frozen since are not trained, and variables unfrozen after the first step
  /// are trained only after another `compile`.
  LAMINA_COLD void compile(CompileOptions<Scalar> options);
  /// Returns whether `compile` was called.
  bool compiled() const noexcept { return optimizer_ != nullptr; }
  /// Returns the optimizer. Throws StateError before `compile`.
  Optimizer<Scalar>& optimizer() const {
    require_compiled("optimizer");
    return *optimizer_;
  }

  /// Returns the direction in which a log improves, by its name: `val_loss`, `accuracy`, `val_price_mae`. Losses
  /// improve downwards, metrics as Metric::direction says. Other logs (of `track`, of callbacks) have the direction of
  /// lamina's metric of this name; unknown if there is none.
  MetricDirection log_direction(std::string_view name) const {
    require_compiled("log_direction");
    return loss_and_metrics_->direction(name);
  }
  /// Returns the names of the loss and the metrics in the logs, separated by commas.
  std::string log_names() const {
    require_compiled("log_names");
    return loss_and_metrics_->names();
  }

  /// Trains on samples x (samples, ...) and targets y (samples, ...): tensors or Eigen matrices, or lists of them for
  /// several inputs or outputs. One-dimensional x has one feature per sample. Returns the loss and the metrics of every
  /// epoch.
  LAMINA_COLD History fit(const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                          const FitOptions<Scalar>& options = {});
  /// Trains on the batches of a Dataset, or of any BatchSource. Without steps_per_epoch an epoch is one pass; with it,
  /// a pass of unknown length continues in the next epoch. `validation`: batches for validation; null for none.
  LAMINA_COLD History fit(const BatchSource<Scalar>& batches, const FitOptions<Scalar>& options = {},
                          const BatchSource<Scalar>* validation = nullptr);

  /// For callbacks: ends the training after the current batch.
  void stop_training() noexcept { stopping_ = true; }
  /// Returns whether `FitOptions::stop` ended the last `fit`. Callbacks may ask in on_train_end.
  bool interrupted() const noexcept { return interrupted_; }
  /// For callbacks, in on_train_begin: training starts in this epoch, after this number of its batches.
  void resume_at(Index epoch, Index batch) noexcept { resumed_ = {epoch, batch}; }

  /// Returns the loss and the metrics over the samples, without training.
  LAMINA_COLD Logs evaluate(const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                            const EvaluateOptions<Scalar>& options = {});
  LAMINA_COLD Logs evaluate(const BatchSource<Scalar>& batches, const EvaluateOptions<Scalar>& options = {});

  /// Returns the outputs for samples x, computed in batches: a tensor, or a list if there are several outputs.
  /// Thread-safe for a built model.
  TensorList<Scalar> predict(const TensorList<Scalar>& x, const PredictOptions<Scalar>& options = {}) const;
  LAMINA_COLD TensorList<Scalar> predict(const BatchSource<Scalar>& batches,
                                         const PredictOptions<Scalar>& options = {}) const;

  /// Updates the variables once, on one batch; returns its loss and metrics.
  Logs train_on_batch(const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                      const TensorList<Scalar>& sample_weight = {});
  /// Returns the loss and metrics of one batch, without an update.
  Logs test_on_batch(const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                     const TensorList<Scalar>& sample_weight = {});
  /// Returns the outputs for one batch.
  TensorList<Scalar> predict_on_batch(const TensorList<Scalar>& x) const {
    return predict(x, {.batch_size = (std::max<Index>)(1, x.rank() == 0 ? 1 : x.shape()[0])});
  }

  /// Returns whether a call has several outputs. A subclass of Model whose call does overrides it, and `call_many`.
  virtual bool has_several_outputs() const { return false; }

 protected:
  /// `layer`: the layer to train, which lives as long as the trainer.
  explicit Trainer(Layer<Scalar>& layer) noexcept : layer_(layer) {}
  ~Trainer() = default;
  /// Takes the optimizer, losses and metrics of the other; the layer stays.
  Trainer& operator=(Trainer&& other) noexcept;

  // ---- Custom training: override train_step or test_step

  /// One training step on one batch: forward pass, loss, gradients, update, metrics. Returns the loss. An override ends
  /// with `apply_gradients` and `record`. Its batch has targets of the outputs' rank: if they differ by a last axis of
  /// size 1, that axis is added or removed, so that `y - batch.y` does not broadcast.
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
  /// One step of `evaluate` on one batch. Returns the loss.
  virtual Scalar test_step(const Samples<Scalar>& batch);

  /// Returns the outputs for a batch's inputs. Throws ValueError unless there are as many as losses of `compile`.
  std::vector<Tensor<Scalar>> outputs_for(const Samples<Scalar>& batch) const;
  /// Returns the sum of the weighted losses of `compile`, of regularizers, and of `add_loss` in the last call.
  Tensor<Scalar> compute_loss(const Samples<Scalar>& batch, const Tensor<Scalar>& y_pred) {
    return total_loss(batch, &y_pred);
  }
  /// Updates the running means of the loss and the metrics with a batch; returns the loss as a number.
  Scalar record(const Tensor<Scalar>& loss, const Samples<Scalar>& batch, const Tensor<Scalar>& y_pred) {
    return record_batch(loss, batch, &y_pred);
  }
  /// Adds a user-defined value to the logs, averaged over the epoch's samples.
  void track(std::string_view name, double value, const Samples<Scalar>& batch) {
    loss_and_metrics_->track(name, value, static_cast<double>(batch.x.shape()[0]));
  }

  // ---- The model

  /// Returns the model that callbacks see; null if there is none.
  virtual Model<Scalar>* callback_model() noexcept { return nullptr; }
  /// Returns the number of inputs of a call; 0 if it is unknown.
  virtual std::size_t known_input_count() const noexcept { return 0; }
  /// Return the names of the inputs and outputs, in order; empty if they have none.
  virtual std::vector<std::string> named_inputs() const { return {}; }
  virtual std::vector<std::string> named_outputs() const { return {}; }
  /// Returns whether the output shapes can be computed. Asked only without exceptions; otherwise an error tells.
  virtual bool computes_output_shapes() const noexcept { return false; }
  /// Returns whether the class may override train_step or test_step.
  virtual bool may_override_steps() const noexcept { return true; }
  /// If the layers have changed: the next step collects their variables again.
  void forget_variables() noexcept { prepared_ = false; }
  /// Returns `Sequential "classifier", fit: `, which begins the texts of errors.
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
  /// The weights of the samples: as given, or those of their classes.
  LAMINA_COLD TensorList<Scalar> weights_of(const char* action, const Tensor<Scalar>& y,
                                            const FitOptions<Scalar>& options) const;
  /// Inputs, targets and weights in the model's order, with a feature axis if samples are single numbers.
  LAMINA_COLD Samples<Scalar> prepared(const char* action, const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                                       const TensorList<Scalar>& sample_weight) const;
  TensorList<Scalar> prepared_inputs(const char* action, const TensorList<Scalar>& x) const;
  /// The batch with targets of the outputs' rank, for train_step and test_step. `original` returns the batch it is
  /// from.
  const Samples<Scalar>& matched(const Samples<Scalar>& batch);
  const Samples<Scalar>& original(const Samples<Scalar>& batch) const noexcept {
    return &batch == &matched_ ? *unmatched_ : batch;
  }
  /// A batch of a user's source in the model's order of inputs and outputs, if its tensors have names. An error unless
  /// there are as many targets as outputs; a custom step may have any number.
  const Samples<Scalar>& arranged(const char* action, const Samples<Scalar>& batch, bool custom_steps);
  /// The shapes of the outputs; empty if they are unknown, as the model has no `call`.
  LAMINA_COLD const std::vector<Shape>& output_shapes_for(const TensorList<Scalar>& x);

  /// Before the first step: builds the layer and collects its variables.
  LAMINA_COLD void prepare(const Samples<Scalar>& batch);
  LAMINA_COLD void collect_regularized();
  bool calls_many(const Samples<Scalar>& batch) const {
    return loss_and_metrics_->size() > 1 || batch.x.count() > 1 || has_several_outputs();
  }
  Tensor<Scalar> total_loss(const Samples<Scalar>& batch, const Tensor<Scalar>* y_pred);
  Scalar record_batch(const Tensor<Scalar>& loss, const Samples<Scalar>& batch, const Tensor<Scalar>* y_pred);
  Scalar update(GradientTape<Scalar>& tape, const Samples<Scalar>& batch, const Tensor<Scalar>* y_pred);

  /// `in_order`: the batches are of arrays that `prepared` returned.
  History run_training(const BatchSource<Scalar>& batches, bool in_order, const BatchSource<Scalar>* validation,
                       const FitOptions<Scalar>& options);
  struct Evaluation {
    Index steps;    // number of batches
    bool complete;  // false: a stop was requested
  };
  /// Evaluates the batches of one pass.
  Evaluation run_evaluation(BatchCursor<Scalar>& cursor, std::optional<Index> steps, Progress* progress,
                            const Hooks& hooks, const StopCondition& stop);
  /// Returns the outputs for the batches of one pass. `rows`: their number of samples; 0 if it is unknown.
  TensorList<Scalar> run_prediction(BatchCursor<Scalar>& cursor, Index steps, Index rows,
                                    const PredictOptions<Scalar>& options) const;
  LAMINA_COLD void warn_of_loss(Scalar loss, Index epoch, Index step) const;

  Layer<Scalar>& layer_;  // the model's other base
  std::shared_ptr<Optimizer<Scalar>> optimizer_;
  std::shared_ptr<detail::CompiledLossAndMetrics<Scalar>> loss_and_metrics_;
  bool stopping_ = false;
  bool interrupted_ = false;
  bool prepared_ = false;
  std::pair<Index, Index> resumed_{0, 0};  // the epoch and the batch at which training starts
  detail::CompiledTrainable<Scalar> compiled_trainable_;
  std::vector<Variable<Scalar>> trained_, regularized_;
  std::vector<Tensor<Scalar>> gradients_;
  Samples<Scalar> matched_, arranged_;
  const Samples<Scalar>* unmatched_ = nullptr;  // the batch that matched_ is from
  std::vector<Shape> output_shapes_;            // empty if they are unknown
  Index output_shapes_of_rank_ = -1;            // the inputs' rank that they belong to; -1: not computed yet
};

}  // namespace lamina

#include "lamina/training/check_data.hpp"      // IWYU pragma: export
#include "lamina/training/training_loops.hpp"  // IWYU pragma: export
#include "lamina/training/training_steps.hpp"  // IWYU pragma: export
