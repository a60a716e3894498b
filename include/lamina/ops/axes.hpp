#pragma once
#include "lamina/ops/broadcasting.hpp"
#include "lamina/ops/shaping.hpp"

// Operations that add, drop, move or repeat axes. All are made of reshape, transpose, gather and broadcast_to,
// which have the gradients.

namespace lamina {

namespace detail {
/// An axis of a result of this rank; negative ones from its end.
inline Index axis_of_result(const char* name, Index axis, Index rank) {
  const Index at = axis < 0 ? axis + rank : axis;
  if (at < 0 || at >= rank)
    raise<ShapeError>(name, ": axis ", axis, " is out of range for a result of rank ", rank, ".");
  return at;
}
/// `count` copies of every block of the axes from `from` on, one after the other, which make axis `grown` longer.
template <class S>
Tensor<S> repeat_blocks(const Tensor<S>& x, Index count, Index from, Index grown) {
  const Shape shape = x.shape().with(grown, saturating_product(count, x.shape()[grown]));
  static_cast<void>(shape.size());  // an error if it is more than memory can address
  Index outer = 1, inner = 1;
  for (Index i = 0; i < x.rank(); ++i) (i < from ? outer : inner) *= x.shape()[i];
  return reshape_to(broadcast_to(reshape_to(x, {outer, 1, inner}), {outer, count, inner}), shape);
}
}  // namespace detail

/// Inserts an axis of size 1, which is `axis` of the result. NumPy's expand_dims.
template <TensorLike X>
auto expand_dims(const X& x, Index axis) {
  const auto& t = detail::as_tensor(x);
  if (t.rank() == Shape::max_rank)
    raise<ShapeError>("expand_dims: expected a tensor of rank ", Shape::max_rank - 1, " or less, got shape ",
                      t.shape());
  const Index at = detail::axis_of_result("expand_dims", axis, t.rank() + 1);
  Shape shape = t.shape().slice(0, at);
  shape.push_back(1);
  for (Index i = at; i < t.rank(); ++i) shape.push_back(t.shape()[i]);
  return detail::reshape_to(t, shape);
}

/// Drops axes of size 1: those given, or without any all of them. Throws ShapeError for an axis of another size.
/// NumPy's squeeze.
template <TensorLike X>
auto squeeze(const X& x, const std::vector<Index>& axes = {}) {
  const auto& t = detail::as_tensor(x);
  bool dropped[Shape::max_rank] = {};
  for (const Index axis : axes) {
    const Index at = t.shape().axis(axis);
    if (t.shape()[at] != 1)
      raise<ShapeError>("squeeze: axis ", axis, " of shape ", t.shape(), " has size ", t.shape()[at], ", expected 1.");
    dropped[at] = true;
  }
  Shape shape;
  for (Index i = 0; i < t.rank(); ++i)
    if (axes.empty() ? t.shape()[i] != 1 : !dropped[i]) shape.push_back(t.shape()[i]);
  return detail::reshape_to(t, shape);
}

/// Swaps two axes. NumPy's swapaxes.
template <TensorLike X>
auto swapaxes(const X& x, Index first, Index second) {
  const auto& t = detail::as_tensor(x);
  Shape order;
  for (Index i = 0; i < t.rank(); ++i) order.push_back(i);
  std::swap(order[t.shape().axis(first)], order[t.shape().axis(second)]);
  return detail::permute(t, order);
}

/// Moves the axis `from` to the place `to`; the others keep their order. NumPy's moveaxis.
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

/// Reverses the order of the elements along the axes given, or without any along all. NumPy's flip.
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

/// Every entry along an axis `count` times in a row. NumPy's repeat.
template <TensorLike X>
auto repeat(const X& x, Index count, Index axis) {
  const auto& t = detail::as_tensor(x);
  if (count < 0) raise<ValueError>("repeat: expected a count >= 0, got ", count, ".");
  const Index at = t.shape().axis(axis);
  return detail::repeat_blocks(t, count, at + 1, at);
}

/// The whole tensor repeated along each axis; counts are for the last axes, and a count more than there are axes adds
/// one in front. NumPy's tile.
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
