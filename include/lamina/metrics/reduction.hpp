#pragma once
#include "lamina/metrics/mean_of_samples.hpp"
#include "lamina/metrics/sample_weights.hpp"

namespace lamina::metrics {

/// The (weighted) mean of any values: `update_state(values)` or `update_state(values, sample_weight)`. Keras's metric
/// Mean.
template <class Scalar = float>
class Mean : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  explicit Mean(const MetricOptions& options = {}) : MeanOfSamples<Scalar>(detail::name_or(options.name, "mean")) {}
  explicit Mean(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "Mean"; }
  void update_state(const Tensor<Scalar>& values, const Tensor<Scalar>& sample_weight = {}) {
    this->add(values, sample_weight);
  }
  /// Through the base: values and, in the second place, their weights.
  void update_state(const Tensor<Scalar>& values, const Tensor<Scalar>& sample_weight,
                    const Tensor<Scalar>& more) override {
    if (more.defined()) raise<ValueError>("Mean: expected values and their weights, not targets and predictions");
    this->add(values, sample_weight);
  }

 protected:
  TargetRule target_rule() const override { return {.matched = false}; }
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>&) const override { return y_true; }
};

/// The (weighted) sum of any values: `update_state(values)` or `update_state(values, sample_weight)`. Keras's metric
/// Sum.
template <class Scalar = float>
class Sum : public Metric<Scalar> {
 public:
  using Arguments = MetricOptions;
  explicit Sum(const MetricOptions& options = {}) : Sum(detail::name_or(options.name, "sum")) {}
  explicit Sum(std::string name) : Metric<Scalar>(std::move(name)) { this->add_variable("total", {}); }
  std::string class_name() const override { return "Sum"; }
  void update_state(const Tensor<Scalar>& values, const Tensor<Scalar>& sample_weight = {}) {
    std::vector<double> weights;
    if (sample_weight.defined())
      weights = detail::stretched_weights(sample_weight, detail::weight_shape(sample_weight.shape(), values.shape()),
                                          values.shape(), "Sum");
    for (Index i = 0; i < values.size(); ++i) {
      const double weight = weights.empty() ? 1.0 : weights[static_cast<std::size_t>(i)];
      if (weight != 0) this->variable(0)[0] += static_cast<double>(values[i]) * weight;
    }
  }
  /// Through the base: values and, in the second place, their weights.
  void update_state(const Tensor<Scalar>& values, const Tensor<Scalar>& sample_weight,
                    const Tensor<Scalar>& more) override {
    if (more.defined()) raise<ValueError>("Sum: expected values and their weights, not targets and predictions");
    update_state(values, sample_weight);
  }
  double result() const override { return this->variable(0)[0]; }

 protected:
  TargetRule target_rule() const override { return {.matched = false}; }
};

LAMINA_COMPILED_CLASS(Mean);

}  // namespace lamina::metrics
