#pragma once
#include "lamina/ops/broadcasting.hpp"
#include "lamina/ops/shaping.hpp"

// Operations that insert, remove, permute, reverse and repeat axes, composed of reshape, transpose, gather and
// broadcast_to, which define the gradients.

namespace lamina {

namespace detail {
/// An axis of a result of the given rank, as an index >= 0; a negative `axis` counts from the end.
inline Index axis_of_result(const char* name, Index axis, Index rank) {
  const Index at = axis < 0 ? axis + rank : axis;
  if (at < 0 || at >= rank)
    raise<ShapeError>(name, ": axis ", axis, " is out of range for a result of rank ", rank, ": expected ", -rank,
                      " to ", rank - 1, ".");
  return at;
}
/// Repeats each subtensor x[i_0, ..., i_(from - 1)] `count` times in a row; axis `grown` becomes `count` times as long.
template <class S>
Tensor<S> repeat_blocks(const Tensor<S>& x, Index count, Index from, Index grown) {
  const Shape shape = x.shape().with(grown, saturating_product(count, x.shape()[grown]));
  static_cast<void>(shape.size());  // throws if the size exceeds the address space
  Index outer = 1, inner = 1;
  for (Index i = 0; i < x.rank(); ++i) (i < from ? outer : inner) *= x.shape()[i];
  return reshape_to(broadcast_to(reshape_to(x, {outer, 1, inner}), {outer, count, inner}), shape);
}
}  // namespace detail

/// Inserts an axis of size 1 at position `axis` of the result; a negative one counts from the end. Throws ShapeError if
/// `axis` is out of range or the rank exceeds Shape::max_rank. No copy. `keras.ops.expand_dims`.
template <TensorLike X>
auto expand_dims(const X& x, Index axis) {
  const auto& t = detail::as_tensor(x);
  if (t.rank() == Shape::max_rank)
    raise<ShapeError>("expand_dims: expected a tensor of rank at most ", Shape::max_rank - 1, ", got shape ",
                      t.shape());
  const Index at = detail::axis_of_result("expand_dims", axis, t.rank() + 1);
  Shape shape = t.shape().slice(0, at);
  shape.push_back(1);
  for (Index i = at; i < t.rank(); ++i) shape.push_back(t.shape()[i]);
  return detail::reshape_to(t, shape);
}

/// Removes axes of size 1: those in `axes`, or all of them if `axes` is empty. Negative axes count from the end. Throws
/// ShapeError if an axis has another size or is out of range. No copy. `keras.ops.squeeze`.
template <TensorLike X>
auto squeeze(const X& x, const std::vector<Index>& axes = {}) {
  const auto& t = detail::as_tensor(x);
  bool dropped[Shape::max_rank] = {};
  for (const Index axis : axes) {
    const Index at = t.shape().axis(axis);
    if (t.shape()[at] != 1)
      raise<ShapeError>("squeeze: expected an axis of size 1, got axis ", axis, " of shape ", t.shape(),
                        ", which has size ", t.shape()[at], ".");
    dropped[at] = true;
  }
  Shape shape;
  for (Index i = 0; i < t.rank(); ++i)
    if (axes.empty() ? t.shape()[i] != 1 : !dropped[i]) shape.push_back(t.shape()[i]);
  return detail::reshape_to(t, shape);
}

/// Swaps two axes; negative ones count from the end. Throws ShapeError if one is out of range. `keras.ops.swapaxes`.
template <TensorLike X>
auto swapaxes(const X& x, Index first, Index second) {
  const auto& t = detail::as_tensor(x);
  Shape order;
  for (Index i = 0; i < t.rank(); ++i) order.push_back(i);
  std::swap(order[t.shape().axis(first)], order[t.shape().axis(second)]);
  return detail::permute(t, order);
}

/// Moves axis `from` to position `to`; the other axes keep their order. Negative axes count from the end. Throws
/// ShapeError if one is out of range. `keras.ops.moveaxis`.
template <TensorLike X>
auto moveaxis(const X& x, Index from, Index to) {
  const auto& t = detail::as_tensor(x);
  const Index source = t.shape().axis(from), target = t.shape().axis(to);
  Shape order;
  for (Index i = 0, next = 0; i < t.rank(); ++i) {
    if (next == source) ++next;
    order.push_back(i == target ? source : next++);
  }
  return detail::permute(t, order);
}

/// Reverses the order of the elements along `axes`, or along all axes if `axes` is empty. Negative axes count from the
/// end. Throws ShapeError if one is out of range. `keras.ops.flip`.
template <TensorLike X>
auto flip(const X& x, std::vector<Index> axes = {}) {
  using S = detail::scalar_of<X>;
  Tensor<S> y = detail::as_tensor(x);
  if (axes.empty())
    for (Index i = 0; i < y.rank(); ++i) axes.push_back(i);
  for (const Index axis : axes) {
    std::vector<Index> positions;
    for (Index i = y.shape()[axis]; i-- > 0;) positions.push_back(i);
    y = detail::gather(y, positions, axis);
  }
  return y;
}

/// Repeats each entry along `axis` `count` times in a row: `repeat({1, 2}, 2, 0)` is {1, 1, 2, 2}. The axis becomes
/// `count` times as long. Throws ValueError if count < 0 and ShapeError if `axis` is out of range. `keras.ops.repeat`.
template <TensorLike X>
auto repeat(const X& x, Index count, Index axis) {
  const auto& t = detail::as_tensor(x);
  if (count < 0) raise<ValueError>("repeat: expected count >= 0, got ", count, ".");
  const Index at = t.shape().axis(axis);
  return detail::repeat_blocks(t, count, at + 1, at);
}

/// Repeats the tensor counts[i] times along each axis: `tile({1, 2}, {2})` is {1, 2, 1, 2}. `counts` is aligned with
/// the last axes; if it is longer than the rank, axes of size 1 are prepended first. Throws ValueError for a negative
/// count. `keras.ops.tile`.
template <TensorLike X>
auto tile(const X& x, const std::vector<Index>& counts) {
  using S = detail::scalar_of<X>;
  Tensor<S> y = detail::as_tensor(x);
  const auto missing = static_cast<Index>(counts.size()) - y.rank();
  for (Index i = 0; i < missing; ++i) y = expand_dims(y, 0);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] < 0) raise<ValueError>("tile: expected counts >= 0, got ", counts[i], ".");
    const Index axis = y.rank() - static_cast<Index>(counts.size() - i);
    if (counts[i] != 1) y = detail::repeat_blocks(y, counts[i], axis, axis);
  }
  return y;
}

}  // namespace lamina
