#pragma once
#include "lamina/ops/reductions.hpp"

// Logic on masks: a number counts as true unless it is 0. Results are tensors of ones and zeros; no gradient passes.

namespace lamina {

namespace detail {
/// 1 where a test of both holds. The test gets masks of packs.
template <class S, class Test>
Tensor<S> logical(const Tensor<S>& a, const Tensor<S>& b, const Test& test) {
  return combine(a, b, [&](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA {
    using P = std::remove_cvref_t<decltype(u)>;
    const P one = P::splat(S(1)), zero = P::splat(S(0));
    return test(select(u == S(0), zero, one), select(v == S(0), zero, one));
  });
}
}  // namespace detail

/// 1 where both differ, also where one of them is NaN. Keras's not_equal.
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
/// 1 where both are true. Keras's logical_and.
template <class A, class B>
  requires Operands<A, B>
auto logical_and(const A& a, const B& b) {
  using S = detail::common_scalar<A, B>;
  return detail::logical<S>(detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b),
                            [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA { return u * v; });
}
/// 1 where at least one of both is true. Keras's logical_or.
template <class A, class B>
  requires Operands<A, B>
auto logical_or(const A& a, const B& b) {
  using S = detail::common_scalar<A, B>;
  return detail::logical<S>(detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b),
                            [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA { return u + v - u * v; });
}
/// 1 where exactly one of both is true. Keras's logical_xor.
template <class A, class B>
  requires Operands<A, B>
auto logical_xor(const A& a, const B& b) {
  using S = detail::common_scalar<A, B>;
  return detail::logical<S>(detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b),
                            [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA { return u + v - S(2) * u * v; });
}
/// 1 where x is 0. Keras's logical_not.
template <TensorLike X>
auto logical_not(const X& x) {
  using S = detail::scalar_of<X>;
  return equal(x, S(0));
}

/// 1 where any element over all axes, or those given, is true; of no elements 0. Keras's any.
template <TensorLike X>
auto any(const X& x, const ReduceOptions& options = {}) {
  using S = detail::scalar_of<X>;
  return sum(not_equal(x, S(0)), options) > S(0);
}
/// 1 where every element over all axes, or those given, is true; of no elements 1. Keras's all.
template <TensorLike X>
auto all(const X& x, const ReduceOptions& options = {}) {
  using S = detail::scalar_of<X>;
  return equal(sum(equal(x, S(0)), options), S(0));
}

}  // namespace lamina
