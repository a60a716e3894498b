#pragma once
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "lamina/core/list.hpp"
#include "lamina/data/batches.hpp"
#include "lamina/losses/losses.hpp"
#include "lamina/metrics/metrics.hpp"
#include "lamina/optimizers/optimizers.hpp"
#include "lamina/training/callback.hpp"
#include "lamina/training/stop_condition.hpp"

namespace lamina {

/// A value of an option for one output of a model.
template <class T>
struct ForOutput {
  std::string output;  ///< Name of the output.
  T value;             ///< Value for this output.
};

/// The losses of `compile`: one loss, `"mse"`; one loss per output, `{"mse", "binary_crossentropy"}`; or losses by
/// output name, `{{"price", "mse"}, {"sold", "binary_crossentropy"}}`, where outputs that are not named have no loss.
template <class Scalar>
class LossArguments {
 public:
  using One = LossArgument<Scalar>;      ///< One loss: a name, an object or a function.
  using Several = List<ForOutput<One>>;  ///< Losses of several outputs; without names, in the order of the outputs.
  /// No loss.
  constexpr LossArguments() noexcept {}
  /// One loss, by Keras name.
  template <std::size_t N>
  consteval LossArguments(const char (&name)[N]) : one_(name) {}  // NOLINT: implicit
  /// One loss: a name, an object or a function.
  template <class Given>
    requires(!std::is_array_v<std::remove_cvref_t<Given>> && std::is_constructible_v<One, Given>)
  LossArguments(Given&& one) : one_(std::forward<Given>(one)) {}  // NOLINT
  /// One loss per output, in the order of the outputs.
  LossArguments(List<One> each) : several_(new Several) {  // NOLINT
    for (One& loss : each) several_->push_back({"", std::move(loss)});
  }
  /// One loss per output, in the order of the outputs.
  LossArguments(const std::vector<One>& each) : LossArguments(List<One>(each)) {}  // NOLINT
  /// One loss per output, in the order of the outputs.
  LossArguments(std::initializer_list<One> each) : LossArguments(List<One>(each)) {}  // NOLINT
  /// Losses by output name.
  LossArguments(std::initializer_list<ForOutput<One>> named) : several_(new Several(named)) {}  // NOLINT
  /// Returns losses by output name.
  static LossArguments by_output(Several named) {
    LossArguments losses;
    losses.several_ = new Several(std::move(named));
    return losses;
  }
  constexpr LossArguments(const LossArguments& other)
      : one_(other.one_), several_(other.several_ == nullptr ? nullptr : new Several(*other.several_)) {}
  constexpr LossArguments(LossArguments&& other) noexcept
      : one_(std::move(other.one_)), several_(std::exchange(other.several_, nullptr)) {}
  /// Assigns other losses.
  constexpr LossArguments& operator=(LossArguments other) noexcept {
    one_ = std::move(other.one_);
    std::swap(several_, other.several_);
    return *this;
  }
  constexpr ~LossArguments() {
    if (several_ != nullptr) delete several_;
  }

  /// Returns the losses of several outputs; null for one loss or none.
  constexpr const Several* several() const noexcept { return several_; }
  /// Returns the only loss, as it was given.
  constexpr const One& one() const noexcept { return one_; }
  /// Returns the loss, created from its name if necessary; null if there is none.
  std::shared_ptr<const Loss<Scalar>> resolve() const { return one_.resolve(); }

 private:
  One one_;
  Several* several_ = nullptr;
};

/// The metrics of `compile`. For a model with one output: a list, `{"accuracy", "auc"}`. For several outputs: one
/// metric per output, or lists by output name, `{{"price", {"mae", "mse"}}, {"sold", {"accuracy"}}}`.
template <class Scalar>
struct MetricArguments : List<MetricArgument<Scalar>> {
  using Several = List<MetricArgument<Scalar>>;  ///< A list of metrics: names, objects or functions.
  using Several::Several;
  MetricArguments() = default;
  /// A list of metrics.
  MetricArguments(Several metrics) : Several(std::move(metrics)) {}  // NOLINT
  /// A list of metrics.
  MetricArguments(std::initializer_list<MetricArgument<Scalar>> metrics) : Several(metrics) {}  // NOLINT
  /// Lists of metrics by output name.
  MetricArguments(std::initializer_list<ForOutput<Several>> for_outputs) : named(for_outputs) {}  // NOLINT
  List<ForOutput<Several>> named;  ///< Metrics by output name. Default: none.
};

/// The factors of the losses of several outputs: in the order of the outputs, `{1, 0.5}`, or by output name,
/// `{{"price", 1}, {"sold", 0.5}}`.
struct LossWeights {
  LossWeights() = default;
  /// One factor per output, in the order of the outputs; finite.
  LossWeights(std::vector<double> each) {  // NOLINT
    for (const double w : each) weights.push_back({"", w});
  }
  /// One factor per output, in the order of the outputs; finite.
  LossWeights(std::initializer_list<double> each) : LossWeights(std::vector<double>(each)) {}  // NOLINT
  /// Factors by output name; finite. Default of other outputs: 1.
  LossWeights(std::initializer_list<ForOutput<double>> named) : weights(named) {}  // NOLINT
  List<ForOutput<double>> weights;  ///< The factors; without names, in the order of the outputs. Default: none.
};

/// Options of `compile`, under Keras's names.
template <class Scalar>
struct CompileOptions {
  /// Optimizer: a Keras name, such as "adam", or an object. Default: "rmsprop".
  OptimizerArgument<Scalar> optimizer = OptimizerArgument<Scalar>::template of<RMSprop<Scalar>>();
  /// Loss: a Keras name, an object or a function; or one per output. Default: none.
  LossArguments<Scalar> loss = {};
  MetricArguments<Scalar> metrics = {};           ///< Metrics, computed without sample weights. Default: none.
  MetricArguments<Scalar> weighted_metrics = {};  ///< Metrics, computed with sample and class weights. Default: none.
  LossWeights loss_weights = {};                  ///< Factor of the loss of each output; finite. Default: 1.
};

/// Options of `fit`, under Keras's names.
template <class Scalar>
struct FitOptions {
  Index batch_size = 32;  ///< Number of samples per batch; >= 1. Ignored for a Dataset, which is batched. Default: 32.
  Index epochs = 1;  ///< Training ends after this epoch: `epochs` - `initial_epoch` epochs are trained. Default: 1.
  int verbose = 1;   ///< 0: prints nothing; 1: a progress bar; 2: one line per epoch. Default: 1.
  /// Fraction of the samples to use for validation instead of training; in [0, 1). The last samples are used, with
  /// their sample weights. Ignored if `validation_data` is set. Default: 0.
  double validation_split = 0.0;
  /// Validation samples {x, y, sample_weight}. Default: none.
  std::optional<Samples<Scalar>> validation_data = std::nullopt;
  bool shuffle = true;  ///< If true, the samples are shuffled before every epoch. Ignored for a Dataset. Default: true.
  Index initial_epoch = 0;  ///< First epoch to train, counted from 0; to resume a training run. Default: 0.
  std::optional<Index> steps_per_epoch = std::nullopt;  ///< Maximum number of batches per epoch; >= 1. Default: all.
  std::optional<Index> validation_steps =
      std::nullopt;  ///< Maximum number of batches per validation; >= 1. Default: all.
  /// Number of samples per validation batch; >= 1. Default: `batch_size`.
  std::optional<Index> validation_batch_size = std::nullopt;
  Index validation_freq = 1;  ///< Validates every `validation_freq` epochs; >= 1. Default: 1.
  /// Weights of the samples, (samples,): one tensor, or one per output. Default: 1.
  TensorList<Scalar> sample_weight = {};
  /// Weights of the samples of each class in the training loss, such as {{0, 1.0}, {1, 5.0}}; finite. Other classes and
  /// validation samples have the weight 1. Targets are class indices or one-hot vectors; the model has one output.
  /// Cannot be combined with `sample_weight`. Default: none.
  List<std::pair<Index, double>> class_weight = {};
  List<CallbackArgument<Scalar>> callbacks = {};  ///< Callbacks, called in the given order. Default: none.
  /// Condition that ends the training before the next batch. The variables keep their values, and the model can be
  /// trained further. `fit` returns the history of the complete epochs. For the interrupted epoch, nothing is recorded
  /// and `on_epoch_end` is not called; `on_train_end` is called. Default: never.
  StopCondition stop = {};
};

/// Options of `evaluate`, under Keras's names.
template <class Scalar>
struct EvaluateOptions {
  /// Number of samples per batch; >= 1. Ignored for a Dataset, which is batched. Default: 32.
  Index batch_size = 32;
  int verbose = 0;  ///< 0: prints nothing; 1: a progress bar; 2: one line. Default: 0.
  /// Weights of the samples, (samples,): one tensor, or one per output. Default: 1.
  TensorList<Scalar> sample_weight = {};
  std::optional<Index> steps = std::nullopt;      ///< Maximum number of batches; >= 1. Default: all.
  List<CallbackArgument<Scalar>> callbacks = {};  ///< Callbacks, called in the given order. Default: none.
  /// Condition that ends the evaluation before the next batch, but not before the first one. `evaluate` returns the
  /// loss and the metrics of the evaluated batches. Default: never.
  StopCondition stop = {};
};

/// Options of `predict`, under Keras's names.
template <class Scalar>
struct PredictOptions {
  /// Number of samples per batch; >= 1. Ignored for a Dataset, which is batched. Default: 32.
  Index batch_size = 32;
  std::optional<Index> steps = std::nullopt;      ///< Maximum number of batches; >= 1. Default: all.
  List<CallbackArgument<Scalar>> callbacks = {};  ///< Callbacks, called in the given order. Default: none.
  /// Condition that ends the prediction before the next batch, but not before the first one. `predict` returns the
  /// outputs of the predicted batches. Default: never.
  StopCondition stop = {};
};

}  // namespace lamina
