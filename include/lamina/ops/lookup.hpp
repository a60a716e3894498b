#pragma once
#include "lamina/kernels/lookup.hpp"
#include "lamina/ops/operand.hpp"

namespace lamina {

namespace detail {

template <class S>
Tensor<S> look_up(const Tensor<S>& table, const Tensor<S>& indices);

/// table = zeros, plus each row of x added at its index; the transpose of look_up. Gradient: dx = the rows of dtable at
/// the indices. If at most a quarter of the rows are written, the table lists them (see TouchedRows), so that an
/// optimizer updates only these.
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

/// y = the rows of the table at the indices. Gradient: dtable = zeros, plus each row of dy added at its index. Throws
/// ValueError for an index that is not an integer in [0, rows).
template <class S>
Tensor<S> look_up(const Tensor<S>& table, const Tensor<S>& indices) {
  const Index count = indices.size(), rows = table.shape()[0], width = table.shape()[1];
  const Index bad = kernels::first_bad_index(count, indices.data(), rows);
  if (bad != count) [[unlikely]]
    raise<ValueError>("lookup: expected indices that are integers in [0, ", rows, "), got ",
                      static_cast<double>(indices[bad]), " at element ", bad, " of indices of shape ", indices.shape(),
                      ". A table of ", rows, " rows has the indices 0 to ", rows - 1,
                      "; use a larger table (input_dim of an Embedding) for more.");
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

/// Returns the rows of a table at the given indices: y[i..., :] = table[indices[i...], :]. For any axis use `gather`.
///
/// Shapes: table (rows, width), indices of any shape; result (indices..., width). Throws ShapeError if the table does
/// not have rank 2, and ValueError for an index that is not an integer in [0, rows). The cost of the gradient is
/// proportional to the rows read, not to the table; indices have none. `keras.ops.take` with axis 0; TensorFlow's
/// `tf.nn.embedding_lookup`.
template <TensorLike T, TensorLike Indices>
auto lookup(const T& table, const Indices& indices) {
  using S = detail::scalar_of<T>;
  const Tensor<S> t = detail::as_tensor(table);
  if (t.rank() != 2) raise<ShapeError>("lookup: expected a table of shape (rows, width), got shape ", t.shape());
  return detail::look_up<S>(t, detail::as_tensor_of<S>(indices));
}

}  // namespace lamina
