#pragma once
#include <functional>
#include <type_traits>

#include "lamina/metrics/mean_of_samples.hpp"

namespace lamina {

/// A metric from any function of targets and predictions: the (weighted) mean of its values, one a sample or one for
/// the batch (a tensor or a number), which counts as often as the batch has samples. Keras's MeanMetricWrapper.
///
/// `compile` makes one of a function that it is given: `.metrics = {my_function}`. It is called `metric_function` then,
/// as a function does not know its name; to choose name and direction, give
/// `MetricFunction(my_function, "my_metric", MetricDirection::up)`.
///
/// The function gets targets and predictions of one rank, as a Loss does. What is left out (weight or mask 0) and not
/// finite it gets as 0.5; values for it do not count.
template <class Scalar = float>
class MetricFunction : public MeanOfSamples<Scalar> {
 public:
  using Function = std::function<Tensor<Scalar>(const Tensor<Scalar>&, const Tensor<Scalar>&)>;
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
