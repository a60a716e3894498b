#pragma once
#include <algorithm>
#include <cmath>

#include "lamina/metrics/mean_of_samples.hpp"
#include "lamina/metrics/row_values.hpp"

namespace lamina::metrics {

namespace metrics_detail {
/// Means, variances and covariance of two rows, each times a unit.
struct Moments {
  double mean_t = 0, mean_p = 0, variance_t = 0, variance_p = 0, covariance = 0;
  template <class S>
  Moments(const S* t, const S* p, Index n, double of_t, double of_p) {
    const auto count = static_cast<double>(n);
    for (Index j = 0; j < n; ++j) {
      mean_t += static_cast<double>(t[j]) * of_t / count;
      mean_p += static_cast<double>(p[j]) * of_p / count;
    }
    for (Index j = 0; j < n; ++j) {
      const double a = static_cast<double>(t[j]) * of_t - mean_t, b = static_cast<double>(p[j]) * of_p - mean_p;
      variance_t += a * a / count;
      variance_p += b * b / count;
      covariance += a * b / count;
    }
  }
};
}  // namespace metrics_detail

struct CorrelationOptions {
  Index axis = -1;  ///< along which is correlated
  std::string name = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("axis", self.axis);
    field("name", self.name);
  }
};

/// The mean of the correlation of y_true and y_pred along an axis: their covariance over the product of their standard
/// deviations. Keras's metric PearsonCorrelation.
template <class Scalar = float>
class PearsonCorrelation : public MetricWith<MeanOfSamples<Scalar>, CorrelationOptions> {
 public:
  explicit PearsonCorrelation(CorrelationOptions options = {})
      : MetricWith<MeanOfSamples<Scalar>, CorrelationOptions>(std::move(options), "pearson_correlation") {}
  std::string class_name() const override { return "PearsonCorrelation"; }
  MetricDirection direction() const override { return MetricDirection::up; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return detail::each_row(
        y_true, y_pred, "PearsonCorrelation",
        [](const Scalar* t, const Scalar* p, Index n) {
          const metrics_detail::Moments m(t, p, n, detail::unit_of(t, n), detail::unit_of(p, n));
          return m.covariance / (std::sqrt(m.variance_t) * std::sqrt(m.variance_p));
        },
        this->options_.axis);
  }
};

/// The mean of 2 covariance / (variances + (difference of means)² + 1e-7) of y_true and y_pred along an axis. Keras's
/// metric ConcordanceCorrelation.
template <class Scalar = float>
class ConcordanceCorrelation : public MetricWith<MeanOfSamples<Scalar>, CorrelationOptions> {
 public:
  explicit ConcordanceCorrelation(CorrelationOptions options = {})
      : MetricWith<MeanOfSamples<Scalar>, CorrelationOptions>(std::move(options), "concordance_correlation") {}
  std::string class_name() const override { return "ConcordanceCorrelation"; }
  MetricDirection direction() const override { return MetricDirection::up; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return detail::each_row(
        y_true, y_pred, "ConcordanceCorrelation",
        [](const Scalar* t, const Scalar* p, Index n) {
          const double unit = (std::min)(detail::unit_of(t, n), detail::unit_of(p, n));
          const metrics_detail::Moments m(t, p, n, unit, unit);
          const double apart = m.mean_t - m.mean_p;
          return 2 * m.covariance / (m.variance_t + m.variance_p + apart * apart + 1e-7 * unit * unit);
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
