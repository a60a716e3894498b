#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/metrics/mean_of_samples.hpp"
#include "lamina/metrics/row_values.hpp"

namespace lamina::metrics {

namespace metrics_detail {

/// Returns 1 for every row for which `hit(label, row of predictions, classes)` is true, else 0.
template <class S, class F>
Tensor<S> each_label(const Tensor<S>& y_true, const Tensor<S>& y_pred, const char* who, const F& hit) {
  Tensor<S> hits = Tensor<S>::empty(detail::without_last(y_pred.shape()));
  if (y_pred.rank() < 1 || (y_true.shape() != hits.shape() && y_true.shape() != y_pred.shape().with(-1, 1)))
    raise<ShapeError>(who, ": expected one label per row of predictions ", y_pred.shape(), ", got labels of shape ",
                      y_true.shape(), ". Pass integer labels without the class axis.");
  S* out = detail::TensorAccess::data(hits);
  const Index n = y_pred.columns();
  for (Index i = 0; i < hits.size(); ++i) out[i] = hit(y_true[i], y_pred.data() + i * n, n) ? S(1) : S(0);
  return hits;
}

/// Returns whether fewer than k of the n predictions are larger than the one at `position`.
template <class S>
bool in_top(Index position, const S* p, Index n, Index k) {
  Index larger = 0;
  for (Index j = 0; j < n; ++j) larger += p[j] > p[position] ? 1 : 0;
  return larger < k && p[position] == p[position];
}

inline void check_k(Index k, const char* who) {
  if (k < 1) raise<ValueError>(who, ": expected k >= 1, got ", k);
}

}  // namespace metrics_detail

/// Fraction of predictions that equal their targets. Keras: `keras.metrics.Accuracy`.
///
///     result = mean(y_true == y_pred)
///
/// Shapes: `y_true` and `y_pred` (batch, ...). Throws ShapeError if the shapes differ. The name "accuracy" in `compile`
/// selects binary, categorical or sparse categorical accuracy by the shapes instead: see AccuracyByShape.
template <class Scalar = float>
class Accuracy : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  /// Constructs the metric from its options.
  explicit Accuracy(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "accuracy")) {}
  /// Constructs the metric with a name.
  explicit Accuracy(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "Accuracy"; }
  MetricDirection direction() const override { return MetricDirection::up; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "Accuracy");
    Tensor<Scalar> hits = Tensor<Scalar>::empty(p.shape());
    Scalar* out = detail::TensorAccess::data(hits);
    for (Index i = 0; i < p.size(); ++i) out[i] = t[i] == p[i] ? Scalar(1) : Scalar(0);
    return hits;
  }
};

/// Options of BinaryAccuracy.
struct BinaryAccuracyOptions {
  double threshold = 0.5;  ///< Predictions above it count as class 1; finite. Use 0 for logits. Default: 0.5.
  std::string name = {};   ///< Name of the metric in logs. Empty: "binary_accuracy".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("threshold", self.threshold);
    field("name", self.name);
  }
};

/// Fraction of thresholded predictions that equal their binary targets. Keras: `keras.metrics.BinaryAccuracy`.
///
///     result = mean((y_pred > threshold) == y_true)
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features), targets 0 or 1. Throws ShapeError if the shapes differ, and
/// ValueError if `threshold` is not finite.
template <class Scalar = float>
class BinaryAccuracy : public MetricWith<MeanOfSamples<Scalar>, BinaryAccuracyOptions> {
 public:
  explicit BinaryAccuracy(BinaryAccuracyOptions options = {})
      : MetricWith<MeanOfSamples<Scalar>, BinaryAccuracyOptions>(std::move(options), "binary_accuracy") {
    detail::check_finite(this->options_.threshold, "threshold", "BinaryAccuracy");
  }
  /// Constructs the metric with a name and a threshold.
  explicit BinaryAccuracy(std::string name, double threshold = 0.5)
      : BinaryAccuracy(BinaryAccuracyOptions{threshold, std::move(name)}) {}
  std::string class_name() const override { return "BinaryAccuracy"; }
  MetricDirection direction() const override { return MetricDirection::up; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    const auto threshold = static_cast<Scalar>(this->options_.threshold);
    return detail::mean_of_each_row(y_true, y_pred, "BinaryAccuracy", [threshold](Scalar t, Scalar p) {
      return (p > threshold ? Scalar(1) : Scalar(0)) == t ? 1.0 : 0.0;
    });
  }
};

/// Fraction of samples whose predicted class is the target class, for one-hot targets. Keras:
/// `keras.metrics.CategoricalAccuracy`.
///
///     result = mean(argmax(y_true) == argmax(y_pred))
///
/// Shapes: `y_true` and `y_pred` (batch, ..., classes). Throws ShapeError if the shapes differ.
template <class Scalar = float>
class CategoricalAccuracy : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  /// Constructs the metric from its options.
  explicit CategoricalAccuracy(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "categorical_accuracy")) {}
  /// Constructs the metric with a name.
  explicit CategoricalAccuracy(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "CategoricalAccuracy"; }
  MetricDirection direction() const override { return MetricDirection::up; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return detail::each_row(y_true, y_pred, "CategoricalAccuracy", [](const Scalar* t, const Scalar* p, Index n) {
      return detail::argmax_of_row(p, n) == detail::argmax_of_row(t, n) ? 1.0 : 0.0;
    });
  }
};

/// Fraction of samples whose predicted class is the label, for integer labels. Keras:
/// `keras.metrics.SparseCategoricalAccuracy`.
///
///     result = mean(y_true == argmax(y_pred))
///
/// Shapes: `y_true` (batch, ...) or (batch, ..., 1), integers; `y_pred` (batch, ..., classes). Throws ShapeError for
/// other shapes.
template <class Scalar = float>
class SparseCategoricalAccuracy : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  /// Constructs the metric from its options.
  explicit SparseCategoricalAccuracy(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "sparse_categorical_accuracy")) {}
  /// Constructs the metric with a name.
  explicit SparseCategoricalAccuracy(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "SparseCategoricalAccuracy"; }
  MetricDirection direction() const override { return MetricDirection::up; }

 protected:
  TargetRule target_rule() const override { return {.matched = false, .classes = true, .target = 0}; }
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return metrics_detail::each_label(y_true, y_pred, "SparseCategoricalAccuracy",
                                      [](Scalar label, const Scalar* p, Index n) {
                                        return static_cast<Scalar>(detail::argmax_of_row(p, n)) == label;
                                      });
  }
};

/// Options of TopKCategoricalAccuracy.
struct TopKCategoricalAccuracyOptions {
  Index k = 5;            ///< Number of largest predictions to compare with the target class; >= 1. Default: 5.
  std::string name = {};  ///< Name of the metric in logs. Empty: "top_k_categorical_accuracy".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("k", self.k);
    field("name", self.name);
  }
};

/// Fraction of samples whose target class is among the k largest predictions, for one-hot targets. Keras:
/// `keras.metrics.TopKCategoricalAccuracy`.
///
///     result = mean(argmax(y_true) in top_k(y_pred))
///
/// Shapes: `y_true` and `y_pred` (batch, ..., classes). Throws ShapeError if the shapes differ, and ValueError if `k` <
/// 1.
template <class Scalar = float>
class TopKCategoricalAccuracy : public MetricWith<MeanOfSamples<Scalar>, TopKCategoricalAccuracyOptions> {
 public:
  explicit TopKCategoricalAccuracy(TopKCategoricalAccuracyOptions options = {})
      : MetricWith<MeanOfSamples<Scalar>, TopKCategoricalAccuracyOptions>(std::move(options),
                                                                          "top_k_categorical_accuracy") {
    metrics_detail::check_k(this->options_.k, "TopKCategoricalAccuracy");
  }
  std::string class_name() const override { return "TopKCategoricalAccuracy"; }
  MetricDirection direction() const override { return MetricDirection::up; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return detail::each_row(y_true, y_pred, "TopKCategoricalAccuracy",
                            [k = this->options_.k](const Scalar* t, const Scalar* p, Index n) {
                              return metrics_detail::in_top(detail::argmax_of_row(t, n), p, n, k) ? 1.0 : 0.0;
                            });
  }
};

/// Options of SparseTopKCategoricalAccuracy.
struct SparseTopKCategoricalAccuracyOptions {
  Index k = 5;  ///< Number of largest predictions to compare with the label; >= 1. Default: 5.
  /// If true, predictions are class numbers, most probable first; if false, scores. Default: false.
  bool from_sorted_ids = false;
  std::string name = {};  ///< Name of the metric in logs. Empty: "sparse_top_k_categorical_accuracy".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("k", self.k);
    field("from_sorted_ids", self.from_sorted_ids);
    field("name", self.name);
  }
};

/// Fraction of samples whose label is among the k largest predictions, for integer labels. Keras:
/// `keras.metrics.SparseTopKCategoricalAccuracy`.
///
///     result = mean(y_true in top_k(y_pred))
///
/// Shapes: `y_true` (batch, ...) or (batch, ..., 1), integers in [0, classes); `y_pred` (batch, ..., classes). Throws
/// ShapeError for other shapes, and ValueError if `k` < 1 or a label is not a class.
template <class Scalar = float>
class SparseTopKCategoricalAccuracy : public MetricWith<MeanOfSamples<Scalar>, SparseTopKCategoricalAccuracyOptions> {
 public:
  explicit SparseTopKCategoricalAccuracy(SparseTopKCategoricalAccuracyOptions options = {})
      : MetricWith<MeanOfSamples<Scalar>, SparseTopKCategoricalAccuracyOptions>(std::move(options),
                                                                                "sparse_top_k_categorical_accuracy") {
    metrics_detail::check_k(this->options_.k, "SparseTopKCategoricalAccuracy");
  }
  std::string class_name() const override { return "SparseTopKCategoricalAccuracy"; }
  MetricDirection direction() const override { return MetricDirection::up; }

 protected:
  TargetRule target_rule() const override { return {.matched = false, .classes = true, .target = 0}; }
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    const auto& o = this->options_;
    return metrics_detail::each_label(
        y_true, y_pred, "SparseTopKCategoricalAccuracy", [&o](Scalar label, const Scalar* p, Index n) {
          if (o.from_sorted_ids) {
            for (Index j = 0; j < (std::min)(o.k, n); ++j)
              if (p[j] == label) return true;
            return false;
          }
          if (label < 0 || !is_index(std::trunc(label), n))
            raise<ValueError>("SparseTopKCategoricalAccuracy: label ", static_cast<double>(label),
                              " is not a class: expected an integer from 0 to ", n - 1,
                              ". Check the labels, or the number of units of the last layer.");
          return metrics_detail::in_top(static_cast<Index>(label), p, n, o.k);
        });
  }
};

LAMINA_COMPILED_CLASS(Accuracy);
LAMINA_COMPILED_CLASS(BinaryAccuracy);
LAMINA_COMPILED_CLASS(CategoricalAccuracy);
LAMINA_COMPILED_CLASS(SparseCategoricalAccuracy);

}  // namespace lamina::metrics

namespace lamina {
using metrics::Accuracy;
using metrics::BinaryAccuracy;
using metrics::BinaryAccuracyOptions;
using metrics::CategoricalAccuracy;
using metrics::SparseCategoricalAccuracy;
using metrics::SparseTopKCategoricalAccuracy;
using metrics::SparseTopKCategoricalAccuracyOptions;
using metrics::TopKCategoricalAccuracy;
using metrics::TopKCategoricalAccuracyOptions;
}  // namespace lamina
