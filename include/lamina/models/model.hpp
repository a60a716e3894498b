#pragma once
#include <memory>
#include <optional>
#include <string>
#include <typeinfo>
#include <vector>

#include "lamina/layers/base/layer.hpp"
#include "lamina/models/topology.hpp"
#include "lamina/training/callback_hooks.hpp"
#include "lamina/training/compiled_loss_and_metrics.hpp"
#include "lamina/training/compiled_trainable.hpp"
#include "lamina/training/history.hpp"
#include "lamina/training/options.hpp"
#include "lamina/training/progress.hpp"

namespace lamina {

namespace detail {
template <class S>
class Graph;

/// Whether an object's class is T, and none that derives from it.
template <class T>
bool is_exactly([[maybe_unused]] const T& object) noexcept {
#if LAMINA_HAS_RTTI
  return typeid(object) == typeid(T);
#else
  return false;
#endif
}
}  // namespace detail

/// How `summary` prints.
struct SummaryOptions {
  bool expand_nested = false;  ///< the layers of models inside, too
};

/// A layer that can be trained: compile, fit, evaluate, predict. Keras's Model.
///
/// It is drawn as a graph between symbolic inputs and outputs,
///
///     auto x = Input({784});
///     auto y = x | Dense(128, "relu") | Dense(10, "softmax");
///     Model model(x, y);
///
/// or is a class of one's own that derives from it and gives `call`, or a chain of layers: see Sequential. What a graph
/// is drawn with by name is not copied, and must outlive the model; layers made on the spot, or shared, live on in it.
template <class Scalar = float>
class Model : public Layer<Scalar> {
 public:
  using Symbols = std::vector<SymbolicTensor<Scalar>>;

  /// For classes that derive.
  Model() { this->set_supports_masking(true); }
  /// The graph between inputs and outputs. An input that no output is computed from is part of it, and its data are
  /// ignored. Errors, which name the layers: an output that needs an input not given, an input given twice.
  Model(Symbols inputs, Symbols outputs, std::string name = {});
  Model(const SymbolicTensor<Scalar>& input, const SymbolicTensor<Scalar>& output, std::string name = {})
      : Model(Symbols{input}, Symbols{output}, std::move(name)) {}
  Model(const SymbolicTensor<Scalar>& input, Symbols outputs, std::string name = {})
      : Model(Symbols{input}, std::move(outputs), std::move(name)) {}
  Model(Symbols inputs, const SymbolicTensor<Scalar>& output, std::string name = {})
      : Model(std::move(inputs), Symbols{output}, std::move(name)) {}
  Model(Model&& other) noexcept : Model() { *this = std::move(other); }
  Model& operator=(Model&& other) noexcept;
  ~Model() override;

  // ---- Topology
  // -------------------------------------------------------------------------------------------------------------

  std::string class_name() const override { return topology_ == nullptr ? Layer<Scalar>::class_name() : "Functional"; }
  /// The graph's form, without weights, as Keras writes it.
  Config get_config() const override;
  /// A new model of the form that `get_config` (or Keras) gave; its weights are new.
  template <int = 0>  // a template, so that a program that compiles the class does not compile every layer with it
  static std::shared_ptr<Model> from_config(const Config& config);
  /// A model of the same form and weights that computes in another scalar: trained in double, used in float. What
  /// `compile` was given is not taken over. Its classes must be lamina's, or registered for that scalar too.
  template <class Other>
  std::shared_ptr<Model<Other>> astype() const;

  /// The symbolic tensors that the model begins and ends with. A chain is drawn when it is first asked for them.
  Symbols inputs() const;
  Symbols outputs() const;
  /// The names of the layers that they belong to: what data, losses and metrics are given by.
  std::vector<std::string> input_names() const;
  std::vector<std::string> output_names() const;
  /// The layers, those of the inputs included, each once. Those that the model does not own are not kept by the
  /// pointers.
  virtual std::vector<std::shared_ptr<Layer<Scalar>>> layers() const;
  /// The layer of this name, also from within models inside.
  Layer<Scalar>& get_layer(const std::string& name) const;
  /// A layer by its position among `layers()`.
  Layer<Scalar>& get_layer(Index index) const;

  Tensor<Scalar> call(const Tensor<Scalar>& x) const override;
  void build_many(const std::vector<Shape>& inputs) override;
  std::vector<Tensor<Scalar>> call_many(const std::vector<Tensor<Scalar>>& inputs) const override;
  Shape compute_output_shape(const Shape& input) const override { return this->compute_output_shapes({input}).front(); }
  std::vector<Shape> compute_output_shapes(const std::vector<Shape>& inputs) const override;
  /// Masks pass through the layers inside, which know what becomes of them.
  Tensor<Scalar> compute_mask(const Tensor<Scalar>& x, const Tensor<Scalar>& mask) const override;
  const Model* as_model() const noexcept override { return this; }
  /// Whether a call gives several outputs; a class of one's own that does says so here, and gives `call_many`.
  virtual bool has_several_outputs() const { return topology_ != nullptr && topology_->output_count() > 1; }

  // ---- Training
  // ---------------------------------------------------------------------------------------------------------

  /// Chooses optimizer, losses and metrics; each by Keras name or as an object. Starts the optimizer from scratch, for
  /// the variables that are trainable now: set `trainable` before. `fit` and `train_on_batch` warn if it has changed
  /// since: what was frozen does not train, and what was made trainable after the first step trains only after another
  /// `compile`.
  void compile(CompileOptions<Scalar> options);
  bool compiled() const noexcept { return optimizer_ != nullptr; }
  Optimizer<Scalar>& optimizer() const {
    require_compiled("optimizer");
    return *optimizer_;
  }

  /// Which way a number of the logs gets better, by its name there: `val_loss`, `accuracy`, `val_price_mae`. The loss
  /// and the losses of outputs get better down; a metric says it itself (see Metric::direction); other numbers (what
  /// `track` shows, what a callback logs) are unknown, unless they have the name of one of lamina's metrics.
  MetricDirection log_direction(std::string_view name) const {
    require_compiled("log_direction");
    return loss_and_metrics_->direction(name);
  }
  /// The names of the loss and the metrics in the logs, separated by commas.
  std::string log_names() const {
    require_compiled("log_names");
    return loss_and_metrics_->names();
  }

  /// Trains on samples x (samples, ...) and targets y (samples, ...): any tensors or Eigen matrices, or lists of them
  /// where the model has several inputs or outputs. One-dimensional x counts as one feature a sample. Returns every
  /// epoch's loss and metrics.
  History fit(const TensorList<Scalar>& x, const TensorList<Scalar>& y, const FitOptions<Scalar>& options = {});
  /// Trains on the batches of a Dataset, or of any BatchSource. Without steps_per_epoch an epoch is a pass; with it, a
  /// pass goes on over the epochs. Validation, where wanted, is on `validation`.
  History fit(const BatchSource<Scalar>& batches, const FitOptions<Scalar>& options = {},
              const BatchSource<Scalar>* validation = nullptr);

  /// Ends the training after the present batch: for callbacks.
  void stop_training() noexcept { stopping_ = true; }
  /// In on_train_begin: the training goes on with this epoch, after so many of its batches.
  void resume_at(Index epoch, Index batch) noexcept { resumed_ = {epoch, batch}; }

  /// The loss and the metrics over the samples, without training.
  Logs evaluate(const TensorList<Scalar>& x, const TensorList<Scalar>& y, const EvaluateOptions<Scalar>& options = {});
  Logs evaluate(const BatchSource<Scalar>& batches, const EvaluateOptions<Scalar>& options = {});

  /// The model's outputs for samples x, batch by batch: a tensor, and where there are several, a list of which it is
  /// the first. Safe to call on one built model from several threads.
  TensorList<Scalar> predict(const TensorList<Scalar>& x, const PredictOptions<Scalar>& options = {}) const;
  TensorList<Scalar> predict(const BatchSource<Scalar>& batches, const PredictOptions<Scalar>& options = {}) const;

  /// One update on one batch; returns its loss and metrics.
  Logs train_on_batch(const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                      const TensorList<Scalar>& sample_weight = {});
  /// The loss and metrics of one batch, without an update.
  Logs test_on_batch(const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                     const TensorList<Scalar>& sample_weight = {});
  /// The outputs for one batch.
  TensorList<Scalar> predict_on_batch(const TensorList<Scalar>& x) const {
    return predict(x, {.batch_size = (std::max<Index>)(1, x.rank() == 0 ? 1 : x.shape()[0])});
  }

  // ---- Seeing a model
  // ---------------------------------------------------------------------------------------------------

  /// Keras's table of layers, output shapes and numbers of weights, on the standard output; for a graph with what each
  /// layer is connected to.
  void summary(const SummaryOptions& options = {}) const { std::fputs(summary_text(options).c_str(), stdout); }
  std::string summary_text(const SummaryOptions& options = {}) const;

  /// The graph that the model was drawn as; null for others.
  const detail::Graph<Scalar>* graph() const noexcept;

 protected:
  // ---- Training one's own way: override train_step or test_step
  // ---------------------------------------------------

  /// One training step on one batch: forward, loss, gradients, update, metrics. Returns the loss. An override computes
  /// what it likes, and ends with `apply_gradients` and `record`. Its batch has targets of the outputs' rank: where
  /// they differ by a last axis of size 1, that axis is added or removed, so that `y - batch.y` does not broadcast.
  ///
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
  /// One batch of `evaluate`. Returns the loss.
  virtual Scalar test_step(const Samples<Scalar>& batch);

  /// The model's outputs for a batch's inputs, as many as `compile` has losses for.
  std::vector<Tensor<Scalar>> outputs_for(const Samples<Scalar>& batch) const;
  /// The losses of `compile` (weighted), of regularizers, and what `add_loss` gave in the last call.
  Tensor<Scalar> compute_loss(const Samples<Scalar>& batch, const Tensor<Scalar>& y_pred) {
    return total_loss(batch, &y_pred);
  }
  /// Takes a batch into the running means of the loss and the metrics; returns the loss as a number.
  Scalar record(const Tensor<Scalar>& loss, const Samples<Scalar>& batch, const Tensor<Scalar>& y_pred) {
    return record_batch(loss, batch, &y_pred);
  }
  /// Shows a number of one's own among the logs, averaged over the epoch's samples.
  void track(std::string_view name, double value, const Samples<Scalar>& batch) {
    loss_and_metrics_->track(name, value, static_cast<double>(batch.x.shape()[0]));
  }

  /// Whether the class may override train_step or test_step: false for lamina's own, true if the program has no type
  /// information.
  virtual bool may_override_steps() const noexcept { return !detail::is_exactly<Model>(*this); }
  /// The layers of a model that is a chain of them; null for others.
  virtual const std::vector<std::shared_ptr<Layer<Scalar>>>* chain() const noexcept { return nullptr; }
  /// When a chain has changed: it will be drawn again, and its variables collected again.
  void forget_drawing() noexcept {
    drawn_.reset();
    prepared_ = false;
  }
  /// The rows of `summary`: one for each layer inside.
  virtual void add_summary_rows(std::vector<std::vector<std::string>>& rows, const SummaryOptions& options,
                                const std::string& indent) const;
  static void add_summary_row(std::vector<std::vector<std::string>>& rows, const Layer<Scalar>& layer,
                              const Shape& output, const SummaryOptions& options, const std::string& indent);
  /// Layers that the model holds by pointers have not moved with it.
  void track_again(const std::vector<std::shared_ptr<Layer<Scalar>>>& layers, bool built) {
    for (const auto& layer : layers) Layer<Scalar>::track(*layer);
    this->keep_built(built);
  }
  using Layer<Scalar>::track;
  void check_inputs(const std::vector<Tensor<Scalar>>& inputs) const override;
  void check_input(const Shape& shape) const override;

 private:
  using Hooks = detail::CallbackHooks<Scalar>;

  const Symbols& drawn(const char* what) const;
  std::string describe(const char* action) const {
    return this->class_name() + " \"" + this->name() + "\", " + action + ": ";
  }
  void require_compiled(const char* action) const {
    if (!compiled()) [[unlikely]]
      raise<StateError>(describe(action), "the model has no loss and optimizer yet. Call compile first.");
  }
  void check_data(const char* action, const TensorList<Scalar>& x, const TensorList<Scalar>& y, Index batch_size) const;
  void check_weights(const char* action, const TensorList<Scalar>& weights, Index samples) const;
  void check_options(const FitOptions<Scalar>& options) const;
  void check_positive(const char* action, const char* option, const std::optional<Index>& value) const;
  void check_fit(const TensorList<Scalar>& x, const TensorList<Scalar>& y, const FitOptions<Scalar>& options) const;
  TensorList<Scalar> weights_of(const char* action, const Tensor<Scalar>& y, const FitOptions<Scalar>& options) const;
  /// Inputs, targets and weights in the model's order, with a feature axis where samples are single numbers.
  Samples<Scalar> prepared(const char* action, const TensorList<Scalar>& x, const TensorList<Scalar>& y,
                           const TensorList<Scalar>& sample_weight) const;
  TensorList<Scalar> prepared_inputs(const char* action, const TensorList<Scalar>& x) const;
  void prepare(const Samples<Scalar>& batch);
  /// The batch with targets of the outputs' rank: what train_step and test_step get. `given` leads back.
  const Samples<Scalar>& matched(const Samples<Scalar>& batch);
  /// A batch of a source as arrays are brought to the model: in the order of its inputs and outputs, one for each.
  const Samples<Scalar>& arranged(const char* action, const Samples<Scalar>& batch);
  const Samples<Scalar>& given(const Samples<Scalar>& batch) const noexcept {
    return &batch == &matched_ ? *unmatched_ : batch;
  }
  const std::vector<Shape>& output_shapes_for(const TensorList<Scalar>& x);
  bool calls_many(const Samples<Scalar>& batch) const {
    return loss_and_metrics_->size() > 1 || batch.x.count() > 1 || has_several_outputs();
  }
  void check_outputs(std::size_t count) const;
  Tensor<Scalar> total_loss(const Samples<Scalar>& batch, const Tensor<Scalar>* y_pred);
  Scalar record_batch(const Tensor<Scalar>& loss, const Samples<Scalar>& batch, const Tensor<Scalar>* y_pred);
  Scalar update(GradientTape<Scalar>& tape, const Samples<Scalar>& batch, const Tensor<Scalar>* y_pred);

  History run_training(const BatchSource<Scalar>& batches, const BatchSource<Scalar>* validation,
                       const FitOptions<Scalar>& options);
  Index run_evaluation(BatchCursor<Scalar>& cursor, std::optional<Index> steps, Progress* progress, const Hooks& hooks);
  TensorList<Scalar> run_prediction(BatchCursor<Scalar>& cursor, Index steps, Index rows,
                                    const PredictOptions<Scalar>& options) const;
  void warn_of_loss(Scalar loss, Index epoch, Index step) const;
  /// Takes notice of what has changed in the model since `compile`, and warns of what will surprise.
  void check_since_compile(const char* action);
  void collect_regularized();

  std::shared_ptr<const detail::Topology<Scalar>> topology_;  // a Graph's, where the model was drawn as one
  std::vector<std::shared_ptr<Layer<Scalar>>> held_;          // the graph's layers
  mutable std::shared_ptr<const Symbols> drawn_;              // what goes through a chain, from its input to its output
  std::shared_ptr<Optimizer<Scalar>> optimizer_;
  std::shared_ptr<detail::CompiledLossAndMetrics<Scalar>> loss_and_metrics_;
  bool stopping_ = false;
  std::pair<Index, Index> resumed_{0, 0};  // the epoch and the batch that training begins with
  bool prepared_ = false;
  detail::CompiledTrainable<Scalar> compiled_trainable_;
  std::vector<Variable<Scalar>> trained_, regularized_;
  std::vector<Tensor<Scalar>> gradients_;
  Samples<Scalar> matched_, arranged_;
  const Samples<Scalar>* unmatched_ = nullptr;  // what matched_ was made of
  std::vector<Shape> output_shapes_;            // empty where they are not known
  Index output_shapes_of_rank_ = -1;            // the inputs' rank that they belong to; -1: not looked for yet
};

template <class S>
Model(SymbolicTensor<S>, SymbolicTensor<S>) -> Model<S>;
template <class S>
Model(SymbolicTensor<S>, SymbolicTensor<S>, std::string) -> Model<S>;
template <class S>
Model(std::vector<SymbolicTensor<S>>, std::vector<SymbolicTensor<S>>) -> Model<S>;
template <class S>
Model(std::initializer_list<SymbolicTensor<S>>, std::initializer_list<SymbolicTensor<S>>) -> Model<S>;
template <class S>
Model(std::initializer_list<SymbolicTensor<S>>, std::initializer_list<SymbolicTensor<S>>, std::string) -> Model<S>;
template <class S>
Model(SymbolicTensor<S>, std::initializer_list<SymbolicTensor<S>>) -> Model<S>;
template <class S>
Model(SymbolicTensor<S>, std::initializer_list<SymbolicTensor<S>>, std::string) -> Model<S>;
template <class S>
Model(std::initializer_list<SymbolicTensor<S>>, SymbolicTensor<S>) -> Model<S>;
template <class S>
Model(std::initializer_list<SymbolicTensor<S>>, SymbolicTensor<S>, std::string) -> Model<S>;

/// The layer or model that a configuration describes, models among the layers included.
template <class S = float>
std::shared_ptr<Layer<S>> model_from_config(const Config& config);

}  // namespace lamina

#include "lamina/models/model_config.hpp"    // IWYU pragma: export
#include "lamina/models/model_data.hpp"      // IWYU pragma: export
#include "lamina/models/model_form.hpp"      // IWYU pragma: export
#include "lamina/models/model_training.hpp"  // IWYU pragma: export
