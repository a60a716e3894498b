#include "case.hpp"

namespace lamina::conformance {

namespace {

void update(const Case& c, Metric<float>& metric, const std::string& step) {
  const Tensor<float> weight = c.array_if_any<float>("sample_weight" + step);
  if (c.contains("values" + step))
    metric.update_state(c.array<float>("values" + step), weight, {});
  else
    metric.update_state(c.array<float>("y_true" + step), c.array<float>("y_pred" + step), weight);
}

void compare(const Case& c, Check& check, Metric<float>& metric) {
  for (int s = 0; c.contains("result" + std::to_string(s)); ++s) {
    const std::string step = std::to_string(s);
    update(c, metric, step);
    check.near("result" + step, metric.results(), single_precision);
  }
  const std::vector<Tensor<double>> variables = metric.variables();
  for (std::size_t i = 0; c.contains("var" + std::to_string(i)); ++i) {
    const std::string name = "var" + std::to_string(i);
    if (c.is_disputed(name)) continue;
    if (i < variables.size())
      check.near(name, variables[i], single_precision);
    else
      check.fail(name, text("the metric has ", variables.size(), " variables"));
  }
}

}  // namespace

void run_metric(const Case& c, Check& check) {
  by_constructor_and_config(c, check, [&](const Config& object) {
    const auto metric = make<MetricFamily<float>>(object);
    compare(c, check, *metric);
    // Again, after a reset.
    metric->reset_state();
    if (check.failures().empty()) compare(c, check, *metric);
  });
}

}  // namespace lamina::conformance
