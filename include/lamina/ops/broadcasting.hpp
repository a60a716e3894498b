#pragma once
#include "lamina/kernels/elementwise.hpp"
#include "lamina/kernels/reduce.hpp"
#include "lamina/ops/operand.hpp"

// Broadcasting to a shape and its transpose, the sum over broadcast axes: each is the gradient of the other.

namespace lamina {

namespace detail {

template <class S>
Tensor<S> sum_to(const Tensor<S>& x, const Shape& shape);

/// y = x broadcast to `shape`. Gradient: dx = dy summed over the axes that were broadcast.
template <class S>
Tensor<S> broadcast_to(const Tensor<S>& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  if (broadcast(x.shape(), shape) != shape)
    raise<ShapeError>("broadcast_to: shape ", x.shape(), " does not broadcast to shape ", shape,
                      ": expected each axis, aligned from the last, to be equal or 1.");
  Tensor<S> y = Tensor<S>::empty(shape);
  kernels::map_broadcast(  // a unary use: the second operand is ignored
      shape, TensorAccess::data(y), [](const auto& value, const auto&) LAMINA_INLINE_LAMBDA { return value; }, x.data(),
      x.shape(), x.data(), Shape{});
  if (Recording<S> tape{y, x})
    tape.gradient([from = x.shape()](const Tensor<S>& dy, Gradients<S>& g) { g.add(0, sum_to(dy, from)); });
  return y;
}

/// Reduces x over the axes whose flag is true; they keep size 1. One kernel call reduces adjacent axes together, from
/// the last axes to the first.
template <class R, class S>
Tensor<S> reduce_axes(Tensor<S> x, const bool* reduced) {
  for (Index axis = x.rank(); axis-- > 0;) {
    if (!reduced[axis]) continue;
    Index first = axis;
    while (first > 0 && reduced[first - 1]) --first;
    Shape shape = x.shape();
    Index outer = 1, count = 1, inner = 1;
    for (Index i = 0; i < x.rank(); ++i) {
      (i < first ? outer : i <= axis ? count : inner) *= x.shape()[i];
      if (i >= first && i <= axis) shape[i] = 1;
    }
    Tensor<S> y = Tensor<S>::empty(shape);
    kernels::reduce<R>(outer, count, inner, x.data(), TensorAccess::data(y));
    x = std::move(y);
    axis = first;
  }
  return x;
}

/// y = x summed over the axes that `shape` lacks or has with size 1; the transpose of broadcast_to. Gradient: dx = dy
/// broadcast to the shape of x.
template <class S>
Tensor<S> sum_to(const Tensor<S>& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  bool reduced[Shape::max_rank];
  const Index missing = x.rank() - shape.rank();
  for (Index axis = 0; axis < x.rank(); ++axis)
    reduced[axis] = axis < missing || (shape[axis - missing] == 1 && x.shape()[axis] != 1);
  Tensor<S> y = TensorAccess::with_shape(reduce_axes<kernels::SumOf>(x.detached(), reduced), shape);
  if (Recording<S> tape{y, x})
    tape.gradient([from = x.shape()](const Tensor<S>& dy, Gradients<S>& g) { g.add(0, broadcast_to(dy, from)); });
  return y;
}

LAMINA_COMPILED_FUNCTION(broadcast_to);
LAMINA_COMPILED_FUNCTION(sum_to);
}  // namespace detail

/// Broadcasts x to `shape` by NumPy's rules: axes are aligned from the last, and axes of size 1 or missing axes repeat.
/// Throws ShapeError if x does not broadcast to `shape`. `keras.ops.broadcast_to`.
template <TensorLike X>
auto broadcast_to(const X& x, const Shape& shape) {
  return detail::broadcast_to(detail::as_tensor(x), shape);
}

}  // namespace lamina
