#pragma once
// Every metric, and the names that find them.
#include "lamina/core/strategy.hpp"
#include "lamina/metrics/accuracy.hpp"
#include "lamina/metrics/mean_squared_error.hpp"
#include "lamina/metrics/metric.hpp"

namespace lamina {

template <class S>
struct MetricFamily {
  static constexpr const char* kind = "metric";
  using Table =
      StrategyTable<Metric<S>, Named<"accuracy", Accuracy<S>>, Named<"acc", Accuracy<S>>,
                    Named<"sparse_categorical_accuracy", SparseCategoricalAccuracy<S>>,
                    Named<"categorical_accuracy", CategoricalAccuracy<S>>, Named<"binary_accuracy", BinaryAccuracy<S>>,
                    Named<"mean_squared_error", MeanSquaredErrorMetric<S>>, Named<"mse", MeanSquaredErrorMetric<S>>>;
};

/// A metric given to `compile`: a Keras name, an object, or a shared pointer to one.
template <class S>
using MetricArgument = StrategyArgument<Metric<S>, MetricFamily<S>>;

}  // namespace lamina
