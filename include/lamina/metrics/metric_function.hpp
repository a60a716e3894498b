#pragma once
#include <functional>
#include <type_traits>

#include "lamina/metrics/mean_of_samples.hpp"

namespace lamina {

/// The (weighted) mean of a function of targets and predictions. Keras: `keras.metrics.MeanMetricWrapper`.
///
/// The function returns one value per sample, (batch, ...), or one value for the whole batch (a number or a tensor of
/// rank 0), which is weighted by the batch size. It receives targets and predictions of the same rank, as a Loss does.
/// NaN and infinity of samples whose weight or mask is 0 are replaced by 0.5, and the values of these samples are
/// ignored.
///
/// `compile` wraps functions in this class: `.metrics = {my_function}` creates a metric with the name "metric_function"
/// and an unknown direction. To set both, pass `MetricFunction(my_function, "my_metric", MetricDirection::up)`.
template <class Scalar = float>
class MetricFunction : public MeanOfSamples<Scalar> {
 public:
  /// Computes values from targets and predictions.
  using Function = std::function<Tensor<Scalar>(const Tensor<Scalar>&, const Tensor<Scalar>&)>;
  /// Constructs a metric from a function, a name and a direction.
  template <class F>
    requires std::is_invocable_v<const F&, const Tensor<Scalar>&, const Tensor<Scalar>&>
  explicit MetricFunction(F function, std::string name = "metric_function",
                          MetricDirection direction = MetricDirection::unknown)
      : MeanOfSamples<Scalar>(std::move(name)),
        function_([f = std::move(function)](const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) {
          return Tensor<Scalar>(f(y_true, y_pred));
        }),
        direction_(direction) {}
  std::string class_name() const override { return "MetricFunction"; }
  MetricDirection direction() const override { return direction_; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return function_(y_true, y_pred);
  }

 private:
  Function function_;
  MetricDirection direction_;
};

LAMINA_COMPILED_CLASS(MetricFunction);

}  // namespace lamina
