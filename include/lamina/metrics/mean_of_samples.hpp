#pragma once
#include <string>
#include <utility>
#include <vector>

#include "lamina/metrics/metric.hpp"
#include "lamina/metrics/row_values.hpp"
#include "lamina/metrics/sample_weights.hpp"

namespace lamina {

/// Base class of metrics that are the (weighted) mean of one value per sample: subclasses override `values`. Keras:
/// `keras.metrics.MeanMetricWrapper`, which wraps a function instead.
///
///     result = sum(sample_weight values) / sum(sample_weight), over all batches; 0 if there are no samples
template <class Scalar = float>
class MeanOfSamples : public Metric<Scalar> {
 public:
  /// Constructs the metric with a name.
  LAMINA_COLD explicit MeanOfSamples(std::string name) : Metric<Scalar>(std::move(name)) {
    this->add_variable("total", {});
    this->add_variable("count", {});
  }

  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    update_masked_state(y_true, y_pred, sample_weight, {});
  }
  void update_masked_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                           const Tensor<Scalar>& sample_weight, const Tensor<Scalar>& mask) override {
    const auto [t, p] = this->prepared(y_true, y_pred, sample_weight, mask);
    const Tensor<Scalar> all = values(t, p), own = own_mask(y_true, all.shape());
    Tensor<Scalar> weight = sample_weight;
    for (const Tensor<Scalar>* m : {&own, &mask})
      if (m->defined()) weight = detail::masked_weight(weight, *m, weight_axes(all, *m), this->class_name());
    add(all, weight, p.rank() == 0 ? 1 : p.shape()[0]);
  }
  double result() const override { return detail::divide_or_zero(this->variable(0)[0], this->variable(1)[0]); }

 protected:
  /// Computes the value of every sample, (batch, ...), or one value for the whole batch, of rank 0. Several values of a
  /// sample count with their mean. Targets and predictions have the same rank unless `target_rule` disables the
  /// matching.
  virtual Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const = 0;
  /// Returns the mask that the metric itself computes for values of the given shape: 0 for values to ignore. Default:
  /// an undefined tensor, which means no mask.
  virtual Tensor<Scalar> own_mask(const Tensor<Scalar>& y_true, const Shape& values) const {
    static_cast<void>(y_true);
    static_cast<void>(values);
    return {};
  }

  /// Adds values (batch, ...) to the total and the number of samples to the count. Ignores values whose weight is 0. A
  /// value of rank 0 counts for `batch` samples.
  void add(const Tensor<Scalar>& values, const Tensor<Scalar>& sample_weight, Index batch = 1) {
    const Index samples = values.rank() == 0 ? batch : values.shape()[0];
    if (samples == 0) return;
    double sum = 0, count = 0;
    if (!sample_weight.defined()) {
      for (Index i = 0; i < values.size(); ++i) sum += static_cast<double>(values[i]);
      sum *= static_cast<double>(samples) / static_cast<double>(values.size());
      count = static_cast<double>(samples);
    } else if (values.rank() == 0) {
      for (Index i = 0; i < sample_weight.size(); ++i) count += static_cast<double>(sample_weight[i]);
      if (sample_weight.rank() > 0) count *= static_cast<double>(samples) / static_cast<double>(sample_weight.size());
      if (count != 0) sum = count * static_cast<double>(values[0]);
    } else {
      // Weights without the last axes of the values weight the mean over these axes.
      const Shape shape = detail::weight_shape(sample_weight.shape(), values.shape());
      const std::vector<double> weights =
          detail::broadcast_weights(sample_weight, shape, values.shape(), this->class_name());
      const double each =
          shape.rank() == 0 ? static_cast<double>(values.size()) : static_cast<double>(values.size() / samples);
      for (Index i = 0; i < values.size(); ++i) {
        const double weight = weights[static_cast<std::size_t>(i)];
        if (weight == 0) continue;
        sum += weight * static_cast<double>(values[i]) / each;
        count += weight / each;
      }
    }
    this->variable(0)[0] += sum;
    this->variable(1)[0] += count;
  }

 private:
  static const Shape& weight_axes(const Tensor<Scalar>& values, const Tensor<Scalar>& mask) {
    return values.rank() == 0 ? mask.shape() : values.shape();
  }
};

}  // namespace lamina
