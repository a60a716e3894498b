#pragma once
#include "lamina/metrics/mean_of_samples.hpp"
#include "lamina/metrics/row_values.hpp"

namespace lamina::metrics {

namespace metrics_detail {
/// Returns the scale for which `scale t - (scale - 1)` maps labels to -1 and 1: 2 if all labels are 0 or 1, else 1.
template <class S>
S hinge_scale(const Tensor<S>& t) {
  for (Index i = 0; i < t.size(); ++i)
    if (t[i] != S(0) && t[i] != S(1)) return S(1);
  return S(2);
}
}  // namespace metrics_detail

/// Hinge metric. Keras: `keras.metrics.Hinge`.
///
///     result = mean(max(1 - y_true y_pred, 0))
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features). Targets are -1 or 1; if all targets of the batch are 0 or 1,
/// they are converted to -1 and 1. Throws ShapeError if the shapes differ.
template <class Scalar = float>
class Hinge : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  /// Constructs the metric from its options.
  explicit Hinge(const MetricOptions& options = {}) : MeanOfSamples<Scalar>(detail::name_or(options.name, "hinge")) {}
  /// Constructs the metric with a name.
  explicit Hinge(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "Hinge"; }
  MetricDirection direction() const override { return MetricDirection::down; }

 protected:
  TargetRule target_rule() const override { return {.target = 1}; }
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    const Scalar scale = metrics_detail::hinge_scale(y_true), shift = scale - Scalar(1);
    return detail::mean_of_each_row(y_true, y_pred, "Hinge", [=](Scalar t, Scalar p) {
      const Scalar loss = (std::max)(Scalar(1) - (scale * t - shift) * p, Scalar(0));
      return loss;
    });
  }
};

/// Squared hinge metric. Keras: `keras.metrics.SquaredHinge`.
///
///     result = mean(max(1 - y_true y_pred, 0)²)
///
/// Shapes, targets and errors are those of Hinge.
template <class Scalar = float>
class SquaredHinge : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  /// Constructs the metric from its options.
  explicit SquaredHinge(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "squared_hinge")) {}
  /// Constructs the metric with a name.
  explicit SquaredHinge(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "SquaredHinge"; }
  MetricDirection direction() const override { return MetricDirection::down; }

 protected:
  TargetRule target_rule() const override { return {.target = 1}; }
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    const Scalar scale = metrics_detail::hinge_scale(y_true), shift = scale - Scalar(1);
    return detail::mean_of_each_row(y_true, y_pred, "SquaredHinge", [=](Scalar t, Scalar p) {
      const Scalar loss = (std::max)(Scalar(1) - (scale * t - shift) * p, Scalar(0));
      return loss * loss;
    });
  }
};

/// Hinge metric of one-hot targets. Keras: `keras.metrics.CategoricalHinge`.
///
///     pos = sum(y_true y_pred, axis=-1)
///     neg = max((1 - y_true) y_pred, axis=-1)
///     result = mean(max(neg - pos + 1, 0))
///
/// Shapes: `y_true` and `y_pred` (batch, ..., classes). Throws ShapeError if the shapes differ.
template <class Scalar = float>
class CategoricalHinge : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  /// Constructs the metric from its options.
  explicit CategoricalHinge(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "categorical_hinge")) {}
  /// Constructs the metric with a name.
  explicit CategoricalHinge(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "CategoricalHinge"; }
  MetricDirection direction() const override { return MetricDirection::down; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return detail::each_row(y_true, y_pred, "CategoricalHinge", [](const Scalar* t, const Scalar* p, Index n) {
      Scalar pos = Scalar(0), neg = n > 0 ? (Scalar(1) - t[0]) * p[0] : Scalar(0);
      for (Index j = 0; j < n; ++j) {
        pos += t[j] * p[j];
        neg = (std::max)(neg, (Scalar(1) - t[j]) * p[j]);
      }
      return (std::max)(neg - pos + Scalar(1), Scalar(0));
    });
  }
};

}  // namespace lamina::metrics
