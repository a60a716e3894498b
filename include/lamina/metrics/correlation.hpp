#pragma once
#include <algorithm>
#include <cmath>

#include "lamina/metrics/mean_of_samples.hpp"
#include "lamina/metrics/row_values.hpp"

namespace lamina::metrics {

namespace metrics_detail {
/// Means, variances and covariance of two rows, each multiplied by a scale factor.
struct Moments {
  double mean_t = 0;      ///< Mean of the targets.
  double mean_p = 0;      ///< Mean of the predictions.
  double variance_t = 0;  ///< Variance of the targets.
  double variance_p = 0;  ///< Variance of the predictions.
  double covariance = 0;  ///< Covariance of targets and predictions.
  /// Computes the moments of n targets times `scale_t` and n predictions times `scale_p`.
  template <class S>
  Moments(const S* t, const S* p, Index n, double scale_t, double scale_p) {
    const auto count = static_cast<double>(n);
    for (Index j = 0; j < n; ++j) {
      mean_t += static_cast<double>(t[j]) * scale_t / count;
      mean_p += static_cast<double>(p[j]) * scale_p / count;
    }
    for (Index j = 0; j < n; ++j) {
      const double a = static_cast<double>(t[j]) * scale_t - mean_t, b = static_cast<double>(p[j]) * scale_p - mean_p;
      variance_t += a * a / count;
      variance_p += b * b / count;
      covariance += a * b / count;
    }
  }
};
}  // namespace metrics_detail

/// Options of PearsonCorrelation and ConcordanceCorrelation.
struct CorrelationOptions {
  Index axis = -1;        ///< Axis of the vectors to correlate. Default: -1.
  std::string name = {};  ///< Name of the metric in logs. Empty: the Keras name of the metric.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("axis", self.axis);
    field("name", self.name);
  }
};

/// Pearson correlation coefficient of targets and predictions. Keras: `keras.metrics.PearsonCorrelation`.
///
///     result = mean(covariance(y_true, y_pred) / (std(y_true) std(y_pred))), along axis
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features). Throws ShapeError if the shapes differ. The result is NaN
/// if a vector is constant.
template <class Scalar = float>
class PearsonCorrelation : public MetricWith<MeanOfSamples<Scalar>, CorrelationOptions> {
 public:
  /// Constructs the metric from its options.
  explicit PearsonCorrelation(CorrelationOptions options = {})
      : MetricWith<MeanOfSamples<Scalar>, CorrelationOptions>(std::move(options), "pearson_correlation") {}
  std::string class_name() const override { return "PearsonCorrelation"; }
  MetricDirection direction() const override { return MetricDirection::up; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return detail::each_row(
        y_true, y_pred, "PearsonCorrelation",
        [](const Scalar* t, const Scalar* p, Index n) {
          const metrics_detail::Moments m(t, p, n, detail::power_of_two_scale(t, n), detail::power_of_two_scale(p, n));
          return m.covariance / (std::sqrt(m.variance_t) * std::sqrt(m.variance_p));
        },
        this->options_.axis);
  }
};

/// Concordance correlation coefficient (Lin, 1989). Keras: `keras.metrics.ConcordanceCorrelation`.
///
///     t = y_true, p = y_pred, along axis
///     result = mean(2 covariance(t, p) / (var(t) + var(p) + (mean(t) - mean(p))² + 1e-7))
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features). Throws ShapeError if the shapes differ.
template <class Scalar = float>
class ConcordanceCorrelation : public MetricWith<MeanOfSamples<Scalar>, CorrelationOptions> {
 public:
  /// Constructs the metric from its options.
  explicit ConcordanceCorrelation(CorrelationOptions options = {})
      : MetricWith<MeanOfSamples<Scalar>, CorrelationOptions>(std::move(options), "concordance_correlation") {}
  std::string class_name() const override { return "ConcordanceCorrelation"; }
  MetricDirection direction() const override { return MetricDirection::up; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return detail::each_row(
        y_true, y_pred, "ConcordanceCorrelation",
        [](const Scalar* t, const Scalar* p, Index n) {
          const double scale = (std::min)(detail::power_of_two_scale(t, n), detail::power_of_two_scale(p, n));
          const metrics_detail::Moments m(t, p, n, scale, scale);
          const double difference = m.mean_t - m.mean_p;
          return 2 * m.covariance / (m.variance_t + m.variance_p + difference * difference + 1e-7 * scale * scale);
        },
        this->options_.axis);
  }
};

}  // namespace lamina::metrics

namespace lamina {
using metrics::ConcordanceCorrelation;
using metrics::CorrelationOptions;
using metrics::PearsonCorrelation;
}  // namespace lamina
