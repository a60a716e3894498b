#pragma once
#include "support/expect.hpp"

namespace lamina::testing::metrics {

inline const Tensor<double> t3 = expect::scattered({2, 3, 4}), p3 = expect::scattered({2, 3, 4}, 2);

inline Tensor<double> positive(const Shape& shape, std::uint64_t seed) {
  return expect::scattered(shape, seed) * 0.45 + 0.5;
}

template <class M>
double once(M&& metric, const Tensor<double>& t, const Tensor<double>& p, const Tensor<double>& weight = {}) {
  metric.update_state(t, p, weight);
  return metric.result();
}

template <class M>
Tensor<double> all_of(M&& metric, const Tensor<double>& t, const Tensor<double>& p, const Tensor<double>& weight = {}) {
  metric.update_state(t, p, weight);
  return metric.results();
}

inline std::shared_ptr<Metric<float>> made(const Config& config) {
  return MetricFamily<float>::Table::from_config("metric", config);
}

inline const Tensor<double> u = positive({3, 4}, 1), v = positive({3, 4}, 2);

/// Checks that the metric of a batch is the weighted mean of the values of the loss.
template <class M>
void agree(M&& metric, const Loss<double>& loss, const Tensor<double>& t, const Tensor<double>& p, double sign = 1) {
  const Tensor<double> weight{1., 0.5, 3.};
  SCOPED_TRACE(metric.class_name());
  EXPECT_NEAR(once(metric, t, p), sign * loss(t, p).item(), 1e-12);
  EXPECT_EQ(metric.variables()[1].item(), 3);
  metric.reset_state();
  EXPECT_EQ(metric.result(), 0);
  const Tensor<double> values = sign * loss.call(t, p);
  EXPECT_NEAR(once(metric, t, p, weight), sum(values * weight).item() / 4.5, 1e-12);
  EXPECT_EQ(metric.variables()[1].item(), 4.5);
  EXPECT_EQ(metric.variable_names(), (std::vector<std::string>{"total", "count"}));
}

}  // namespace lamina::testing::metrics
