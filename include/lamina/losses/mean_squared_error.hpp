#pragma once
#include "lamina/losses/loss.hpp"
#include "lamina/ops/mean_squared_error.hpp"

namespace lamina {

/// Mean squared error. Keras: `keras.losses.MeanSquaredError`.
///
///     loss = mean((y_true - y_pred)², axis=-1)
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features); result (batch, ...). Throws ShapeError if the shapes differ.
template <class Scalar = float>
class MeanSquaredError : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  /// Constructs the loss from its options.
  explicit MeanSquaredError(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  /// Constructs the loss with a reduction.
  explicit MeanSquaredError(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "MeanSquaredError"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "MeanSquaredError");
    return mean(square(p - t), {.axes = {-1}});
  }

 protected:
  // All samples have the same number of features: the mean of the per-sample means is the mean over all elements.
  Tensor<Scalar> mean_of(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "MeanSquaredError");
    return detail::mean_squared_error(t, p);
  }
};

LAMINA_COMPILED_CLASS(MeanSquaredError);

}  // namespace lamina
