#pragma once
#include "lamina/metrics/mean_of_samples.hpp"
#include "lamina/metrics/row_values.hpp"

namespace lamina::metrics {

namespace metrics_detail {
/// What makes labels -1 and 1 by `scale t - (scale - 1)`: 2 where all are 0 or 1, otherwise 1.
template <class S>
S hinge_scale(const Tensor<S>& t) {
  for (Index i = 0; i < t.size(); ++i)
    if (t[i] != S(0) && t[i] != S(1)) return S(1);
  return S(2);
}
}  // namespace metrics_detail

/// The mean of max(1 - y_true y_pred, 0), with labels -1 and 1; labels that are all 0 or 1 are taken for those. Keras's
/// metric Hinge.
template <class Scalar = float>
class Hinge : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  explicit Hinge(const MetricOptions& options = {}) : MeanOfSamples<Scalar>(detail::name_or(options.name, "hinge")) {}
  explicit Hinge(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "Hinge"; }
  MetricDirection direction() const override { return MetricDirection::down; }

 protected:
  TargetRule target_rule() const override { return {.target = 1}; }
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    const Scalar scale = metrics_detail::hinge_scale(y_true), shift = scale - Scalar(1);
    return detail::mean_of_each_row(y_true, y_pred, "Hinge", [=](Scalar t, Scalar p) {
      const Scalar missing = (std::max)(Scalar(1) - (scale * t - shift) * p, Scalar(0));
      return missing;
    });
  }
};

/// The mean of max(1 - y_true y_pred, 0)², with labels as for Hinge. Keras's metric SquaredHinge.
template <class Scalar = float>
class SquaredHinge : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  explicit SquaredHinge(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "squared_hinge")) {}
  explicit SquaredHinge(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "SquaredHinge"; }
  MetricDirection direction() const override { return MetricDirection::down; }

 protected:
  TargetRule target_rule() const override { return {.target = 1}; }
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    const Scalar scale = metrics_detail::hinge_scale(y_true), shift = scale - Scalar(1);
    return detail::mean_of_each_row(y_true, y_pred, "SquaredHinge", [=](Scalar t, Scalar p) {
      const Scalar missing = (std::max)(Scalar(1) - (scale * t - shift) * p, Scalar(0));
      return missing * missing;
    });
  }
};

/// The mean of max(1 + neg - pos, 0) with pos = sum y_true y_pred and neg = max (1 - y_true) y_pred over the last axis.
/// Keras's metric CategoricalHinge.
template <class Scalar = float>
class CategoricalHinge : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  explicit CategoricalHinge(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "categorical_hinge")) {}
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
