#pragma once
#include "lamina/metrics/metric.hpp"

namespace lamina {

/// The mean of (y_true - y_pred)². Keras's metric MeanSquaredError; the loss of that name is `MeanSquaredError`.
template <class Scalar = float>
class MeanSquaredErrorMetric : public MeanOfSamples<Scalar> {
 public:
  explicit MeanSquaredErrorMetric(std::string name = "mean_squared_error") : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "MeanSquaredError"; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    if (y_true.size() != y_pred.size())
      raise<ShapeError>(class_name(), ": targets of shape ", y_true.shape(), " do not match predictions of shape ",
                        y_pred.shape());
    const Index n = y_pred.columns(), rows = y_pred.rows();
    Tensor<Scalar> means = Tensor<Scalar>::empty({rows});
    Scalar* out = means.mutable_data();
    for (Index i = 0; i < rows; ++i) {
      Scalar sum = 0;
      for (Index j = i * n; j < (i + 1) * n; ++j) sum += (y_true[j] - y_pred[j]) * (y_true[j] - y_pred[j]);
      out[i] = sum / static_cast<Scalar>(n);
    }
    return means;
  }
};

LAMINA_COMPILED_CLASS(MeanSquaredErrorMetric);

}  // namespace lamina
