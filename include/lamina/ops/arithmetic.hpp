#pragma once
#include "lamina/ops/broadcasting.hpp"

// Element-wise arithmetic, maximum, minimum, comparisons and where. Shapes broadcast by NumPy's rules.

namespace lamina {

namespace detail {

/// y = f(a, b), element-wise after broadcasting; not recorded on the tape.
template <class S, class F>
Tensor<S> combine(const Tensor<S>& a, const Tensor<S>& b, const F& f) {
  const Shape shape = broadcast(a.shape(), b.shape());
  Tensor<S> y = Tensor<S>::empty(shape);
  kernels::map_broadcast(shape, TensorAccess::data(y), f, a.data(), a.shape(), b.data(), b.shape());
  return y;
}

/// y = a + b. Gradients: da = dy, db = dy, each summed over the axes that were broadcast.
template <class S>
Tensor<S> add(const Tensor<S>& a, const Tensor<S>& b) {
  Tensor<S> y = combine(a, b, [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA { return u + v; });
  if (Recording<S> tape{y, a, b})
    tape.gradient([a_shape = a.shape(), b_shape = b.shape()](const Tensor<S>& dy, Gradients<S>& g) {
      if (g.needs(0)) g.add(0, sum_to(dy, a_shape));
      if (g.needs(1)) g.add(1, sum_to(dy, b_shape));
    });
  return y;
}

template <class S>
Tensor<S> multiply(const Tensor<S>& a, const Tensor<S>& b);

/// y = -x. Gradient: dx = -dy.
template <class S>
Tensor<S> negate(const Tensor<S>& x) {
  Tensor<S> y = Tensor<S>::empty(x.shape());
  kernels::map(
      x.size(), TensorAccess::data(y), [](const auto& v) LAMINA_INLINE_LAMBDA { return -v; }, x.data());
  if (Recording<S> tape{y, x}) tape.gradient([](const Tensor<S>& dy, Gradients<S>& g) { g.add(0, negate(dy)); });
  return y;
}

/// y = a - b. Gradients: da = dy, db = -dy, each summed over the axes that were broadcast.
template <class S>
Tensor<S> subtract(const Tensor<S>& a, const Tensor<S>& b) {
  Tensor<S> y = combine(a, b, [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA { return u - v; });
  if (Recording<S> tape{y, a, b})
    tape.gradient([a_shape = a.shape(), b_shape = b.shape()](const Tensor<S>& dy, Gradients<S>& g) {
      if (g.needs(0)) g.add(0, sum_to(dy, a_shape));
      if (g.needs(1)) g.add(1, negate(sum_to(dy, b_shape)));
    });
  return y;
}

/// y = a b. Gradients: da = dy b, db = dy a, each summed over the axes that were broadcast.
template <class S>
Tensor<S> multiply(const Tensor<S>& a, const Tensor<S>& b) {
  Tensor<S> y = combine(a, b, [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA { return u * v; });
  if (Recording<S> tape{y, a, b})
    tape.gradient([a_shape = a.shape(), b_shape = b.shape(), a = tape.keep(a, 1), b = tape.keep(b, 0)](
                      const Tensor<S>& dy, Gradients<S>& g) {
      if (g.needs(0)) g.add(0, sum_to(multiply(dy, b), a_shape));
      if (g.needs(1)) g.add(1, sum_to(multiply(dy, a), b_shape));
    });
  return y;
}

/// y = a / b. Gradients: da = dy / b, db = -dy y / b, each summed over the axes that were broadcast.
template <class S>
Tensor<S> divide(const Tensor<S>& a, const Tensor<S>& b) {
  Tensor<S> y = combine(a, b, [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA { return u / v; });
  if (Recording<S> tape{y, a, b})
    tape.gradient([a_shape = a.shape(), b, y = tape.keep(y, 1)](const Tensor<S>& dy, Gradients<S>& g) {
      const Tensor<S> da = divide(dy, b);
      if (g.needs(0)) g.add(0, sum_to(da, a_shape));
      if (g.needs(1)) g.add(1, negate(sum_to(multiply(da, y), b.shape())));
    });
  return y;
}

/// y = 1 if test(a, b), else 0. A comparison has no gradient.
template <class S, class Compare>
Tensor<S> compare(const Tensor<S>& a, const Tensor<S>& b, const Compare& test) {
  return combine(a, b, [&](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA {
    using P = std::remove_cvref_t<decltype(u)>;
    return select(test(u, v), S(1), P::splat(S(0)));
  });
}

/// y = max(a, b), or min(a, b) if not `Larger`. Gradients: the selected operand gets dy; equal operands get dy / 2
/// each.
template <bool Larger, class S>
Tensor<S> extremum(const Tensor<S>& a, const Tensor<S>& b) {
  Tensor<S> y = combine(a, b, [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA {
    return Larger ? maximum_or_nan(u, v) : minimum_or_nan(u, v);
  });
  if (Recording<S> tape{y, a, b})
    tape.gradient([a, b](const Tensor<S>& dy, Gradients<S>& g) {
      const auto fraction = [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA {
        using P = std::remove_cvref_t<decltype(u)>;
        return select(u == v, S(0.5), select(Larger ? u > v : u < v, S(1), P::splat(S(0))));
      };
      if (g.needs(0)) g.add(0, sum_to(multiply(dy, combine(a, b, fraction)), a.shape()));
      if (g.needs(1)) g.add(1, sum_to(multiply(dy, combine(b, a, fraction)), b.shape()));
    });
  return y;
}

/// y = a if mask != 0, else b. Gradients: da = dy if mask != 0, else 0; db = dy if mask == 0, else 0.
template <class S>
Tensor<S> where(const Tensor<S>& mask, const Tensor<S>& a, const Tensor<S>& b) {
  const Shape shape = broadcast(broadcast(mask.shape(), a.shape()), b.shape());
  const Tensor<S> m = broadcast_to(mask.detached(), shape), u = broadcast_to(a.detached(), shape),
                  v = broadcast_to(b.detached(), shape);
  Tensor<S> y = Tensor<S>::empty(shape);
  kernels::map(
      y.size(), TensorAccess::data(y),
      [](const auto& t, const auto& p, const auto& q) LAMINA_INLINE_LAMBDA { return select(t == S(0), q, p); },
      m.data(), u.data(), v.data());
  if (Recording<S> tape{y, a, b})
    tape.gradient([m, a_shape = a.shape(), b_shape = b.shape()](const Tensor<S>& dy, Gradients<S>& g) {
      const Tensor<S> zero(S(0));
      if (g.needs(0)) g.add(0, sum_to(where(m, dy, zero), a_shape));
      if (g.needs(1)) g.add(1, sum_to(where(m, zero, dy), b_shape));
    });
  return y;
}

LAMINA_COMPILED_FUNCTION(add);
LAMINA_COMPILED_FUNCTION(negate);
LAMINA_COMPILED_FUNCTION(subtract);
LAMINA_COMPILED_FUNCTION(multiply);
LAMINA_COMPILED_FUNCTION(divide);
LAMINA_COMPILED_FUNCTION(where);
}  // namespace detail

/// Computes a + b, element-wise. Shapes broadcast; throws ShapeError if they cannot. One operand may be a number or an
/// Eigen expression. `keras.ops.add`.
template <class A, class B>
  requires Operands<A, B>
auto operator+(const A& a, const B& b) {
  using S = detail::common_scalar<A, B>;
  return detail::add<S>(detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b));
}
/// Computes a - b, element-wise. Shapes broadcast; throws ShapeError if they cannot. `keras.ops.subtract`.
template <class A, class B>
  requires Operands<A, B>
auto operator-(const A& a, const B& b) {
  using S = detail::common_scalar<A, B>;
  return detail::subtract<S>(detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b));
}
/// Computes a b, element-wise; for the matrix product use `matmul`. Shapes broadcast; throws ShapeError if they cannot.
/// `keras.ops.multiply`.
template <class A, class B>
  requires Operands<A, B>
auto operator*(const A& a, const B& b) {
  using S = detail::common_scalar<A, B>;
  return detail::multiply<S>(detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b));
}
/// Computes a / b, element-wise. Division by 0 yields infinity or NaN. Shapes broadcast; throws ShapeError if they
/// cannot. `keras.ops.divide`.
template <class A, class B>
  requires Operands<A, B>
auto operator/(const A& a, const B& b) {
  using S = detail::common_scalar<A, B>;
  return detail::divide<S>(detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b));
}
/// Computes -x, element-wise. `keras.ops.negative`.
template <TensorLike X>
auto operator-(const X& x) {
  return detail::negate(detail::as_tensor(x));
}

/// Computes max(a, b), element-wise; NaN if either element is NaN. Shapes broadcast; throws ShapeError if they cannot.
/// Equal elements get half of the gradient each. `keras.ops.maximum`; for the maximum over axes use `max`.
template <class A, class B>
  requires Operands<A, B>
auto maximum(const A& a, const B& b) {
  using S = detail::common_scalar<A, B>;
  return detail::extremum<true, S>(detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b));
}
/// Computes min(a, b), element-wise; NaN if either element is NaN. Shapes broadcast; throws ShapeError if they cannot.
/// Equal elements get half of the gradient each. `keras.ops.minimum`; for the minimum over axes use `min`.
template <class A, class B>
  requires Operands<A, B>
auto minimum(const A& a, const B& b) {
  using S = detail::common_scalar<A, B>;
  return detail::extremum<false, S>(detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b));
}

/// Returns 1 where a > b and 0 elsewhere, as a tensor of the operands' scalar type. Shapes broadcast; throws ShapeError
/// if they cannot. No gradient. `keras.ops.greater`.
template <class A, class B>
  requires Operands<A, B>
auto operator>(const A& a, const B& b) {
  using S = detail::common_scalar<A, B>;
  return detail::compare<S>(detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b),
                            [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA { return u > v; });
}
/// Returns 1 where a < b and 0 elsewhere; see `operator>`. `keras.ops.less`.
template <class A, class B>
  requires Operands<A, B>
auto operator<(const A& a, const B& b) {
  return b > a;
}
/// Returns 1 where a >= b and 0 elsewhere; see `operator>`. `keras.ops.greater_equal`.
template <class A, class B>
  requires Operands<A, B>
auto operator>=(const A& a, const B& b) {
  using S = detail::common_scalar<A, B>;
  return detail::compare<S>(detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b),
                            [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA { return u >= v; });
}
/// Returns 1 where a <= b and 0 elsewhere; see `operator>`. `keras.ops.less_equal`.
template <class A, class B>
  requires Operands<A, B>
auto operator<=(const A& a, const B& b) {
  return b >= a;
}
/// Returns 1 where a = b and 0 elsewhere; NaN equals nothing. Shapes broadcast; throws ShapeError if they cannot. No
/// gradient. `keras.ops.equal`.
template <class A, class B>
  requires Operands<A, B>
auto equal(const A& a, const B& b) {
  using S = detail::common_scalar<A, B>;
  return detail::compare<S>(detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b),
                            [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA { return u == v; });
}

/// Returns `a` where `mask` is not 0, and `b` elsewhere. The three shapes broadcast; throws ShapeError if they cannot.
/// Gradients flow to the selected elements of `a` and `b`; none to the mask. `keras.ops.where`.
template <TensorLike M, Operand A, Operand B>
auto where(const M& mask, const A& a, const B& b) {
  using S = detail::scalar_of<M>;
  return detail::where<S>(detail::as_tensor(mask), detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b));
}

}  // namespace lamina
