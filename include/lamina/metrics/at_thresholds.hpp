#pragma once
#include <optional>
#include <utility>

#include "lamina/core/classify.hpp"
#include "lamina/metrics/confusion.hpp"
#include "lamina/metrics/row_values.hpp"

namespace lamina::metrics {

/// Base class of metrics that accumulate true and false positives and negatives at several thresholds.
template <class Scalar, class Options>
class AtThresholds : public MetricWith<Metric<Scalar>, Options> {
 public:
  MetricDirection direction() const override { return MetricDirection::up; }
  /// Constructs the metric from its options.
  using MetricWith<Metric<Scalar>, Options>::MetricWith;

 protected:
  /// Creates the four counters, each of the given shape: (thresholds,) or (thresholds, labels).
  void add_counts(const Shape& shape) {
    for (const char* name : {"true_positives", "false_positives", "true_negatives", "false_negatives"})
      this->add_variable(name, shape);
  }
  /// Returns pointers to the four counters.
  metrics_detail::Counts counts() {
    return {&this->variable(0), &this->variable(1), &this->variable(2), &this->variable(3)};
  }
  double tp(std::size_t i) const { return this->variable(0)[i]; }  ///< True positives of element i.
  double fp(std::size_t i) const { return this->variable(1)[i]; }  ///< False positives of element i.
  double tn(std::size_t i) const { return this->variable(2)[i]; }  ///< True negatives of element i.
  double fn(std::size_t i) const { return this->variable(3)[i]; }  ///< False negatives of element i.
  /// tp / (tp + fp) of element i; 0 if there are no predicted positives.
  double precision_at(std::size_t i) const { return detail::divide_or_zero(tp(i), tp(i) + fp(i)); }
  /// tp / (tp + fn) of element i, also called sensitivity; 0 if there are no positives.
  double recall_at(std::size_t i) const { return detail::divide_or_zero(tp(i), tp(i) + fn(i)); }
  /// tn / (tn + fp) of element i; 0 if there are no negatives.
  double specificity_at(std::size_t i) const { return detail::divide_or_zero(tn(i), tn(i) + fp(i)); }

  metrics_detail::Thresholds thresholds_;  ///< The thresholds, in increasing order.
};

/// Base class of metrics that return the maximum of one rate over the thresholds at which another rate is at least a
/// required value. Keras: `SensitivitySpecificityBase`.
template <class Scalar, class Options>
class BestAtThreshold : public AtThresholds<Scalar, Options> {
 public:
  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    metrics_detail::update_confusion_matrix(this->counts(), y_true, y_pred, sample_weight, this->thresholds_,
                                            {{}, this->options_.class_id}, this->class_name());
  }
  double result() const override {
    double best = 0;
    for (std::size_t i = 0; i < this->thresholds_.size(); ++i) {
      // Compared in float: a rate that equals the minimum up to rounding satisfies the constraint.
      const auto [constrained, maximized] = rates(i);
      if (static_cast<float>(constrained) >= static_cast<float>(minimum_)) best = (std::max)(best, maximized);
    }
    return best;
  }

 protected:
  /// Constructs the metric from its options and the required value of the option `argument`.
  BestAtThreshold(Options options, const std::optional<double>& minimum, const char* argument, const char* who,
                  const char* name)
      : AtThresholds<Scalar, Options>(std::move(options), name), minimum_(minimum.value_or(0)) {
    if (!minimum) raise<ValueError>(who, ": expected ", argument, " in [0, 1], got none. Set the option.");
    if (!detail::within(minimum_, 0, 1)) raise<ValueError>(who, ": expected ", argument, " in [0, 1], got ", minimum_);
    if (this->options_.num_thresholds < 1)
      raise<ValueError>(who, ": expected num_thresholds >= 1, got ", this->options_.num_thresholds);
    metrics_detail::Selection{{}, this->options_.class_id}.check_ranges(who);
    this->thresholds_ = metrics_detail::Thresholds::evenly(this->options_.num_thresholds);
    this->add_counts({this->options_.num_thresholds});
  }
  /// Returns the constrained and the maximized rate at a threshold.
  virtual std::pair<double, double> rates(std::size_t threshold) const = 0;

 private:
  double minimum_;
};

/// Options of SensitivityAtSpecificity.
struct SensitivityAtSpecificityOptions {
  std::optional<double> specificity = {};  ///< Minimum specificity; in [0, 1]; required.
  Index num_thresholds = 200;              ///< Number of evenly spaced thresholds in [0, 1]; >= 1. Default: 200.
  std::optional<Index> class_id = {};      ///< Class (column) to evaluate; >= 0. Default: all classes.
  std::string name = {};                   ///< Name of the metric in logs. Empty: "sensitivity_at_specificity".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("specificity", self.specificity);
    field("num_thresholds", self.num_thresholds);
    field("class_id", self.class_id);
    field("name", self.name);
  }
};

/// Best sensitivity at a required specificity. Keras: `keras.metrics.SensitivityAtSpecificity`.
///
///     sensitivity = tp / (tp + fn)
///     specificity = tn / (tn + fp)
///     result = max(sensitivity) over the thresholds where specificity >= options.specificity; 0 if there are none
///
/// Shapes: `y_true` and `y_pred` (batch, ...), targets 0 or 1, predictions in [0, 1]. Throws ValueError if an option is
/// missing or out of its range, and ShapeError if the shapes differ or have no class `class_id`.
template <class Scalar = float>
class SensitivityAtSpecificity : public BestAtThreshold<Scalar, SensitivityAtSpecificityOptions> {
 public:
  explicit SensitivityAtSpecificity(SensitivityAtSpecificityOptions options = {})
      : BestAtThreshold<Scalar, SensitivityAtSpecificityOptions>(
            options, options.specificity, "specificity", "SensitivityAtSpecificity", "sensitivity_at_specificity") {}
  std::string class_name() const override { return "SensitivityAtSpecificity"; }

 protected:
  std::pair<double, double> rates(std::size_t i) const override {
    return {this->specificity_at(i), this->recall_at(i)};
  }
};

/// Options of SpecificityAtSensitivity.
struct SpecificityAtSensitivityOptions {
  std::optional<double> sensitivity = {};  ///< Minimum sensitivity; in [0, 1]; required.
  Index num_thresholds = 200;              ///< Number of evenly spaced thresholds in [0, 1]; >= 1. Default: 200.
  std::optional<Index> class_id = {};      ///< Class (column) to evaluate; >= 0. Default: all classes.
  std::string name = {};                   ///< Name of the metric in logs. Empty: "specificity_at_sensitivity".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("sensitivity", self.sensitivity);
    field("num_thresholds", self.num_thresholds);
    field("class_id", self.class_id);
    field("name", self.name);
  }
};

/// Best specificity at a required sensitivity. Keras: `keras.metrics.SpecificityAtSensitivity`.
///
///     result = max(specificity) over the thresholds where sensitivity >= options.sensitivity; 0 if there are none
///
/// Formulas, shapes and errors are those of SensitivityAtSpecificity.
template <class Scalar = float>
class SpecificityAtSensitivity : public BestAtThreshold<Scalar, SpecificityAtSensitivityOptions> {
 public:
  explicit SpecificityAtSensitivity(SpecificityAtSensitivityOptions options = {})
      : BestAtThreshold<Scalar, SpecificityAtSensitivityOptions>(
            options, options.sensitivity, "sensitivity", "SpecificityAtSensitivity", "specificity_at_sensitivity") {}
  std::string class_name() const override { return "SpecificityAtSensitivity"; }

 protected:
  std::pair<double, double> rates(std::size_t i) const override {
    return {this->recall_at(i), this->specificity_at(i)};
  }
};

/// Options of PrecisionAtRecall.
struct PrecisionAtRecallOptions {
  std::optional<double> recall = {};   ///< Minimum recall; in [0, 1]; required.
  Index num_thresholds = 200;          ///< Number of evenly spaced thresholds in [0, 1]; >= 1. Default: 200.
  std::optional<Index> class_id = {};  ///< Class (column) to evaluate; >= 0. Default: all classes.
  std::string name = {};               ///< Name of the metric in logs. Empty: "precision_at_recall".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("recall", self.recall);
    field("num_thresholds", self.num_thresholds);
    field("class_id", self.class_id);
    field("name", self.name);
  }
};

/// Best precision at a required recall. Keras: `keras.metrics.PrecisionAtRecall`.
///
///     precision = tp / (tp + fp)
///     recall = tp / (tp + fn)
///     result = max(precision) over the thresholds where recall >= options.recall; 0 if there are none
///
/// Shapes and errors are those of SensitivityAtSpecificity.
template <class Scalar = float>
class PrecisionAtRecall : public BestAtThreshold<Scalar, PrecisionAtRecallOptions> {
 public:
  explicit PrecisionAtRecall(PrecisionAtRecallOptions options = {})
      : BestAtThreshold<Scalar, PrecisionAtRecallOptions>(options, options.recall, "recall", "PrecisionAtRecall",
                                                          "precision_at_recall") {}
  std::string class_name() const override { return "PrecisionAtRecall"; }

 protected:
  std::pair<double, double> rates(std::size_t i) const override { return {this->recall_at(i), this->precision_at(i)}; }
};

/// Options of RecallAtPrecision.
struct RecallAtPrecisionOptions {
  std::optional<double> precision = {};  ///< Minimum precision; in [0, 1]; required.
  Index num_thresholds = 200;            ///< Number of evenly spaced thresholds in [0, 1]; >= 1. Default: 200.
  std::optional<Index> class_id = {};    ///< Class (column) to evaluate; >= 0. Default: all classes.
  std::string name = {};                 ///< Name of the metric in logs. Empty: "recall_at_precision".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("precision", self.precision);
    field("num_thresholds", self.num_thresholds);
    field("class_id", self.class_id);
    field("name", self.name);
  }
};

/// Best recall at a required precision. Keras: `keras.metrics.RecallAtPrecision`.
///
///     result = max(recall) over the thresholds where precision >= options.precision; 0 if there are none
///
/// Formulas, shapes and errors are those of PrecisionAtRecall and SensitivityAtSpecificity.
template <class Scalar = float>
class RecallAtPrecision : public BestAtThreshold<Scalar, RecallAtPrecisionOptions> {
 public:
  explicit RecallAtPrecision(RecallAtPrecisionOptions options = {})
      : BestAtThreshold<Scalar, RecallAtPrecisionOptions>(options, options.precision, "precision", "RecallAtPrecision",
                                                          "recall_at_precision") {}
  std::string class_name() const override { return "RecallAtPrecision"; }

 protected:
  std::pair<double, double> rates(std::size_t i) const override { return {this->precision_at(i), this->recall_at(i)}; }
};

}  // namespace lamina::metrics

namespace lamina {
using metrics::PrecisionAtRecall;
using metrics::PrecisionAtRecallOptions;
using metrics::RecallAtPrecision;
using metrics::RecallAtPrecisionOptions;
using metrics::SensitivityAtSpecificity;
using metrics::SensitivityAtSpecificityOptions;
using metrics::SpecificityAtSensitivity;
using metrics::SpecificityAtSensitivityOptions;
}  // namespace lamina
