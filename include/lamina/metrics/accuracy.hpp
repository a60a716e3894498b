#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/metrics/mean_of_samples.hpp"
#include "lamina/metrics/row_values.hpp"

namespace lamina::metrics {

namespace metrics_detail {

/// 1 where hit(label, predictions, classes) holds of a row, else 0.
template <class S, class F>
Tensor<S> each_label(const Tensor<S>& y_true, const Tensor<S>& y_pred, const char* who, const F& hit) {
  Tensor<S> hits = Tensor<S>::empty(detail::without_last(y_pred.shape()));
  if (y_pred.rank() < 1 || (y_true.shape() != hits.shape() && y_true.shape() != y_pred.shape().with(-1, 1)))
    raise<ShapeError>(who, ": expected one label for every row of predictions ", y_pred.shape(),
                      ", got labels of shape ", y_true.shape());
  S* out = detail::TensorAccess::data(hits);
  const Index n = y_pred.columns();
  for (Index i = 0; i < hits.size(); ++i) out[i] = hit(y_true[i], y_pred.data() + i * n, n) ? S(1) : S(0);
  return hits;
}

/// Whether fewer than k of n predictions are larger than that at a position.
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

/// How often predictions equal targets. Keras's metric Accuracy; the name "accuracy" in `compile` chooses the kind that
/// fits the shapes.
template <class Scalar = float>
class Accuracy : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  explicit Accuracy(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "accuracy")) {}
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

struct BinaryAccuracyOptions {
  double threshold = 0.5;  ///< what is above it counts as 1; 0 for logits
  std::string name = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("threshold", self.threshold);
    field("name", self.name);
  }
};

/// How often predictions fall on the target's side of a threshold: the mean over every number. Keras's metric
/// BinaryAccuracy.
template <class Scalar = float>
class BinaryAccuracy : public MetricWith<MeanOfSamples<Scalar>, BinaryAccuracyOptions> {
 public:
  explicit BinaryAccuracy(BinaryAccuracyOptions options = {})
      : MetricWith<MeanOfSamples<Scalar>, BinaryAccuracyOptions>(std::move(options), "binary_accuracy") {
    detail::check_finite(this->options_.threshold, "threshold", "BinaryAccuracy");
  }
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

/// How often the largest prediction stands where the largest target does: both (batch, ..., classes). Keras's metric
/// CategoricalAccuracy.
template <class Scalar = float>
class CategoricalAccuracy : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  explicit CategoricalAccuracy(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "categorical_accuracy")) {}
  explicit CategoricalAccuracy(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "CategoricalAccuracy"; }
  MetricDirection direction() const override { return MetricDirection::up; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return detail::each_row(y_true, y_pred, "CategoricalAccuracy", [](const Scalar* t, const Scalar* p, Index n) {
      return detail::largest_position(p, n) == detail::largest_position(t, n) ? 1.0 : 0.0;
    });
  }
};

/// How often the largest prediction is the label's: labels (batch, ...) or (batch, ..., 1), predictions (batch, ...,
/// classes). Keras's metric SparseCategoricalAccuracy.
template <class Scalar = float>
class SparseCategoricalAccuracy : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  explicit SparseCategoricalAccuracy(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "sparse_categorical_accuracy")) {}
  explicit SparseCategoricalAccuracy(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "SparseCategoricalAccuracy"; }
  MetricDirection direction() const override { return MetricDirection::up; }

 protected:
  TargetRule target_rule() const override { return {.matched = false, .classes = true, .target = 0}; }
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return metrics_detail::each_label(y_true, y_pred, "SparseCategoricalAccuracy",
                                      [](Scalar label, const Scalar* p, Index n) {
                                        return static_cast<Scalar>(detail::largest_position(p, n)) == label;
                                      });
  }
};

struct TopKCategoricalAccuracyOptions {
  Index k = 5;
  std::string name = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("k", self.k);
    field("name", self.name);
  }
};

/// How often the class of the largest target is among the k largest predictions: both (batch, ..., classes). Keras's
/// metric TopKCategoricalAccuracy.
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
                              return metrics_detail::in_top(detail::largest_position(t, n), p, n, k) ? 1.0 : 0.0;
                            });
  }
};

struct SparseTopKCategoricalAccuracyOptions {
  Index k = 5;
  bool from_sorted_ids = false;  ///< predictions are classes, the best first
  std::string name = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("k", self.k);
    field("from_sorted_ids", self.from_sorted_ids);
    field("name", self.name);
  }
};

/// How often the label's class is among the k largest predictions: labels (batch, ...) or (batch, ..., 1), predictions
/// (batch, ..., classes). Keras's metric SparseTopKCategoricalAccuracy.
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
                              " is not a class: expected 0 to ", n - 1);
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
