#pragma once
#include <limits>
#include <optional>
#include <utility>

#include "lamina/core/classify.hpp"
#include "lamina/core/one_or_more.hpp"
#include "lamina/metrics/metric.hpp"
#include "lamina/metrics/row_values.hpp"
#include "lamina/metrics/sample_weights.hpp"

// True and false positives and negatives at thresholds, and the metrics computed from them.

namespace lamina::metrics {

namespace metrics_detail {

/// Value of a prediction that is below every threshold.
inline constexpr double below_all_thresholds = -1e10;

/// Thresholds of predictions. If they are evenly spaced in [0, 1], the index of a prediction is computed, not searched.
struct Thresholds {
  std::vector<double> values;  ///< The thresholds, in increasing order if they are even.
  bool even = false;           ///< Whether they are evenly spaced in [0, 1].
  bool extended = false;       ///< Whether the outer thresholds are slightly outside [0, 1].

  Thresholds() = default;
  /// Uses the given thresholds, or `otherwise` if there are none. Throws ValueError for one outside [0, 1].
  Thresholds(const OneOrMore<double>& given, double otherwise, const char* who) : values(given.values()) {
    for (const double& t : values)
      if (!detail::within(t, 0, 1)) raise<ValueError>(who, ": expected thresholds in [0, 1], got ", t);
    if (values.empty()) values.push_back(otherwise);
    even = is_even(values);
  }
  /// Returns `count` evenly spaced thresholds in [0, 1].
  static Thresholds evenly(Index count) {
    Thresholds t;
    for (Index i = 0; i < count; ++i)
      t.values.push_back(count == 1 ? 0.5 : static_cast<double>(i) / static_cast<double>(count - 1));
    t.even = count > 1;
    return t;
  }
  /// Returns whether there are at least 3 thresholds, evenly spaced in [0, 1].
  static bool is_even(const std::vector<double>& t) {
    if (t.size() < 3) return false;
    for (std::size_t i = 0; i < t.size(); ++i) {
      const double even = static_cast<double>(i) / static_cast<double>(t.size() - 1);
      if (!detail::at_most(std::abs(t[i] - even), 1e-7 + 1e-5 * even)) return false;
    }
    return true;
  }
  /// Returns the number of thresholds.
  std::size_t size() const noexcept { return values.size(); }
};

/// Which predictions are counted, and with which weight.
struct Selection {
  std::optional<Index> top_k = {};                     ///< Only the k largest of a row can be positive.
  std::optional<Index> class_id = {};                  ///< Only this column is counted.
  bool multi_label = false;                            ///< If true, one count per column.
  const std::vector<double>* label_weights = nullptr;  ///< One weight per column; null: 1.

  /// Throws ValueError if top_k or class_id is out of its range.
  void check_ranges(const char* who) const {
    if (top_k && *top_k < 1) raise<ValueError>(who, ": expected top_k >= 1, got ", *top_k);
    if (class_id && *class_id < 0) raise<ValueError>(who, ": expected class_id >= 0, got ", *class_id);
  }
};

/// Destinations of the counts, each [threshold, label]; null for counts that the metric does not need.
struct Counts {
  std::vector<double>* tp = nullptr;  ///< True positives.
  std::vector<double>* fp = nullptr;  ///< False positives.
  std::vector<double>* tn = nullptr;  ///< True negatives.
  std::vector<double>* fn = nullptr;  ///< False negatives.
};

/// Returns the predictions with all but the k largest of each row (the first ones among equals) set below all
/// thresholds.
template <class S>
Tensor<S> filter_top_k(const Tensor<S>& p, Index k, const std::string& who) {
  const Index n = p.columns();
  if (k > n)
    raise<ValueError>(who, ": top_k = ", k, " is larger than the last axis of predictions of shape ", p.shape(),
                      ". Expected 1 <= top_k <= ", n, ".");
  Tensor<S> result = p.copy();
  S* out = detail::TensorAccess::data(result);
  for (Index r = 0; r < p.rows(); ++r) {
    const S* row = p.data() + r * n;
    for (Index j = 0; j < n; ++j) {
      Index before = 0;
      for (Index i = 0; i < n; ++i) before += row[i] > row[j] || (row[i] == row[j] && i < j) ? 1 : 0;
      if (before >= k) out[r * n + j] = static_cast<S>(below_all_thresholds);
    }
  }
  return result;
}

/// Adds a batch to the counts. Keras: `update_confusion_matrix_variables`.
template <class S>
void update_confusion_matrix(const Counts& counts, const Tensor<S>& y_true, const Tensor<S>& y_pred,
                             const Tensor<S>& sample_weight, const Thresholds& thresholds, const Selection& selection,
                             const std::string& who) {
  auto [t, p] = detail::match_targets(y_true.detached(), y_pred.detached(), who);
  detail::check_same_shape(t, p, who);
  const Index columns = p.columns();
  std::vector<double> weights;
  if (sample_weight.defined())
    weights = detail::broadcast_weights(sample_weight, detail::weight_shape(sample_weight.shape(), p.shape()),
                                        p.shape(), who);
  if (selection.top_k) p = filter_top_k(p, *selection.top_k, who);
  if (selection.class_id && (p.rank() < 2 || *selection.class_id >= columns))
    raise<ShapeError>(who, ": class_id = ", *selection.class_id, " requires predictions (..., classes) with more than ",
                      *selection.class_id, " classes, got shape ", p.shape());
  if (selection.label_weights != nullptr && static_cast<Index>(selection.label_weights->size()) != columns)
    raise<ShapeError>(who, ": ", selection.label_weights->size(), " label weights do not match predictions of shape ",
                      p.shape(), ": expected one weight per column.");
  const std::size_t steps = thresholds.size(), labels = selection.multi_label ? static_cast<std::size_t>(columns) : 1;
  const auto add = [](std::vector<double>* to, std::size_t at, double weight) {
    if (to != nullptr) (*to)[at] += weight;
  };
  // For even thresholds: the weights of the samples between two thresholds, summed up below from the last one.
  std::vector<double> above_true, above_false, all_true, all_false;
  if (thresholds.even) {
    above_true.assign(steps * labels, 0.0);
    above_false = above_true;
    all_true.assign(labels, 0.0);
    all_false = all_true;
  }
  for (Index i = 0; i < p.size(); ++i) {
    const Index column = columns == 0 ? 0 : i % columns;
    if (selection.class_id && column != *selection.class_id) continue;
    const std::size_t label = selection.multi_label ? static_cast<std::size_t>(column) : 0;
    double weight = weights.empty() ? 1.0 : weights[static_cast<std::size_t>(i)];
    if (weight == 0) continue;
    if (selection.label_weights != nullptr) weight *= (*selection.label_weights)[static_cast<std::size_t>(column)];
    const bool positive = t[i] != S(0);
    if (thresholds.even) {
      (positive ? all_true : all_false)[label] += weight;
      const S clipped = p[i] < S(0) ? S(0) : p[i] > S(1) ? S(1) : p[i];
      S bucket = std::ceil(clipped * static_cast<S>(steps - 1)) - S(1);
      if (thresholds.extended && bucket < S(0)) bucket = S(0);
      if (!is_index(bucket, static_cast<Index>(steps))) continue;  // NaN, or below the first threshold
      (positive ? above_true : above_false)[static_cast<std::size_t>(bucket) * labels + label] += weight;
    } else {
      for (std::size_t s = 0; s < steps; ++s) {
        const bool above = p[i] > static_cast<S>(thresholds.values[s]);
        add(positive ? above ? counts.tp : counts.fn : above ? counts.fp : counts.tn, s * labels + label, weight);
      }
    }
  }
  if (!thresholds.even) return;
  for (std::size_t label = 0; label < labels; ++label) {
    double tp = 0, fp = 0;
    for (std::size_t s = steps; s-- > 0;) {
      const std::size_t at = s * labels + label;
      tp += above_true[at];
      fp += above_false[at];
      add(counts.tp, at, tp);
      add(counts.fp, at, fp);
      add(counts.fn, at, all_true[label] - tp);
      add(counts.tn, at, all_false[label] - fp);
    }
  }
}

/// Returns a scalar for one threshold, else a vector with one value per threshold.
inline Tensor<double> scalar_or_vector(const std::vector<double>& values) {
  if (values.size() == 1) return Tensor<double>(values[0]);
  return Tensor<double>::from(values.data(), {static_cast<Index>(values.size())});
}

LAMINA_COMPILED_FUNCTION(filter_top_k);
LAMINA_COMPILED_FUNCTION(update_confusion_matrix);

}  // namespace metrics_detail

/// Options of TruePositives, TrueNegatives, FalsePositives and FalseNegatives.
struct ThresholdsOptions {
  OneOrMore<double> thresholds = {};  ///< Thresholds above which predictions are positive; in [0, 1]. Default: 0.5.
  std::string name = {};              ///< Name of the metric in logs. Empty: the Keras name of the metric.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("thresholds", self.thresholds);
    field("name", self.name);
  }
};

/// Base class of the metrics that count true or false positives or negatives at thresholds.
template <class Scalar>
class ConfusionCount : public MetricWith<Metric<Scalar>, ThresholdsOptions> {
 public:
  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    metrics_detail::Counts counts;
    counts.*counter_ = &this->variable(0);
    metrics_detail::update_confusion_matrix(counts, y_true, y_pred, sample_weight, thresholds_, {}, this->class_name());
  }
  double result() const override { return detail::mean_of(this->variable(0)); }
  Tensor<double> results() const override { return metrics_detail::scalar_or_vector(this->variable(0)); }

 protected:
  using Counter = std::vector<double>* metrics_detail::Counts::*;  ///< One of the four counts.
  /// Constructs the metric that accumulates one of the four counts.
  ConfusionCount(ThresholdsOptions options, Counter counter, const char* who, const char* name)
      : MetricWith<Metric<Scalar>, ThresholdsOptions>(std::move(options), name),
        counter_(counter),
        thresholds_(this->options_.thresholds, 0.5, who) {
    this->add_variable("accumulator", {static_cast<Index>(thresholds_.size())});
  }

 private:
  Counter counter_;
  metrics_detail::Thresholds thresholds_;
};

/// (Weighted) number of positive predictions with a positive target. Keras: `keras.metrics.TruePositives`.
///
///     result = sum of the sample weights of predictions > threshold with y_true != 0
///
/// Shapes: `y_true` and `y_pred` (batch, ...), targets 0 or 1, predictions in [0, 1]; `results()` has one value per
/// threshold. Throws ShapeError if the shapes differ, and ValueError for a threshold outside [0, 1].
template <class Scalar = float>
class TruePositives : public ConfusionCount<Scalar> {
 public:
  /// Constructs the metric from its options.
  explicit TruePositives(ThresholdsOptions options = {})
      : ConfusionCount<Scalar>(std::move(options), &metrics_detail::Counts::tp, "TruePositives", "true_positives") {}
  std::string class_name() const override { return "TruePositives"; }
  MetricDirection direction() const override { return MetricDirection::up; }
};

/// (Weighted) number of negative predictions with a negative target. Keras: `keras.metrics.TrueNegatives`.
///
///     result = sum of the sample weights of predictions <= threshold with y_true == 0
///
/// Shapes and errors are those of TruePositives.
template <class Scalar = float>
class TrueNegatives : public ConfusionCount<Scalar> {
 public:
  /// Constructs the metric from its options.
  explicit TrueNegatives(ThresholdsOptions options = {})
      : ConfusionCount<Scalar>(std::move(options), &metrics_detail::Counts::tn, "TrueNegatives", "true_negatives") {}
  std::string class_name() const override { return "TrueNegatives"; }
  MetricDirection direction() const override { return MetricDirection::up; }
};

/// (Weighted) number of positive predictions with a negative target. Keras: `keras.metrics.FalsePositives`.
///
///     result = sum of the sample weights of predictions > threshold with y_true == 0
///
/// Shapes and errors are those of TruePositives.
template <class Scalar = float>
class FalsePositives : public ConfusionCount<Scalar> {
 public:
  /// Constructs the metric from its options.
  explicit FalsePositives(ThresholdsOptions options = {})
      : ConfusionCount<Scalar>(std::move(options), &metrics_detail::Counts::fp, "FalsePositives", "false_positives") {}
  std::string class_name() const override { return "FalsePositives"; }
  MetricDirection direction() const override { return MetricDirection::down; }
};

/// (Weighted) number of negative predictions with a positive target. Keras: `keras.metrics.FalseNegatives`.
///
///     result = sum of the sample weights of predictions <= threshold with y_true != 0
///
/// Shapes and errors are those of TruePositives.
template <class Scalar = float>
class FalseNegatives : public ConfusionCount<Scalar> {
 public:
  /// Constructs the metric from its options.
  explicit FalseNegatives(ThresholdsOptions options = {})
      : ConfusionCount<Scalar>(std::move(options), &metrics_detail::Counts::fn, "FalseNegatives", "false_negatives") {}
  std::string class_name() const override { return "FalseNegatives"; }
  MetricDirection direction() const override { return MetricDirection::down; }
};

/// Options of Precision and Recall.
struct PrecisionRecallOptions {
  /// Thresholds above which predictions are positive; in [0, 1]. Default: 0.5; with `top_k`, no threshold.
  OneOrMore<double> thresholds = {};
  std::optional<Index> top_k = {};     ///< Only the k largest predictions of a row can be positive; >= 1. Default: all.
  std::optional<Index> class_id = {};  ///< Class (column) to evaluate; >= 0. Default: all classes.
  std::string name = {};               ///< Name of the metric in logs. Empty: the Keras name of the metric.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("thresholds", self.thresholds);
    field("top_k", self.top_k);
    field("class_id", self.class_id);
    field("name", self.name);
  }
};

/// Base class of Precision and Recall: tp / (tp + errors), where errors are false positives or false negatives.
template <class Scalar>
class PrecisionRecall : public MetricWith<Metric<Scalar>, PrecisionRecallOptions> {
 public:
  MetricDirection direction() const override { return MetricDirection::up; }
  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    metrics_detail::Counts counts;
    counts.tp = &this->variable(0);
    counts.*errors_ = &this->variable(1);
    metrics_detail::update_confusion_matrix(counts, y_true, y_pred, sample_weight, thresholds_,
                                            {this->options_.top_k, this->options_.class_id}, this->class_name());
  }
  double result() const override { return detail::mean_of(ratios()); }
  Tensor<double> results() const override { return metrics_detail::scalar_or_vector(ratios()); }

 protected:
  using Counter = std::vector<double>* metrics_detail::Counts::*;  ///< One of the four counts.
  /// Constructs the metric from its options and the count of its errors.
  PrecisionRecall(PrecisionRecallOptions options, Counter errors, const char* errors_name, const char* who,
                  const char* name)
      : MetricWith<Metric<Scalar>, PrecisionRecallOptions>(std::move(options), name),
        errors_(errors),
        thresholds_(this->options_.thresholds, this->options_.top_k ? metrics_detail::below_all_thresholds : 0.5, who) {
    metrics_detail::Selection{this->options_.top_k, this->options_.class_id}.check_ranges(who);
    for (const char* variable : {"true_positives", errors_name})
      this->add_variable(variable, {static_cast<Index>(thresholds_.size())});
  }

 private:
  std::vector<double> ratios() const {
    std::vector<double> all;
    for (std::size_t i = 0; i < thresholds_.size(); ++i)
      all.push_back(detail::divide_or_zero(this->variable(0)[i], this->variable(0)[i] + this->variable(1)[i]));
    return all;
  }
  Counter errors_;
  metrics_detail::Thresholds thresholds_;
};

/// Fraction of the positive predictions that are correct. Keras: `keras.metrics.Precision`.
///
///     result = tp / (tp + fp)
///
/// Shapes: `y_true` and `y_pred` (batch, ..., classes), targets 0 or 1, predictions in [0, 1]; `results()` has one
/// value per threshold. 0 / 0 is 0. Throws ShapeError if the shapes differ or have no class `class_id`, and ValueError
/// for an option out of its range.
template <class Scalar = float>
class Precision : public PrecisionRecall<Scalar> {
 public:
  /// Constructs the metric from its options.
  explicit Precision(PrecisionRecallOptions options = {})
      : PrecisionRecall<Scalar>(std::move(options), &metrics_detail::Counts::fp, "false_positives", "Precision",
                                "precision") {}
  std::string class_name() const override { return "Precision"; }
};

/// Fraction of the positive targets that are predicted. Keras: `keras.metrics.Recall`.
///
///     result = tp / (tp + fn)
///
/// Shapes and errors are those of Precision.
template <class Scalar = float>
class Recall : public PrecisionRecall<Scalar> {
 public:
  /// Constructs the metric from its options.
  explicit Recall(PrecisionRecallOptions options = {})
      : PrecisionRecall<Scalar>(std::move(options), &metrics_detail::Counts::fn, "false_negatives", "Recall",
                                "recall") {}
  std::string class_name() const override { return "Recall"; }
};

}  // namespace lamina::metrics

namespace lamina {
using metrics::FalseNegatives;
using metrics::FalsePositives;
using metrics::Precision;
using metrics::PrecisionRecallOptions;
using metrics::Recall;
using metrics::ThresholdsOptions;
using metrics::TrueNegatives;
using metrics::TruePositives;
}  // namespace lamina
