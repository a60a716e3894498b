#pragma once
// Includes all of metrics/: every metric, and the table of their Keras names. Metrics that have the name of a loss,
// such as MeanSquaredError, are in namespace `lamina::metrics` only; the others also in `lamina`, such as
// `lamina::AUC`.
#include "lamina/core/strategy.hpp"
#include "lamina/metrics/accuracy.hpp"
#include "lamina/metrics/at_thresholds.hpp"
#include "lamina/metrics/auc.hpp"
#include "lamina/metrics/confusion.hpp"
#include "lamina/metrics/correlation.hpp"
#include "lamina/metrics/f_score.hpp"
#include "lamina/metrics/hinge.hpp"
#include "lamina/metrics/iou.hpp"
#include "lamina/metrics/mean_of_samples.hpp"
#include "lamina/metrics/metric.hpp"
#include "lamina/metrics/metric_by_shape.hpp"
#include "lamina/metrics/metric_direction.hpp"
#include "lamina/metrics/metric_function.hpp"
#include "lamina/metrics/probabilistic.hpp"
#include "lamina/metrics/reduction.hpp"
#include "lamina/metrics/regression.hpp"

namespace lamina {

/// The Keras names of metrics, and what else `compile` accepts as a metric.
template <class S>
struct MetricFamily {
  static constexpr const char* kind = "metric";  ///< Used in error texts.
  /// Metric classes by Keras name.
  using Entries = StrategyTable<
      Metric<S>,  //
      Named<"accuracy", metrics::AccuracyByShape<S>>, Named<"acc", metrics::AccuracyByShape<S>>,
      Named<"crossentropy", metrics::CrossentropyByShape<S>>, Named<"ce", metrics::CrossentropyByShape<S>>,
      Named<"mean", metrics::Mean<S>>, Named<"sum", metrics::Sum<S>>,
      Named<"mean_squared_error", metrics::MeanSquaredError<S>>, Named<"mse", metrics::MeanSquaredError<S>>,
      Named<"root_mean_squared_error", metrics::RootMeanSquaredError<S>>,
      Named<"mean_absolute_error", metrics::MeanAbsoluteError<S>>, Named<"mae", metrics::MeanAbsoluteError<S>>,
      Named<"mean_absolute_percentage_error", metrics::MeanAbsolutePercentageError<S>>,
      Named<"mape", metrics::MeanAbsolutePercentageError<S>>,
      Named<"mean_squared_logarithmic_error", metrics::MeanSquaredLogarithmicError<S>>,
      Named<"msle", metrics::MeanSquaredLogarithmicError<S>>, Named<"cosine_similarity", metrics::CosineSimilarity<S>>,
      Named<"log_cosh_error", metrics::LogCoshError<S>>, Named<"log_cosh", metrics::LogCoshError<S>>,
      Named<"logcosh", metrics::LogCoshError<S>>, Named<"r2_score", metrics::R2Score<S>>,
      Named<"pearson_correlation", metrics::PearsonCorrelation<S>>,
      Named<"concordance_correlation", metrics::ConcordanceCorrelation<S>>, Named<"hinge", metrics::Hinge<S>>,
      Named<"squared_hinge", metrics::SquaredHinge<S>>, Named<"categorical_hinge", metrics::CategoricalHinge<S>>,
      Named<"kl_divergence", metrics::KLDivergence<S>>, Named<"kullback_leibler_divergence", metrics::KLDivergence<S>>,
      Named<"kld", metrics::KLDivergence<S>>, Named<"poisson", metrics::Poisson<S>>,
      Named<"binary_crossentropy", metrics::BinaryCrossentropy<S>>, Named<"bce", metrics::BinaryCrossentropy<S>>,
      Named<"categorical_crossentropy", metrics::CategoricalCrossentropy<S>>,
      Named<"sparse_categorical_crossentropy", metrics::SparseCategoricalCrossentropy<S>>,
      Named<"binary_accuracy", metrics::BinaryAccuracy<S>>,
      Named<"categorical_accuracy", metrics::CategoricalAccuracy<S>>,
      Named<"sparse_categorical_accuracy", metrics::SparseCategoricalAccuracy<S>>,
      Named<"top_k_categorical_accuracy", metrics::TopKCategoricalAccuracy<S>>,
      Named<"sparse_top_k_categorical_accuracy", metrics::SparseTopKCategoricalAccuracy<S>>,
      Named<"true_positives", metrics::TruePositives<S>>, Named<"true_negatives", metrics::TrueNegatives<S>>,
      Named<"false_positives", metrics::FalsePositives<S>>, Named<"false_negatives", metrics::FalseNegatives<S>>,
      Named<"precision", metrics::Precision<S>>, Named<"recall", metrics::Recall<S>>, Named<"auc", metrics::AUC<S>>,
      Named<"precision_at_recall", metrics::PrecisionAtRecall<S>>,
      Named<"recall_at_precision", metrics::RecallAtPrecision<S>>,
      Named<"sensitivity_at_specificity", metrics::SensitivityAtSpecificity<S>>,
      Named<"specificity_at_sensitivity", metrics::SpecificityAtSensitivity<S>>, Named<"f1_score", metrics::F1Score<S>>,
      Named<"f_beta_score", metrics::FBetaScore<S>>, Named<"fbeta_score", metrics::FBetaScore<S>>,
      Named<"io_u", metrics::IoU<S>>, Named<"mean_io_u", metrics::MeanIoU<S>>,
      Named<"one_hot_io_u", metrics::OneHotIoU<S>>, Named<"one_hot_mean_io_u", metrics::OneHotMeanIoU<S>>,
      Named<"binary_io_u", metrics::BinaryIoU<S>>>;
  /// `Entries`, except that a configuration with the class name Accuracy creates Keras's class Accuracy.
  struct Table : Entries {
    /// Creates a metric from a name, as in `compile`, or from a configuration.
    static std::shared_ptr<Metric<S>> from_config(const char* what, const Config& described) {
      using Exact = StrategyTable<Metric<S>, Named<"accuracy", metrics::Accuracy<S>>>;
      const Config* name = described.find("class_name");
      if (name != nullptr && name->is_string() && name->as_string() == "Accuracy")
        return Exact::from_config(what, described);
      return Entries::from_config(what, described);
    }
  };
  /// Wraps a function of targets and predictions in a MetricFunction.
  template <class F>
    requires(std::is_invocable_v<const F&, const Tensor<S>&, const Tensor<S>&> && !std::is_base_of_v<Metric<S>, F>)
  static std::shared_ptr<Metric<S>> adapt(F function) {
    return std::make_shared<MetricFunction<S>>(std::move(function));
  }
};

/// A metric argument of `compile`: a Keras name, a metric object, a shared pointer to one, or a function of targets and
/// predictions (see MetricFunction).
template <class S>
using MetricArgument = StrategyArgument<Metric<S>, MetricFamily<S>>;

}  // namespace lamina
