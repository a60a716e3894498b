#pragma once
#include <cstring>
#include <vector>

#include "lamina/kernels/strided_copy.hpp"
#include "lamina/ops/operand.hpp"

// Operations that rearrange elements: reshape, transpose, concatenate, stack, slice, split and gather.

namespace lamina {

namespace detail {

/// y = x with another shape, without a copy. Gradient: dx = dy with the shape of x.
template <class S>
Tensor<S> reshape_to(const Tensor<S>& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  if (x.size() != shape.size())
    raise<ShapeError>("reshape: expected a shape with ", x.size(), " elements, as in ", x.shape(), ", got ", shape,
                      ", which has ", shape.size());
  Tensor<S> y = TensorAccess::with_shape(x, shape);
  if (Recording<S> tape{y, x})
    tape.gradient([from = x.shape()](const Tensor<S>& dy, Gradients<S>& g) { g.add(0, reshape_to(dy, from)); });
  return y;
}

/// y = x transposed: axis i of y is axis order[i] of x. Gradient: dx = dy transposed by the inverse permutation.
template <class S>
Tensor<S> permute(const Tensor<S>& x, const Shape& order) {
  Shape shape, back = order;
  Index x_steps[Shape::max_rank], permuted[Shape::max_rank], y_steps[Shape::max_rank];
  kernels::row_major_steps(x.shape(), x_steps);
  for (Index i = 0; i < order.rank(); ++i) {
    shape.push_back(x.shape()[order[i]]);
    permuted[i] = x_steps[order[i]];
    back[order[i]] = i;
  }
  Tensor<S> y = Tensor<S>::empty(shape);
  kernels::row_major_steps(shape, y_steps);
  kernels::strided_copy<false>(shape, x.data(), permuted, TensorAccess::data(y), y_steps);
  if (Recording<S> tape{y, x})
    tape.gradient([back](const Tensor<S>& dy, Gradients<S>& g) { g.add(0, permute(dy, back)); });
  return y;
}

template <class S>
Tensor<S> insert(const Tensor<S>& x, const Shape& shape, const Shape& begin);

/// y = the block of x that starts at `begin` and has shape `size`. Gradient: dx = insert(dy), 0 outside the block.
template <class S>
Tensor<S> slice(const Tensor<S>& x, const Shape& begin, const Shape& size) {
  Tensor<S> y = Tensor<S>::empty(size);
  Index x_steps[Shape::max_rank], y_steps[Shape::max_rank], offset = 0;
  kernels::row_major_steps(x.shape(), x_steps);
  kernels::row_major_steps(size, y_steps);
  for (Index i = 0; i < x.rank(); ++i) offset += begin[i] * x_steps[i];
  kernels::strided_copy<false>(size, x.data() + offset, x_steps, TensorAccess::data(y), y_steps);
  if (Recording<S> tape{y, x})
    tape.gradient(
        [from = x.shape(), begin](const Tensor<S>& dy, Gradients<S>& g) { g.add(0, insert(dy, from, begin)); });
  return y;
}

/// y = zeros of the given shape, with x as the block that starts at `begin`; the transpose of slice. Gradient: dx =
/// slice(dy).
template <class S>
Tensor<S> insert(const Tensor<S>& x, const Shape& shape, const Shape& begin) {
  Tensor<S> y = Tensor<S>::zeros(shape);
  Index y_steps[Shape::max_rank], x_steps[Shape::max_rank], offset = 0;
  kernels::row_major_steps(shape, y_steps);
  kernels::row_major_steps(x.shape(), x_steps);
  for (Index i = 0; i < shape.rank(); ++i) offset += begin[i] * y_steps[i];
  kernels::strided_copy<false>(x.shape(), x.data(), x_steps, TensorAccess::data(y) + offset, y_steps);
  if (Recording<S> tape{y, x})
    tape.gradient(
        [begin, from = x.shape()](const Tensor<S>& dy, Gradients<S>& g) { g.add(0, slice(dy, begin, from)); });
  return y;
}

/// y = the parts joined along an axis. Gradients: the block of dy of each part.
template <class S>
Tensor<S> concatenate(const Tensor<S>* parts, std::size_t count, Index axis) {
  if (count == 0) raise<ValueError>("concatenate: expected at least one tensor, got none");
  const Shape& first = parts[0].shape();
  const Index at = first.axis(axis);
  Index total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Shape& shape = parts[i].shape();
    if (shape.rank() != first.rank() || shape.with(at, 0) != first.with(at, 0))
      raise<ShapeError>("concatenate: expected shapes that differ only along axis ", at, ", got ", first, " and ",
                        shape);
    total = saturating_sum(total, shape[at]);
  }
  Tensor<S> y = Tensor<S>::empty(first.with(at, total));
  Index outer = 1, inner = 1;
  for (Index i = 0; i < first.rank(); ++i) (i < at ? outer : inner) *= i == at ? 1 : first[i];
  Index offset = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Index run = parts[i].shape()[at] * inner;
    for (Index o = 0; o < outer && run > 0; ++o)
      std::memcpy(TensorAccess::data(y) + o * total * inner + offset, parts[i].data() + o * run,
                  static_cast<std::size_t>(run) * sizeof(S));
    offset += run;
  }
  if (Recording<S> tape{&y, 1, parts, count}) {
    std::vector<Shape> shapes;
    for (std::size_t i = 0; i < count; ++i) shapes.push_back(parts[i].shape());
    tape.gradient([shapes = std::move(shapes), at](const Tensor<S>& dy, Gradients<S>& g) {
      Shape begin = dy.shape();
      for (Index i = 0; i < begin.rank(); ++i) begin[i] = 0;
      for (std::size_t i = 0; i < shapes.size(); ++i) {
        if (g.needs(i)) g.add(i, slice(dy, begin, shapes[i]));
        begin[at] += shapes[i][at];
      }
    });
  }
  return y;
}

template <class S>
Tensor<S> scatter_add(const Tensor<S>& x, const Shape& shape, Index axis, const std::vector<Index>& positions);

/// y = the entries of x at the given positions along an axis. Gradient: dx = scatter_add(dy).
template <class S>
Tensor<S> gather(const Tensor<S>& x, const std::vector<Index>& positions, Index axis) {
  const Index at = x.shape().axis(axis), n = x.shape()[at], count = static_cast<Index>(positions.size());
  for (Index p : positions)
    if (p < 0 || p >= n)
      raise<ValueError>("gather: position ", p, " is out of range for axis ", at, " of shape ", x.shape(),
                        ": expected 0 to ", n - 1);
  Tensor<S> y = Tensor<S>::empty(x.shape().with(at, count));
  Index outer = 1, inner = 1;
  for (Index i = 0; i < x.rank(); ++i) (i < at ? outer : inner) *= i == at ? 1 : x.shape()[i];
  for (Index o = 0; o < outer; ++o)
    for (Index j = 0; j < count && inner > 0; ++j)
      std::memcpy(TensorAccess::data(y) + (o * count + j) * inner,
                  x.data() + (o * n + positions[static_cast<std::size_t>(j)]) * inner,
                  static_cast<std::size_t>(inner) * sizeof(S));
  if (Recording<S> tape{y, x})
    tape.gradient([from = x.shape(), at, positions](const Tensor<S>& dy, Gradients<S>& g) {
      g.add(0, scatter_add(dy, from, at, positions));
    });
  return y;
}

/// y = zeros of the given shape, plus each entry of x added at its position along axis `at`; the transpose of gather.
/// Gradient: dx = gather(dy).
template <class S>
Tensor<S> scatter_add(const Tensor<S>& x, const Shape& shape, Index at, const std::vector<Index>& positions) {
  Tensor<S> y = Tensor<S>::zeros(shape);
  const Index n = shape[at], count = static_cast<Index>(positions.size());
  Index outer = 1, inner = 1;
  for (Index i = 0; i < shape.rank(); ++i) (i < at ? outer : inner) *= i == at ? 1 : shape[i];
  S* out = TensorAccess::data(y);
  for (Index o = 0; o < outer; ++o)
    for (Index j = 0; j < count; ++j) {
      S* to = out + (o * n + positions[static_cast<std::size_t>(j)]) * inner;
      const S* from = x.data() + (o * count + j) * inner;
      for (Index i = 0; i < inner; ++i) to[i] += from[i];
    }
  if (Recording<S> tape{y, x})
    tape.gradient([at, positions](const Tensor<S>& dy, Gradients<S>& g) { g.add(0, gather(dy, positions, at)); });
  return y;
}

LAMINA_COMPILED_FUNCTION(reshape_to);
LAMINA_COMPILED_FUNCTION(permute);
LAMINA_COMPILED_FUNCTION(insert);
LAMINA_COMPILED_FUNCTION(slice);
LAMINA_COMPILED_FUNCTION(gather);
LAMINA_COMPILED_FUNCTION(scatter_add);
}  // namespace detail

/// Returns x with another shape; elements keep their row-major order. One size may be -1: it is inferred. No copy.
/// Throws ShapeError if the number of elements differs. `keras.ops.reshape`.
template <TensorLike X>
auto reshape(const X& x, Shape shape) {
  const auto& t = detail::as_tensor(x);
  Index inferred = -1;
  for (Index i = 0; i < shape.rank(); ++i) {
    if (shape[i] == -1 && inferred < 0)
      inferred = i;
    else if (shape[i] < 0)
      raise<ShapeError>("reshape: expected sizes >= 0, of which at most one may be -1, got ", shape);
  }
  if (inferred >= 0) {
    const Index known = shape.with(inferred, 1).size();
    if (known == 0 || t.size() % known != 0)
      raise<ShapeError>("reshape: ", t.size(), " elements of shape ", t.shape(), " do not fill ", shape,
                        ": expected a multiple of ", known);
    shape[inferred] = t.size() / known;
  }
  return detail::reshape_to(t, shape);
}

/// Permutes the axes: axis i of the result is axis order[i] of x, as in `transpose(x, {0, 2, 1})`. An empty `order`
/// reverses the axes. Throws ShapeError if `order` has another rank or an axis is out of range, and ValueError for a
/// repeated axis. `keras.ops.transpose`.
template <TensorLike X>
auto transpose(const X& x, Shape order = {}) {
  const auto& t = detail::as_tensor(x);
  if (order.empty())
    for (Index i = t.rank(); i-- > 0;) order.push_back(i);
  if (order.rank() != t.rank())
    raise<ShapeError>("transpose: expected an order of ", t.rank(), " axes for shape ", t.shape(), ", got ", order);
  bool seen[Shape::max_rank] = {};
  for (Index i = 0; i < order.rank(); ++i) {
    order[i] = t.shape().axis(order[i]);
    if (seen[order[i]])
      raise<ValueError>("transpose: expected an order of distinct axes, got axis ", order[i], " twice in ", order);
    seen[order[i]] = true;
  }
  return detail::permute(t, order);
}

/// Joins tensors along an existing axis; a negative one counts from the end. Throws ShapeError if shapes differ in
/// another axis, and ValueError for no tensors. `keras.ops.concatenate`.
template <class S>
Tensor<S> concatenate(const std::vector<Tensor<S>>& parts, Index axis = -1) {
  return detail::concatenate(parts.data(), parts.size(), axis);
}
/// Joins two or more tensors or variables along an existing axis: `concatenate(-1, a, b)`.
template <class A, class B, class... More>
  requires(TensorLike<A> && TensorLike<B> && (TensorLike<More> && ...))
auto concatenate(Index axis, const A& a, const B& b, const More&... more) {
  const Tensor<detail::scalar_of<A>> parts[] = {a, b, more...};
  return detail::concatenate(parts, 2 + sizeof...(more), axis);
}

/// Returns the block of x that starts at position `begin` and has shape `size`; a size of -1 extends to the end of the
/// axis. Throws ShapeError if a rank differs or the block exceeds x. For strides see `get_item`. `keras.ops.slice`.
template <TensorLike X>
auto slice(const X& x, const Shape& begin, Shape size) {
  const auto& t = detail::as_tensor(x);
  if (begin.rank() != t.rank() || size.rank() != t.rank())
    raise<ShapeError>("slice: expected ", t.rank(), " positions and sizes for shape ", t.shape(), ", got ", begin,
                      " and ", size);
  for (Index i = 0; i < t.rank(); ++i) {
    if (size[i] == -1) size[i] = t.shape()[i] - begin[i];
    if (begin[i] < 0 || size[i] < 0 || size[i] > t.shape()[i] - begin[i])
      raise<ShapeError>("slice: expected a block inside shape ", t.shape(), ", got begin ", begin, " and size ", size);
  }
  return detail::slice(t, begin, size);
}

/// Splits x into `count` equal parts along an axis; a negative one counts from the end. Returns a vector of tensors.
/// Throws ShapeError if the size of the axis is not a multiple of `count`. `keras.ops.split`.
template <TensorLike X>
auto split(const X& x, Index count, Index axis = -1) {
  using S = detail::scalar_of<X>;
  const auto& t = detail::as_tensor(x);
  const Index at = t.shape().axis(axis);
  if (count < 1 || t.shape()[at] % count != 0)
    raise<ShapeError>("split: expected a count >= 1 that divides the size of axis ", at, " of shape ", t.shape(),
                      ", got ", count);
  Shape begin = t.shape(), size = t.shape().with(at, t.shape()[at] / count);
  for (Index i = 0; i < begin.rank(); ++i) begin[i] = 0;
  std::vector<Tensor<S>> parts;
  for (Index i = 0; i < count; ++i) {
    begin[at] = i * size[at];
    parts.push_back(detail::slice(t, begin, size));
  }
  return parts;
}

/// Joins tensors of equal shape along a new axis, which is `axis` of the result; a negative one counts from the end.
/// Throws ShapeError if shapes differ or `axis` is out of range, and ValueError for no tensors. `keras.ops.stack`.
template <class S>
Tensor<S> stack(const std::vector<Tensor<S>>& parts, Index axis = 0) {
  if (parts.empty()) raise<ValueError>("stack: expected at least one tensor, got none");
  const Index rank = parts[0].rank() + 1, at = axis < 0 ? axis + rank : axis;
  if (at < 0 || at >= rank)
    raise<ShapeError>("stack: axis ", axis, " is out of range for a result of rank ", rank, ": expected ", -rank,
                      " to ", rank - 1);
  std::vector<Tensor<S>> expanded;
  for (const Tensor<S>& part : parts) {
    if (part.shape() != parts[0].shape())
      raise<ShapeError>("stack: expected equal shapes, got ", parts[0].shape(), " and ", part.shape());
    Shape shape = part.shape().slice(0, at);
    shape.push_back(1);
    for (Index i = at; i < part.rank(); ++i) shape.push_back(part.shape()[i]);
    expanded.push_back(detail::reshape_to(part, shape));
  }
  return concatenate(expanded, at);
}

/// Returns the entries at `positions` along an axis, in that order; a position may repeat. Positions are >= 0; a
/// negative axis counts from the end. Throws ValueError for a position out of range. `keras.ops.take`.
template <TensorLike X>
auto gather(const X& x, const std::vector<Index>& positions, Index axis = 0) {
  return detail::gather(detail::as_tensor(x), positions, axis);
}

}  // namespace lamina
