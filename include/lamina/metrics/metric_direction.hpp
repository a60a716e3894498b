#pragma once
#include <string_view>

#include "lamina/metrics/metric.hpp"

namespace lamina::detail {

/// Returns the direction of the metric with the given default name, for logs that are not computed by a metric of the
/// model. Losses, `loss` and `..._loss`, are down; other names are unknown.
inline MetricDirection direction_of_name(std::string_view name) noexcept {
  if (name.starts_with("weighted_")) name.remove_prefix(9);
  if (name == "loss" || name.ends_with("_loss")) return MetricDirection::down;
  for (const std::string_view up : {"accuracy",
                                    "acc",
                                    "binary_accuracy",
                                    "categorical_accuracy",
                                    "sparse_categorical_accuracy",
                                    "top_k_categorical_accuracy",
                                    "sparse_top_k_categorical_accuracy",
                                    "precision",
                                    "recall",
                                    "auc",
                                    "precision_at_recall",
                                    "recall_at_precision",
                                    "sensitivity_at_specificity",
                                    "specificity_at_sensitivity",
                                    "true_positives",
                                    "true_negatives",
                                    "f1_score",
                                    "fbeta_score",
                                    "f_beta_score",
                                    "io_u",
                                    "mean_io_u",
                                    "binary_io_u",
                                    "one_hot_io_u",
                                    "one_hot_mean_io_u",
                                    "r2_score",
                                    "cosine_similarity",
                                    "pearson_correlation",
                                    "concordance_correlation"})
    if (name == up) return MetricDirection::up;
  for (const std::string_view down : {"mean_squared_error",
                                      "mse",
                                      "root_mean_squared_error",
                                      "mean_absolute_error",
                                      "mae",
                                      "mean_absolute_percentage_error",
                                      "mape",
                                      "mean_squared_logarithmic_error",
                                      "msle",
                                      "log_cosh_error",
                                      "log_cosh",
                                      "logcosh",
                                      "hinge",
                                      "squared_hinge",
                                      "categorical_hinge",
                                      "kl_divergence",
                                      "kullback_leibler_divergence",
                                      "kld",
                                      "poisson",
                                      "binary_crossentropy",
                                      "bce",
                                      "categorical_crossentropy",
                                      "sparse_categorical_crossentropy",
                                      "crossentropy",
                                      "ce",
                                      "false_positives",
                                      "false_negatives"})
    if (name == down) return MetricDirection::down;
  return MetricDirection::unknown;
}

}  // namespace lamina::detail
