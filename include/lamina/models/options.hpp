#pragma once
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "lamina/losses/losses.hpp"
#include "lamina/metrics/metrics.hpp"
#include "lamina/optimizers/optimizers.hpp"

namespace lamina {

/// What `compile` takes, under Keras's names.
template <class Scalar>
struct CompileOptions {
  OptimizerArgument<Scalar> optimizer = OptimizerArgument<Scalar>::template of<RMSprop<Scalar>>();
  LossArgument<Scalar> loss = {};
  std::vector<MetricArgument<Scalar>> metrics = {};
};

/// Data to measure a model on.
template <class Scalar>
struct Samples {
  Tensor<Scalar> x, y;
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
  std::optional<Index> steps_per_epoch = std::nullopt;  ///< end an epoch after so many batches
};

struct EvaluateOptions {
  Index batch_size = 32;
  int verbose = 0;
};

struct PredictOptions {
  Index batch_size = 32;
};

}  // namespace lamina
