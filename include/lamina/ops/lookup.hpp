#pragma once
#include "lamina/kernels/lookup.hpp"
#include "lamina/ops/operand.hpp"

namespace lamina {

namespace detail {

template <class S>
Tensor<S> look_up(const Tensor<S>& table, const Tensor<S>& indices);

/// table = 0 with every row of x added at its index;  dx = the rows of dtable at the indices. Where few rows of the
/// table are named, it is known which (see TouchedRows), so who uses it as a gradient touches these alone.
template <class S>
Tensor<S> add_rows(const Tensor<S>& x, const Tensor<S>& indices, const Shape& shape) {
  const Index count = indices.size(), width = shape[1];
  const bool few = 4 * count <= shape[0] && width > 0;
  Tensor<S> table = few ? TensorAccess::zeros_by_rows<S>(shape, width) : Tensor<S>::zeros(shape);
  if (few) kernels::touch_rows(count, indices.data(), *TensorAccess::rows(table));
  kernels::add_rows(count, width, x.data(), indices.data(), shape[0], TensorAccess::data(table));
  if (Recording<S> tape{table, x})
    tape.gradient([indices](const Tensor<S>& d, Gradients<S>& g) { g.add(0, look_up(d, indices)); });
  return table;
}

/// y = the table's rows at the indices, which are whole numbers in it;  dtable = 0 with each row of dy added at its
/// index
template <class S>
Tensor<S> look_up(const Tensor<S>& table, const Tensor<S>& indices) {
  const Index count = indices.size(), rows = table.shape()[0], width = table.shape()[1];
  const Index bad = kernels::first_bad_index(count, indices.data(), rows);
  if (bad != count) [[unlikely]]
    raise<ValueError>("expected whole numbers in [0, ", rows, "), got ", static_cast<double>(indices[bad]),
                      " at element ", bad, " of indices of shape ", indices.shape(), ". A table of ", rows,
                      " rows has the indices 0 to ", rows - 1, "; for more make a larger one.");
  Shape shape = indices.shape();
  shape.push_back(width);
  Tensor<S> y = Tensor<S>::empty(shape);
  kernels::lookup(count, width, table.data(), indices.data(), TensorAccess::data(y));
  if (Recording<S> tape{y, table})
    tape.gradient([indices = indices.detached(), from = table.shape()](const Tensor<S>& dy, Gradients<S>& g) {
      g.add(0, add_rows(dy, indices, from));
    });
  return y;
}

LAMINA_COMPILED_FUNCTION(add_rows);
LAMINA_COMPILED_FUNCTION(look_up);
}  // namespace detail

/// The rows of a table that numbers name: y[i, ...] = table[indices[i, ...]]. Shapes: table (rows, width), indices any;
/// y as the indices, (..., width). An index that is not whole or not in the table is an error. The gradient costs what
/// was looked up, not the table; none passes to the indices. TensorFlow's embedding_lookup.
template <TensorLike T, TensorLike Indices>
auto lookup(const T& table, const Indices& indices) {
  using S = detail::scalar_of<T>;
  const Tensor<S> t = detail::as_tensor(table);
  if (t.rank() != 2) raise<ShapeError>("lookup: expected a table of shape (rows, width), got ", t.shape());
  return detail::look_up<S>(t, detail::as_tensor_of<S>(indices));
}

}  // namespace lamina
