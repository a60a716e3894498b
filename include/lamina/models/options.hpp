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

/// What `compile` takes, under Keras's names.
template <class Scalar>
struct CompileOptions {
  OptimizerArgument<Scalar> optimizer = OptimizerArgument<Scalar>::template of<RMSprop<Scalar>>();
  LossArgument<Scalar> loss = {};
  std::vector<MetricArgument<Scalar>> metrics = {};           ///< over all samples alike
  std::vector<MetricArgument<Scalar>> weighted_metrics = {};  ///< each sample counts by its weight
};

template <class Scalar>
struct FitOptions {
  Index batch_size = 32;
  Index epochs = 1;               ///< the number of the last epoch: training goes from initial_epoch to here
  int verbose = 1;                ///< 0: silent, 1: a progress bar, 2: a line an epoch
  double validation_split = 0.0;  ///< this share of the samples, the last ones, is kept for validation
  std::optional<Samples<Scalar>> validation_data = std::nullopt;
  bool shuffle = true;  ///< take the samples in another order in every epoch
  Index initial_epoch = 0;
  std::optional<Index> steps_per_epoch = std::nullopt;   ///< end an epoch after so many batches
  std::optional<Index> validation_steps = std::nullopt;  ///< measure on so many batches only
  std::optional<Index> validation_batch_size = std::nullopt;
  Index validation_freq = 1;          ///< measure after every so many epochs
  Tensor<Scalar> sample_weight = {};  ///< what each sample counts in the loss
  /// What the samples of each class count: {{0, 1.0}, {1, 5.0}}; classes left out count 1. Targets are class numbers,
  /// or one-hot.
  std::vector<std::pair<Index, double>> class_weight = {};
  std::vector<CallbackArgument<Scalar>> callbacks = {};
};

template <class Scalar>
struct EvaluateOptions {
  Index batch_size = 32;
  int verbose = 0;
  Tensor<Scalar> sample_weight = {};
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
