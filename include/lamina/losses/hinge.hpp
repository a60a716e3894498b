#pragma once
#include "lamina/losses/loss.hpp"

namespace lamina {

namespace detail {
/// Labels of 0 and 1 become -1 and 1; others stay.
template <class S>
Tensor<S> hinge_labels(const Tensor<S>& t) {
  for (Index i = 0; i < t.size(); ++i)
    if (t[i] != S(0) && t[i] != S(1)) return t;
  return S(2) * t - S(1);
}
LAMINA_COMPILED_FUNCTION(hinge_labels);
}  // namespace detail

/// mean max(1 - y_true y_pred, 0) over the last axis, with labels -1 and 1; labels that are all 0 or 1 are taken for
/// those. Keras's Hinge.
template <class Scalar = float>
class Hinge : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  explicit Hinge(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  explicit Hinge(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "Hinge"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "Hinge");
    return mean(relu(Scalar(1) - detail::hinge_labels(t) * p), {.axes = {-1}});
  }

 protected:
  TargetRule target_rule() const override { return {.target = 1}; }
};

/// mean max(1 - y_true y_pred, 0)² over the last axis, with labels as for Hinge. Keras's SquaredHinge.
template <class Scalar = float>
class SquaredHinge : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  explicit SquaredHinge(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  explicit SquaredHinge(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "SquaredHinge"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "SquaredHinge");
    return mean(square(relu(Scalar(1) - detail::hinge_labels(t) * p)), {.axes = {-1}});
  }

 protected:
  TargetRule target_rule() const override { return {.target = 1}; }
};

/// max(1 + neg - pos, 0) with pos = sum y_true y_pred and neg = max (1 - y_true) y_pred over the last axis. Keras's
/// CategoricalHinge.
template <class Scalar = float>
class CategoricalHinge : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  explicit CategoricalHinge(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  explicit CategoricalHinge(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "CategoricalHinge"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "CategoricalHinge");
    const Tensor<Scalar> pos = sum(t * p, {.axes = {-1}}), neg = (max)((Scalar(1) - t) * p, {.axes = {-1}});
    return relu(neg - pos + Scalar(1));
  }
};

}  // namespace lamina
