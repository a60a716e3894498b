#pragma once
#include "lamina/ops/reductions.hpp"

// Logical operations. An element is true unless it is 0. Results are 1 (true) or 0 (false); no gradient.

namespace lamina {

namespace detail {
/// y = test(a != 0, b != 0), element-wise, where `test` gets and returns packs of ones and zeros.
template <class S, class Test>
Tensor<S> logical(const Tensor<S>& a, const Tensor<S>& b, const Test& test) {
  return combine(a, b, [&](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA {
    using P = std::remove_cvref_t<decltype(u)>;
    const P one = P::splat(S(1)), zero = P::splat(S(0));
    return test(select(u == S(0), zero, one), select(v == S(0), zero, one));
  });
}
}  // namespace detail

/// Returns 1 where a != b and 0 elsewhere; NaN differs from everything. Shapes broadcast; throws ShapeError if they
/// cannot. No gradient. `keras.ops.not_equal`.
template <class A, class B>
  requires Operands<A, B>
auto not_equal(const A& a, const B& b) {
  using S = detail::common_scalar<A, B>;
  return detail::combine<S>(detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b),
                            [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA {
                              using P = std::remove_cvref_t<decltype(u)>;
                              return select(u == v, P::splat(S(0)), S(1));
                            });
}
/// Returns 1 where both elements are true (not 0), else 0. Shapes broadcast; throws ShapeError if they cannot. No
/// gradient. `keras.ops.logical_and`.
template <class A, class B>
  requires Operands<A, B>
auto logical_and(const A& a, const B& b) {
  using S = detail::common_scalar<A, B>;
  return detail::logical<S>(detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b),
                            [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA { return u * v; });
}
/// Returns 1 where at least one of the elements is true (not 0), else 0. Shapes broadcast; throws ShapeError if they
/// cannot. No gradient. `keras.ops.logical_or`.
template <class A, class B>
  requires Operands<A, B>
auto logical_or(const A& a, const B& b) {
  using S = detail::common_scalar<A, B>;
  return detail::logical<S>(detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b),
                            [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA { return u + v - u * v; });
}
/// Returns 1 where exactly one of the elements is true (not 0), else 0. Shapes broadcast; throws ShapeError if they
/// cannot. No gradient. `keras.ops.logical_xor`.
template <class A, class B>
  requires Operands<A, B>
auto logical_xor(const A& a, const B& b) {
  using S = detail::common_scalar<A, B>;
  return detail::logical<S>(detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b),
                            [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA { return u + v - S(2) * u * v; });
}
/// Returns 1 where x is 0, and 0 elsewhere. No gradient. `keras.ops.logical_not`.
template <TensorLike X>
auto logical_not(const X& x) {
  using S = detail::scalar_of<X>;
  return equal(x, S(0));
}

/// Returns 1 if any element along `options.axes` is true (not 0), else 0; 0 for no elements. The default reduces all
/// axes. No gradient. Throws as `sum` does. `keras.ops.any`.
template <TensorLike X>
auto any(const X& x, const ReduceOptions& options = {}) {
  using S = detail::scalar_of<X>;
  return sum(not_equal(x, S(0)), options) > S(0);
}
/// Returns 1 if every element along `options.axes` is true (not 0), else 0; 1 for no elements. The default reduces all
/// axes. No gradient. Throws as `sum` does. `keras.ops.all`.
template <TensorLike X>
auto all(const X& x, const ReduceOptions& options = {}) {
  using S = detail::scalar_of<X>;
  return equal(sum(equal(x, S(0)), options), S(0));
}

}  // namespace lamina
