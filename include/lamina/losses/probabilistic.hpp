#pragma once
#include "lamina/losses/loss.hpp"

namespace lamina {

/// sum y_true log(y_true / y_pred) over the last axis, both held in [1e-7, 1]. Keras's KLDivergence.
template <class Scalar = float>
class KLDivergence : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  explicit KLDivergence(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  explicit KLDivergence(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "KLDivergence"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "KLDivergence");
    const Tensor<Scalar> u = clip(t, detail::loss_epsilon, 1), v = clip(p, detail::loss_epsilon, 1);
    return sum(u * log(u / v), {.axes = {-1}});
  }
};

/// mean (y_pred - y_true log(y_pred + 1e-7)) over the last axis. Keras's Poisson.
template <class Scalar = float>
class Poisson : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  explicit Poisson(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  explicit Poisson(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "Poisson"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "Poisson");
    return mean(p - t * log(p + static_cast<Scalar>(detail::loss_epsilon)), {.axes = {-1}});
  }
};

}  // namespace lamina
