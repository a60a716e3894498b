#pragma once
#include "lamina/kernels/softmax.hpp"
#include "lamina/ops/logits.hpp"
#include "lamina/ops/reductions.hpp"

namespace lamina {

namespace detail {

/// Moves an axis to the end, applies `f`, and moves it back. Throws ShapeError if the axis is empty.
template <class S, class F>
Tensor<S> along_last(const Tensor<S>& x, Index axis, const char* name, const F& f) {
  if (x.rank() == 0 || x.shape()[axis] == 0)
    raise<ShapeError>(name, ": expected at least one element along axis ", axis, ", got shape ", x.shape());
  const Index at = x.shape().axis(axis);
  if (at == x.rank() - 1) return f(x);
  Shape order;
  for (Index i = 0; i < x.rank(); ++i) order.push_back(i);
  order[at] = x.rank() - 1;
  order[-1] = at;
  return permute(f(permute(x, order)), order);
}

/// y = e^x / sum e^x over the last axis. Gradient: dx = y (dy - sum y dy). A row whose elements are all -infinity
/// yields NaN, or 0 if `zero_if_empty`.
template <class S>
Tensor<S> softmax(const Tensor<S>& x, bool zero_if_empty = false) {
  Tensor<S> y = Tensor<S>::empty(x.shape());
  kernels::softmax(x.rows(), x.columns(), x.data(), TensorAccess::data(y), zero_if_empty);
  if (Recording<S> tape{y, x})
    tape.gradient([y](Tensor<S> dy, Gradients<S>& g) {
      if (Gradients<S>::recorded()) {
        g.add(0, y * (dy - lamina::sum(y * dy, {.axes = {-1}, .keepdims = true})));
      } else {
        const Tensor<S> from = dy;
        Tensor<S> dx = Tensor<S>::empty(y.shape());
        kernels::softmax_gradient(y.rows(), y.columns(), y.data(), from.data(), TensorAccess::data(dx));
        g.add(0, std::move(dx));
      }
    });
  return y;
}

/// y = log(sum e^x) over the last axis, which keeps size 1. Gradient: dx = dy softmax(x), 0 for a row whose elements
/// are all -infinity.
template <class S>
Tensor<S> log_sum_exp(const Tensor<S>& x) {
  Tensor<S> y = Tensor<S>::empty(x.shape().with(-1, 1));
  kernels::log_sum_exp(x.rows(), x.columns(), x.data(), TensorAccess::data(y));
  if (Recording<S> tape{y, x})
    tape.gradient([x](const Tensor<S>& dy, Gradients<S>& g) { g.add(0, multiply(softmax(x, true), dy)); });
  return y;
}

LAMINA_COMPILED_FUNCTION(softmax);
LAMINA_COMPILED_FUNCTION(log_sum_exp);
}  // namespace detail

/// Computes y = e^x / sum e^x along an axis, without overflow; a negative axis counts from the end. As in Keras, the
/// result is NaN if all elements along the axis are -infinity or one is infinity. Throws ShapeError if the axis is
/// empty or out of range. `keras.ops.softmax`.
template <TensorLike X>
auto softmax(const X& x, Index axis = -1) {
  using S = detail::scalar_of<X>;
  const auto& t = detail::as_tensor(x);
  Tensor<S> y = detail::along_last(t, axis, "softmax", [](const auto& u) { return detail::softmax(u); });
  if (axis == -1 || axis == t.rank() - 1) detail::LogitsCache<S>::store(y, t, detail::OutputActivation::softmax);
  return y;
}

/// Computes y = x - log(sum e^x) along an axis, without overflow; a negative axis counts from the end. Throws
/// ShapeError if the axis is empty or out of range. `keras.ops.log_softmax`.
template <TensorLike X>
auto log_softmax(const X& x, Index axis = -1) {
  return detail::along_last(detail::as_tensor(x), axis, "log_softmax",
                            [](const auto& t) { return detail::subtract(t, detail::log_sum_exp(t)); });
}

/// Computes y = log(sum e^x) along an axis, without overflow; the axis keeps size 1, and a negative one counts from the
/// end. If all elements are -infinity, the result is -infinity and the gradient 0; if one is infinity, the result is
/// infinity. Throws ShapeError if the axis is empty or out of range. `keras.ops.logsumexp` with keepdims=True.
template <TensorLike X>
auto logsumexp(const X& x, Index axis = -1) {
  return detail::along_last(detail::as_tensor(x), axis, "logsumexp",
                            [](const auto& t) { return detail::log_sum_exp(t); });
}

}  // namespace lamina
