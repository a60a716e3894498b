#pragma once
#include "lamina/losses/loss.hpp"
#include "lamina/ops/mean_squared_error.hpp"

namespace lamina {

/// mean (y_true - y_pred)² over the last axis. Keras's MeanSquaredError.
template <class Scalar = float>
class MeanSquaredError : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  explicit MeanSquaredError(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  explicit MeanSquaredError(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "MeanSquaredError"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "MeanSquaredError");
    return mean(square(p - t), {.axes = {-1}});
  }

 protected:
  // The mean of the samples' means is the mean of everything.
  Tensor<Scalar> mean_of(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "MeanSquaredError");
    return detail::mean_squared_error(t, p);
  }
};

LAMINA_COMPILED_CLASS(MeanSquaredError);

}  // namespace lamina
