#pragma once
#include "lamina/losses/loss.hpp"

namespace lamina {

/// Kullback-Leibler divergence of distributions. Keras: `keras.losses.KLDivergence`.
///
///     loss = sum(y_true log(y_true / y_pred), axis=-1), both clipped to [1e-7, 1]
///
/// Shapes: `y_true` and `y_pred` (batch, ..., classes); result (batch, ...). Throws ShapeError if the shapes differ.
template <class Scalar = float>
class KLDivergence : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  /// Constructs the loss from its options.
  explicit KLDivergence(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  /// Constructs the loss with a reduction.
  explicit KLDivergence(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "KLDivergence"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "KLDivergence");
    const Tensor<Scalar> u = clip(t, detail::loss_epsilon, 1), v = clip(p, detail::loss_epsilon, 1);
    return sum(u * log(u / v), {.axes = {-1}});
  }
};

/// Poisson loss: the negative log-likelihood of counts, up to a constant. Keras: `keras.losses.Poisson`.
///
///     loss = mean(y_pred - y_true log(y_pred + 1e-7), axis=-1)
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features), predictions >= 0; result (batch, ...). Throws ShapeError if
/// the shapes differ.
template <class Scalar = float>
class Poisson : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  /// Constructs the loss from its options.
  explicit Poisson(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  /// Constructs the loss with a reduction.
  explicit Poisson(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "Poisson"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "Poisson");
    return mean(p - t * log(p + static_cast<Scalar>(detail::loss_epsilon)), {.axes = {-1}});
  }
};

}  // namespace lamina
