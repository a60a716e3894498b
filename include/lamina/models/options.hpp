#pragma once
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "lamina/data/batches.hpp"
#include "lamina/losses/losses.hpp"
#include "lamina/metrics/metrics.hpp"
#include "lamina/models/callback.hpp"
#include "lamina/optimizers/optimizers.hpp"

namespace lamina {

/// Something for the output of this name.
template <class T>
struct ForOutput {
  std::string output;
  T value;
};

/// The losses given to `compile`: one, `"mse"`, for every output; one each, `{"mse", "binary_crossentropy"}`; or by the
/// outputs' names, `{{"price", "mse"}, {"sold", "binary_crossentropy"}}`: outputs that are not named have none then.
template <class Scalar>
class LossArguments {
 public:
  using One = LossArgument<Scalar>;
  using Several = std::vector<ForOutput<One>>;
  constexpr LossArguments() noexcept {}
  template <std::size_t N>
  consteval LossArguments(const char (&name)[N]) : one_(name) {}  // NOLINT: names stand for losses
  template <class Given>
  requires(!std::is_array_v<std::remove_cvref_t<Given>> && std::is_constructible_v<One, Given>)
      LossArguments(Given&& one)
      : one_(std::forward<Given>(one)) {}                         // NOLINT
  LossArguments(std::vector<One> each) : several_(new Several) {  // NOLINT
    for (One& loss : each) several_->push_back({"", std::move(loss)});
  }
  LossArguments(std::initializer_list<One> each) : LossArguments(std::vector<One>(each)) {}     // NOLINT
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

  /// Null where one loss, or none, was given.
  constexpr const Several* several() const noexcept { return several_; }
  std::shared_ptr<const Loss<Scalar>> resolve() const { return one_.resolve(); }

 private:
  One one_;
  Several* several_ = nullptr;
};

/// The metrics given to `compile`: a list, `{"accuracy"}`, for a model of one output; for one of several outputs a
/// metric for each, or any number by the outputs' names: `{{"price", {"mae", "mse"}}, {"sold", {"accuracy"}}}`.
template <class Scalar>
struct MetricArguments : std::vector<MetricArgument<Scalar>> {
  using List = std::vector<MetricArgument<Scalar>>;
  using List::List;
  MetricArguments() = default;
  MetricArguments(List list) : List(std::move(list)) {}                                        // NOLINT
  MetricArguments(std::initializer_list<MetricArgument<Scalar>> list) : List(list) {}          // NOLINT
  MetricArguments(std::initializer_list<ForOutput<List>> for_outputs) : named(for_outputs) {}  // NOLINT
  std::vector<ForOutput<List>> named;
};

/// How much each output's loss counts: in order, `{1, 0.5}`, or by name, `{{"price", 1}, {"sold", 0.5}}`.
struct LossWeights {
  LossWeights() = default;
  LossWeights(std::vector<double> each) {  // NOLINT
    for (const double w : each) weights.push_back({"", w});
  }
  LossWeights(std::initializer_list<double> each) : LossWeights(std::vector<double>(each)) {}  // NOLINT
  LossWeights(std::initializer_list<ForOutput<double>> named) : weights(named) {}              // NOLINT
  std::vector<ForOutput<double>> weights;
};

/// What `compile` takes, under Keras's names.
template <class Scalar>
struct CompileOptions {
  OptimizerArgument<Scalar> optimizer = OptimizerArgument<Scalar>::template of<RMSprop<Scalar>>();
  LossArguments<Scalar> loss = {};
  MetricArguments<Scalar> metrics = {};           ///< over all samples alike
  MetricArguments<Scalar> weighted_metrics = {};  ///< each sample counts by its weight
  LossWeights loss_weights = {};                  ///< how much each output's loss counts; 1 where nothing is said
};

template <class Scalar>
struct FitOptions {
  Index batch_size = 32;
  Index epochs = 1;               ///< the number of the last epoch: training goes from initial_epoch to here
  int verbose = 1;                ///< 0: silent, 1: a progress bar, 2: a line an epoch
  double validation_split = 0.0;  ///< This fraction of the samples, the last ones, with their sample weights, is
                                  ///< validated on, not trained on.
  std::optional<Samples<Scalar>> validation_data = std::nullopt;
  bool shuffle = true;  ///< take the samples in another order in every epoch
  Index initial_epoch = 0;
  std::optional<Index> steps_per_epoch = std::nullopt;   ///< end an epoch after so many batches
  std::optional<Index> validation_steps = std::nullopt;  ///< measure on so many batches only
  std::optional<Index> validation_batch_size = std::nullopt;
  Index validation_freq = 1;              ///< measure after every so many epochs
  TensorList<Scalar> sample_weight = {};  ///< what each sample counts in the loss; for several outputs one for each
  /// Weight of the samples of each class in the training loss: {{0, 1.0}, {1, 5.0}}; classes left out have weight 1,
  /// and so have all samples of validation data. Targets are class numbers, or one-hot. Not together with
  /// sample_weight.
  std::vector<std::pair<Index, double>> class_weight = {};
  std::vector<CallbackArgument<Scalar>> callbacks = {};
};

template <class Scalar>
struct EvaluateOptions {
  Index batch_size = 32;
  int verbose = 0;
  TensorList<Scalar> sample_weight = {};
  std::optional<Index> steps = std::nullopt;  ///< measure on so many batches only
  std::vector<CallbackArgument<Scalar>> callbacks = {};
};

template <class Scalar>
struct PredictOptions {
  Index batch_size = 32;
  std::optional<Index> steps = std::nullopt;  ///< so many batches only
  std::vector<CallbackArgument<Scalar>> callbacks = {};
};

}  // namespace lamina
