#pragma once
#include "lamina/metrics/mean_of_samples.hpp"
#include "lamina/metrics/sample_weights.hpp"

namespace lamina::metrics {

/// (Weighted) mean of values. Keras: `keras.metrics.Mean`.
///
///     result = sum(sample_weight values) / sum(sample_weight)
///
/// Call `update_state(values)` or `update_state(values, sample_weight)`. Shapes: values of any shape; weights (batch,)
/// or the shape of the values. Throws ShapeError for weights of another shape.
template <class Scalar = float>
class Mean : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  /// Constructs the metric from its options.
  explicit Mean(const MetricOptions& options = {}) : MeanOfSamples<Scalar>(detail::name_or(options.name, "mean")) {}
  /// Constructs the metric with a name.
  explicit Mean(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "Mean"; }
  /// Accumulates values with optional weights.
  void update_state(const Tensor<Scalar>& values, const Tensor<Scalar>& sample_weight = {}) {
    this->add(values, sample_weight);
  }
  /// Overrides the function of the base class: the second argument is the weights, and the third must be undefined.
  void update_state(const Tensor<Scalar>& values, const Tensor<Scalar>& sample_weight,
                    const Tensor<Scalar>& unused) override {
    if (unused.defined())
      raise<ValueError>(
          "Mean: expected update_state(values, sample_weight), got three tensors. Pass values and their weights.");
    this->add(values, sample_weight);
  }

 protected:
  TargetRule target_rule() const override { return {.matched = false}; }
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>&) const override { return y_true; }
};

/// (Weighted) sum of values. Keras: `keras.metrics.Sum`.
///
///     result = sum(sample_weight values)
///
/// Call `update_state(values)` or `update_state(values, sample_weight)`. Shapes and errors are those of Mean.
template <class Scalar = float>
class Sum : public Metric<Scalar> {
 public:
  using Arguments = MetricOptions;
  /// Constructs the metric from its options.
  explicit Sum(const MetricOptions& options = {}) : Sum(detail::name_or(options.name, "sum")) {}
  /// Constructs the metric with a name.
  explicit Sum(std::string name) : Metric<Scalar>(std::move(name)) { this->add_variable("total", {}); }
  std::string class_name() const override { return "Sum"; }
  /// Accumulates values with optional weights.
  void update_state(const Tensor<Scalar>& values, const Tensor<Scalar>& sample_weight = {}) {
    std::vector<double> weights;
    if (sample_weight.defined())
      weights = detail::broadcast_weights(sample_weight, detail::weight_shape(sample_weight.shape(), values.shape()),
                                          values.shape(), "Sum");
    for (Index i = 0; i < values.size(); ++i) {
      const double weight = weights.empty() ? 1.0 : weights[static_cast<std::size_t>(i)];
      if (weight != 0) this->variable(0)[0] += static_cast<double>(values[i]) * weight;
    }
  }
  /// Overrides the function of the base class: the second argument is the weights, and the third must be undefined.
  void update_state(const Tensor<Scalar>& values, const Tensor<Scalar>& sample_weight,
                    const Tensor<Scalar>& unused) override {
    if (unused.defined())
      raise<ValueError>(
          "Sum: expected update_state(values, sample_weight), got three tensors. Pass values and their weights.");
    update_state(values, sample_weight);
  }
  double result() const override { return this->variable(0)[0]; }

 protected:
  TargetRule target_rule() const override { return {.matched = false}; }
};

LAMINA_COMPILED_CLASS(Mean);

}  // namespace lamina::metrics
