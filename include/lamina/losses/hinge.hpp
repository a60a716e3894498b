#pragma once
#include "lamina/losses/loss.hpp"

namespace lamina {

namespace detail {
/// Maps labels to -1 and 1 if all of them are 0 or 1; returns other labels unchanged.
template <class S>
Tensor<S> hinge_labels(const Tensor<S>& t) {
  for (Index i = 0; i < t.size(); ++i)
    if (t[i] != S(0) && t[i] != S(1)) return t;
  return S(2) * t - S(1);
}
LAMINA_COMPILED_FUNCTION(hinge_labels);
}  // namespace detail

/// Hinge loss. Keras: `keras.losses.Hinge`.
///
///     loss = mean(max(1 - y_true y_pred, 0), axis=-1)
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features); result (batch, ...). Targets are -1 or 1; if all targets of
/// the batch are 0 or 1, they are converted to -1 and 1. Throws ShapeError if the shapes differ.
template <class Scalar = float>
class Hinge : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  /// Constructs the loss from its options.
  explicit Hinge(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  /// Constructs the loss with a reduction.
  explicit Hinge(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "Hinge"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "Hinge");
    return mean(relu(Scalar(1) - detail::hinge_labels(t) * p), {.axes = {-1}});
  }

 protected:
  TargetRule target_rule() const override { return {.target = 1}; }
};

/// Squared hinge loss. Keras: `keras.losses.SquaredHinge`.
///
///     loss = mean(max(1 - y_true y_pred, 0)², axis=-1)
///
/// Shapes, targets and errors are those of Hinge.
template <class Scalar = float>
class SquaredHinge : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  /// Constructs the loss from its options.
  explicit SquaredHinge(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  /// Constructs the loss with a reduction.
  explicit SquaredHinge(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "SquaredHinge"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "SquaredHinge");
    return mean(square(relu(Scalar(1) - detail::hinge_labels(t) * p)), {.axes = {-1}});
  }

 protected:
  TargetRule target_rule() const override { return {.target = 1}; }
};

/// Hinge loss of one-hot targets. Keras: `keras.losses.CategoricalHinge`.
///
///     pos = sum(y_true y_pred, axis=-1)
///     neg = max((1 - y_true) y_pred, axis=-1)
///     loss = max(neg - pos + 1, 0)
///
/// Shapes: `y_true` and `y_pred` (batch, ..., classes); result (batch, ...). Throws ShapeError if the shapes differ.
template <class Scalar = float>
class CategoricalHinge : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  /// Constructs the loss from its options.
  explicit CategoricalHinge(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  /// Constructs the loss with a reduction.
  explicit CategoricalHinge(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "CategoricalHinge"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "CategoricalHinge");
    const Tensor<Scalar> pos = sum(t * p, {.axes = {-1}}), neg = (max)((Scalar(1) - t) * p, {.axes = {-1}});
    return relu(neg - pos + Scalar(1));
  }
};

}  // namespace lamina
