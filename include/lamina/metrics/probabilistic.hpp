#pragma once
#include <optional>

#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/metrics/mean_of_samples.hpp"
#include "lamina/metrics/row_values.hpp"
#include "lamina/ops/logits.hpp"

namespace lamina::metrics {

namespace metrics_detail {

/// Clips a value to [1e-7, highest].
template <class S>
S clipped(S value, S highest) {
  return value < S(1e-7) ? S(1e-7) : value > highest ? highest : value;
}

/// Computes log p of the elements of a row. Of logits x: x - log(sum(e^x)). Of probabilities: log of the probabilities
/// normalized to a sum of 1 and clipped to [1e-7, 1 - 1e-7].
template <class S>
class LogProbabilities {
 public:
  /// Computes the normalization of a row of n elements.
  LogProbabilities(const S* row, Index n, bool logits) : logits_(logits) {
    double largest = n > 0 ? static_cast<double>(row[0]) : 0.0;
    for (Index j = 1; j < n && logits; ++j) largest = (std::max)(largest, static_cast<double>(row[j]));
    double sum = 0;
    for (Index j = 0; j < n; ++j)
      sum += logits ? std::exp(static_cast<double>(row[j]) - largest) : static_cast<double>(row[j]);
    total_ = logits ? largest + std::log(sum) : sum;
  }
  /// Returns log p of an element of the row.
  double operator()(S value) const {
    if (logits_) return static_cast<double>(value) - total_;
    return std::log(static_cast<double>(clipped(value / static_cast<S>(total_), static_cast<S>(1 - 1e-7))));
  }

 private:
  bool logits_;
  double total_ = 0;
};

}  // namespace metrics_detail

/// Kullback-Leibler divergence metric. Keras: `keras.metrics.KLDivergence`.
///
///     result = mean(sum(y_true log(y_true / y_pred), axis=-1)), both clipped to [1e-7, 1]
///
/// Shapes: `y_true` and `y_pred` (batch, ..., classes). Throws ShapeError if the shapes differ.
template <class Scalar = float>
class KLDivergence : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  /// Constructs the metric from its options.
  explicit KLDivergence(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "kl_divergence")) {}
  /// Constructs the metric with a name.
  explicit KLDivergence(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "KLDivergence"; }
  MetricDirection direction() const override { return MetricDirection::down; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return detail::each_row(y_true, y_pred, "KLDivergence", [](const Scalar* t, const Scalar* p, Index n) {
      double sum = 0;
      for (Index j = 0; j < n; ++j) {
        const auto u = static_cast<double>(metrics_detail::clipped(t[j], Scalar(1))),
                   v = static_cast<double>(metrics_detail::clipped(p[j], Scalar(1)));
        sum += u * std::log(u / v);
      }
      return sum;
    });
  }
};

/// Poisson metric. Keras: `keras.metrics.Poisson`.
///
///     result = mean(y_pred - y_true log(y_pred + 1e-7))
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features). Throws ShapeError if the shapes differ.
template <class Scalar = float>
class Poisson : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  /// Constructs the metric from its options.
  explicit Poisson(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "poisson")) {}
  /// Constructs the metric with a name.
  explicit Poisson(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "Poisson"; }
  MetricDirection direction() const override { return MetricDirection::down; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return detail::mean_of_each_row(y_true, y_pred, "Poisson",
                                    [](Scalar t, Scalar p) { return p - t * std::log(p + Scalar(1e-7)); });
  }
};

/// Options of BinaryCrossentropy.
struct BinaryCrossentropyOptions {
  bool from_logits = false;  ///< If true, predictions are logits; if false, probabilities. Default: false.
  /// Weight of the uniform distribution that is mixed into the targets; in [0, 1]. Default: 0.
  double label_smoothing = 0.0;
  std::string name = {};  ///< Name of the metric in logs. Empty: "binary_crossentropy".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("from_logits", self.from_logits);
    field("label_smoothing", self.label_smoothing);
    field("name", self.name);
  }
};

/// Cross-entropy metric of independent binary labels. Keras: `keras.metrics.BinaryCrossentropy`.
///
///     result = mean(-(t log(p) + (1 - t) log(1 - p)))
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features), targets in [0, 1]. Logits and probabilities are treated as in
/// the loss of the same name. Throws ShapeError if the shapes differ, and ValueError if `label_smoothing` is outside
/// [0, 1].
template <class Scalar = float>
class BinaryCrossentropy : public MetricWith<MeanOfSamples<Scalar>, BinaryCrossentropyOptions> {
 public:
  explicit BinaryCrossentropy(BinaryCrossentropyOptions options = {})
      : MetricWith<MeanOfSamples<Scalar>, BinaryCrossentropyOptions>(std::move(options), "binary_crossentropy") {
    detail::check_fraction(this->options_.label_smoothing, "label_smoothing", "BinaryCrossentropy");
  }
  std::string class_name() const override { return "BinaryCrossentropy"; }
  MetricDirection direction() const override { return MetricDirection::down; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    const auto smoothing = static_cast<Scalar>(this->options_.label_smoothing);
    const Tensor<Scalar>* behind = detail::LogitsCache<Scalar>::find(y_pred, detail::OutputActivation::sigmoid);
    const bool logits = this->options_.from_logits || behind != nullptr;
    const Tensor<Scalar>& x = this->options_.from_logits || behind == nullptr ? y_pred : *behind;
    return detail::mean_of_each_row(y_true, x, "BinaryCrossentropy", [=](Scalar target, Scalar v) {
      const auto t = static_cast<double>(target * (1 - smoothing) + smoothing / 2);
      if (logits) {
        const auto z = static_cast<double>(v);
        return (std::max)(z, 0.0) + std::log1p(std::exp(-std::abs(z))) - t * z;
      }
      const Scalar p = metrics_detail::clipped(v, static_cast<Scalar>(1 - 1e-7));
      return -(t * std::log(static_cast<double>(p)) + (1 - t) * std::log(static_cast<double>(Scalar(1) - p)));
    });
  }
};

/// Options of CategoricalCrossentropy.
struct CategoricalCrossentropyOptions {
  bool from_logits = false;  ///< If true, predictions are logits; if false, probabilities. Default: false.
  /// Weight of the uniform distribution that is mixed into the targets; in [0, 1]. Default: 0.
  double label_smoothing = 0.0;
  Index axis = -1;        ///< Class axis. Default: -1.
  std::string name = {};  ///< Name of the metric in logs. Empty: "categorical_crossentropy".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("from_logits", self.from_logits);
    field("label_smoothing", self.label_smoothing);
    field("axis", self.axis);
    field("name", self.name);
  }
};

/// Cross-entropy metric of class distributions, such as one-hot targets. Keras:
/// `keras.metrics.CategoricalCrossentropy`.
///
///     result = mean(-sum(y_true log(p), axis))
///
/// Shapes: `y_true` and `y_pred` (batch, ..., classes), or with the class axis at `axis`. Logits, probabilities and
/// label smoothing are treated as in the loss of the same name. Throws ShapeError if the shapes differ, and ValueError
/// if `label_smoothing` is outside [0, 1].
template <class Scalar = float>
class CategoricalCrossentropy : public MetricWith<MeanOfSamples<Scalar>, CategoricalCrossentropyOptions> {
 public:
  explicit CategoricalCrossentropy(CategoricalCrossentropyOptions options = {})
      : MetricWith<MeanOfSamples<Scalar>, CategoricalCrossentropyOptions>(std::move(options),
                                                                          "categorical_crossentropy") {
    detail::check_fraction(this->options_.label_smoothing, "label_smoothing", "CategoricalCrossentropy");
  }
  std::string class_name() const override { return "CategoricalCrossentropy"; }
  MetricDirection direction() const override { return MetricDirection::down; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    const auto& o = this->options_;
    const auto smoothing = static_cast<Scalar>(o.label_smoothing),
               uniform = smoothing / static_cast<Scalar>(y_pred.shape()[o.axis]);
    const bool last = o.axis == -1 || o.axis == y_pred.rank() - 1;
    const Tensor<Scalar>* behind =
        last ? detail::LogitsCache<Scalar>::find(y_pred, detail::OutputActivation::softmax) : nullptr;
    const bool logits = o.from_logits || behind != nullptr;
    const Tensor<Scalar>& x = o.from_logits || behind == nullptr ? y_pred : *behind;
    return detail::each_row(
        y_true, x, "CategoricalCrossentropy",
        [=](const Scalar* t, const Scalar* v, Index n) {
          const metrics_detail::LogProbabilities<Scalar> log_p(v, n, logits);
          double sum = 0;
          for (Index j = 0; j < n; ++j) {
            const Scalar target = t[j] * (1 - smoothing) + uniform;
            if (target != Scalar(0)) sum -= static_cast<double>(target) * log_p(v[j]);
          }
          return sum;
        },
        o.axis);
  }
};

/// Options of SparseCategoricalCrossentropy.
struct SparseCategoricalCrossentropyOptions {
  bool from_logits = false;  ///< If true, predictions are logits; if false, probabilities. Default: false.
  std::optional<Index> ignore_class = {};  ///< Label whose samples are ignored, such as -1. Default: none.
  Index axis = -1;                         ///< Class axis of the predictions. Default: -1.
  std::string name = {};                   ///< Name of the metric in logs. Empty: "sparse_categorical_crossentropy".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("from_logits", self.from_logits);
    field("ignore_class", self.ignore_class);
    field("axis", self.axis);
    field("name", self.name);
  }
};

/// Cross-entropy metric of integer labels. Keras: `keras.metrics.SparseCategoricalCrossentropy`.
///
///     result = mean(-log(p[label]))
///
/// Shapes: `y_true` (batch, ...) or (batch, ..., 1), integers in [0, classes); `y_pred` (batch, ..., classes), or with
/// the class axis at `axis`. Logits and probabilities are treated as in the loss of the same name. Labels equal to
/// `ignore_class` are ignored, as in the loss; Keras counts them as 0 if there are no sample weights. Throws ShapeError
/// for other shapes, and ValueError for a label that is not a class.
template <class Scalar = float>
class SparseCategoricalCrossentropy : public MetricWith<MeanOfSamples<Scalar>, SparseCategoricalCrossentropyOptions> {
 public:
  explicit SparseCategoricalCrossentropy(SparseCategoricalCrossentropyOptions options = {})
      : MetricWith<MeanOfSamples<Scalar>, SparseCategoricalCrossentropyOptions>(std::move(options),
                                                                                "sparse_categorical_crossentropy") {}
  std::string class_name() const override { return "SparseCategoricalCrossentropy"; }
  MetricDirection direction() const override { return MetricDirection::down; }

 protected:
  TargetRule target_rule() const override { return {.matched = false, .classes = true, .target = 0}; }
  Tensor<Scalar> own_mask(const Tensor<Scalar>& y_true, const Shape& values) const override {
    if (!this->options_.ignore_class) return {};
    Tensor<Scalar> kept = Tensor<Scalar>::empty(values);
    Scalar* out = detail::TensorAccess::data(kept);
    for (Index i = 0; i < kept.size(); ++i)
      out[i] = y_true[i] == static_cast<Scalar>(*this->options_.ignore_class) ? Scalar(0) : Scalar(1);
    return kept;
  }
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    const auto& o = this->options_;
    if (y_pred.rank() < 1) raise_labels(y_true, y_pred);
    const Index axis = y_pred.shape().axis(o.axis), n = y_pred.shape()[axis];
    const Tensor<Scalar>* behind = axis == y_pred.rank() - 1
                                       ? detail::LogitsCache<Scalar>::find(y_pred, detail::OutputActivation::softmax)
                                       : nullptr;
    const bool logits = o.from_logits || behind != nullptr;
    const Tensor<Scalar> x = detail::moved_last(o.from_logits || behind == nullptr ? y_pred : *behind, axis);
    Tensor<Scalar> all = Tensor<Scalar>::empty(detail::without_last(x.shape()));
    if (y_true.shape() != all.shape() && y_true.shape() != y_pred.shape().with(axis, 1)) raise_labels(y_true, y_pred);
    Scalar* out = detail::TensorAccess::data(all);
    for (Index i = 0; i < all.size(); ++i) {
      const Scalar label = y_true[i];
      if (o.ignore_class && label == static_cast<Scalar>(*o.ignore_class)) {
        out[i] = Scalar(0);
        continue;
      }
      if (!is_index(label, n))
        raise<ValueError>("SparseCategoricalCrossentropy: label ", static_cast<double>(label), " of sample ", i,
                          " is not a class: expected an integer from 0 to ", n - 1,
                          ". Check the labels, or the number of units of the last layer.");
      const Scalar* row = x.data() + i * n;
      out[i] = static_cast<Scalar>(
          -metrics_detail::LogProbabilities<Scalar>(row, n, logits)(row[static_cast<Index>(label)]));
    }
    return all;
  }

 private:
  [[noreturn]] static void raise_labels(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) {
    raise<ShapeError>("SparseCategoricalCrossentropy: expected one label per row of predictions ", y_pred.shape(),
                      ", got labels of shape ", y_true.shape(), ". Pass integer labels without the class axis.");
  }
};

}  // namespace lamina::metrics
