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

/// A value for the output of this name.
template <class T>
struct ForOutput {
  std::string output;
  T value;
};

/// The losses given to `compile`: one, `"mse"`; one per output, `{"mse", "binary_crossentropy"}`; or by the names of
/// the outputs, `{{"price", "mse"}, {"sold", "binary_crossentropy"}}`, where outputs that are not named have no loss.
template <class Scalar>
class LossArguments {
 public:
  using One = LossArgument<Scalar>;
  using Several = List<ForOutput<One>>;
  constexpr LossArguments() noexcept {}
  template <std::size_t N>
  consteval LossArguments(const char (&name)[N]) : one_(name) {}  // NOLINT: names stand for losses
  template <class Given>
    requires(!std::is_array_v<std::remove_cvref_t<Given>> && std::is_constructible_v<One, Given>)
  LossArguments(Given&& one) : one_(std::forward<Given>(one)) {}  // NOLINT
  LossArguments(List<One> each) : several_(new Several) {         // NOLINT
    for (One& loss : each) several_->push_back({"", std::move(loss)});
  }
  LossArguments(const std::vector<One>& each) : LossArguments(List<One>(each)) {}               // NOLINT
  LossArguments(std::initializer_list<One> each) : LossArguments(List<One>(each)) {}            // NOLINT
  LossArguments(std::initializer_list<ForOutput<One>> named) : several_(new Several(named)) {}  // NOLINT
  constexpr LossArguments(const LossArguments& other)
      : one_(other.one_), several_(other.several_ == nullptr ? nullptr : new Several(*other.several_)) {}
  constexpr LossArguments(LossArguments&& other) noexcept
      : one_(std::move(other.one_)), several_(std::exchange(other.several_, nullptr)) {}
  constexpr LossArguments& operator=(LossArguments other) noexcept {
    one_ = std::move(other.one_);
    std::swap(several_, other.several_);
    return *this;
  }
  constexpr ~LossArguments() {
    if (several_ != nullptr) delete several_;
  }

  /// Null if one loss, or none, was given.
  constexpr const Several* several() const noexcept { return several_; }
  std::shared_ptr<const Loss<Scalar>> resolve() const { return one_.resolve(); }

 private:
  One one_;
  Several* several_ = nullptr;
};

/// The metrics given to `compile`: a list, `{"accuracy"}`, for a model of one output; for several outputs one metric
/// per output, or any number by the names of the outputs: `{{"price", {"mae", "mse"}}, {"sold", {"accuracy"}}}`.
template <class Scalar>
struct MetricArguments : List<MetricArgument<Scalar>> {
  using Several = List<MetricArgument<Scalar>>;
  using Several::Several;
  MetricArguments() = default;
  MetricArguments(Several metrics) : Several(std::move(metrics)) {}                               // NOLINT
  MetricArguments(std::initializer_list<MetricArgument<Scalar>> metrics) : Several(metrics) {}    // NOLINT
  MetricArguments(std::initializer_list<ForOutput<Several>> for_outputs) : named(for_outputs) {}  // NOLINT
  List<ForOutput<Several>> named;
};

/// The factor of each output's loss: in order, `{1, 0.5}`, or by name, `{{"price", 1}, {"sold", 0.5}}`.
struct LossWeights {
  LossWeights() = default;
  LossWeights(std::vector<double> each) {  // NOLINT
    for (const double w : each) weights.push_back({"", w});
  }
  LossWeights(std::initializer_list<double> each) : LossWeights(std::vector<double>(each)) {}  // NOLINT
  LossWeights(std::initializer_list<ForOutput<double>> named) : weights(named) {}              // NOLINT
  List<ForOutput<double>> weights;
};

/// The options of `compile`, under Keras's names.
template <class Scalar>
struct CompileOptions {
  /// Optimizer, by name or as an object. Default: "rmsprop".
  OptimizerArgument<Scalar> optimizer = OptimizerArgument<Scalar>::template of<RMSprop<Scalar>>();
  LossArguments<Scalar> loss = {};                ///< Loss or losses. Default: none.
  MetricArguments<Scalar> metrics = {};           ///< Metrics that ignore sample weights. Default: none.
  MetricArguments<Scalar> weighted_metrics = {};  ///< Metrics that apply sample weights. Default: none.
  LossWeights loss_weights = {};                  ///< Factor of each output's loss. Default: 1.
};

/// The options of `fit`, under Keras's names.
template <class Scalar>
struct FitOptions {
  Index batch_size = 32;  ///< Number of samples per batch; >= 1. A Dataset has its own.
  Index epochs = 1;       ///< Number of the last epoch: training goes from initial_epoch to here.
  int verbose = 1;        ///< 0: prints nothing, 1: a progress bar, 2: one line per epoch.
  /// Fraction of the samples, the last ones, with their sample weights, that is used for validation and not for
  /// training; 0 <= validation_split < 1. Ignored if validation_data is given.
  double validation_split = 0.0;
  std::optional<Samples<Scalar>> validation_data = std::nullopt;  ///< Samples for validation. Default: none.
  bool shuffle = true;      ///< If true, the samples are shuffled before every epoch. A Dataset has its own setting.
  Index initial_epoch = 0;  ///< Epoch at which training starts, counted from 0.
  std::optional<Index> steps_per_epoch = std::nullopt;  ///< Largest number of batches per epoch; >= 1. Default: all.
  std::optional<Index> validation_steps =
      std::nullopt;  ///< Largest number of batches per validation; >= 1. Default: all.
  std::optional<Index> validation_batch_size = std::nullopt;  ///< Default: batch_size.
  Index validation_freq = 1;                                  ///< Number of epochs between validations; >= 1.
  TensorList<Scalar> sample_weight = {};  ///< Weight of each sample in the loss; one tensor, or one per output.
  /// Weight of the samples of each class in the training loss: {{0, 1.0}, {1, 5.0}}. The weight of other classes, and
  /// of all samples of validation data, is 1. Targets are class indices or one-hot vectors. Excludes sample_weight.
  List<std::pair<Index, double>> class_weight = {};
  List<CallbackArgument<Scalar>> callbacks = {};  ///< Callbacks, called in this order. Default: none.
  /// Ends the training before the next batch if a stop is requested. The model keeps what it has learned and may be
  /// trained again. `fit` returns the history of the complete epochs: of the epoch that was ended, during training or
  /// validation, nothing is recorded, and on_epoch_end is not called; on_train_end is. Default: never.
  StopCondition stop = {};
};

/// The options of `evaluate`, under Keras's names.
template <class Scalar>
struct EvaluateOptions {
  Index batch_size = 32;                          ///< Number of samples per batch; >= 1. A Dataset has its own.
  int verbose = 0;                                ///< 0: prints nothing, 1: a progress bar, 2: one line.
  TensorList<Scalar> sample_weight = {};          ///< Weight of each sample in the loss; one tensor, or one per output.
  std::optional<Index> steps = std::nullopt;      ///< Largest number of batches; >= 1. Default: all.
  List<CallbackArgument<Scalar>> callbacks = {};  ///< Callbacks, called in this order. Default: none.
  /// Ends the evaluation before the next batch, but not before the first one, if a stop is requested. `evaluate` returns
  /// the loss and the metrics over the batches so far. Default: never.
  StopCondition stop = {};
};

/// The options of `predict`, under Keras's names.
template <class Scalar>
struct PredictOptions {
  Index batch_size = 32;                          ///< Number of samples per batch; >= 1. A Dataset has its own.
  std::optional<Index> steps = std::nullopt;      ///< Largest number of batches; >= 1. Default: all.
  List<CallbackArgument<Scalar>> callbacks = {};  ///< Callbacks, called in this order. Default: none.
  /// Ends the prediction before the next batch, but not before the first one, if a stop is requested. `predict` returns
  /// the outputs for the samples so far, the first ones. Default: never.
  StopCondition stop = {};
};

}  // namespace lamina
