#pragma once
#include "lamina/kernels/matmul.hpp"
#include "lamina/ops/broadcasting.hpp"
#include "lamina/ops/shaping.hpp"

namespace lamina {

/// The options of matmul.
struct MatmulOptions {
  bool transpose_a = false;  ///< If true, multiplies by a with its last two axes swapped. Default: false.
  bool transpose_b = false;  ///< If true, multiplies by b with its last two axes swapped. Default: false.
};

namespace detail {

/// A row-major matrix with the given number of columns, or its transpose.
template <class S>
kernels::Strided<S> strided(const S* data, Index columns, bool transposed) {
  return transposed ? kernels::Strided<S>{data, 1, columns} : kernels::Strided<S>{data, columns, 1};
}

/// y = op(a) op(b), where op transposes or not. Gradients: da = op(dy op(b)ᵀ), db = op(op(a)ᵀ dy), summed over the
/// batch axes that were broadcast.
template <class S>
Tensor<S> matmul(const Tensor<S>& a, const Tensor<S>& b, MatmulOptions t) {
  if (a.rank() < 2 || b.rank() < 2)
    raise<ShapeError>("matmul: expected tensors of rank 2 or more, got shapes ", a.shape(), " and ", b.shape());
  // A batch of matrices times one matrix is one product of all rows.
  if (a.rank() > 2 && b.rank() == 2 && !t.transpose_a) {
    const Shape rows{a.rows(), a.columns()};
    const Tensor<S> y = matmul(reshape_to(a, rows), b, t);
    return reshape_to(y, a.shape().with(-1, y.columns()));
  }
  const Index m = a.shape()[t.transpose_a ? -1 : -2], k = a.shape()[t.transpose_a ? -2 : -1];
  const Index k_of_b = b.shape()[t.transpose_b ? -1 : -2], n = b.shape()[t.transpose_b ? -2 : -1];
  if (k != k_of_b) [[unlikely]]
    raise<ShapeError>("matmul: shapes ", a.shape(), t.transpose_a ? " (transposed)" : "", " and ", b.shape(),
                      t.transpose_b ? " (transposed)" : "", " do not match: expected equal inner sizes, got ", k,
                      " and ", k_of_b);
  const Shape a_stack = a.shape().slice(0, a.rank() - 2), b_stack = b.shape().slice(0, b.rank() - 2);
  Shape shape = broadcast(a_stack, b_stack);
  const Index matrices = shape.size(), stack_rank = shape.rank();
  shape.push_back(m);
  shape.push_back(n);
  Tensor<S> y = Tensor<S>::empty(shape);
  for (Index i = 0; i < matrices; ++i) {
    Index at_a = 0, at_b = 0, stride_a = 1, stride_b = 1;
    for (Index axis = stack_rank, rest = i; axis-- > 0;) {
      const Index position = rest % shape[axis];
      rest /= shape[axis];
      const Index in_a = axis - (stack_rank - a_stack.rank()), in_b = axis - (stack_rank - b_stack.rank());
      if (in_a >= 0) {
        at_a += a_stack[in_a] == 1 ? 0 : position * stride_a;
        stride_a *= a_stack[in_a];
      }
      if (in_b >= 0) {
        at_b += b_stack[in_b] == 1 ? 0 : position * stride_b;
        stride_b *= b_stack[in_b];
      }
    }
    S* out = TensorAccess::data(y) + i * m * n;
    kernels::multiply(m, n, k, strided(a.data() + at_a * m * k, a.columns(), t.transpose_a),
                      strided(b.data() + at_b * k * n, b.columns(), t.transpose_b), out, n);
  }
  if (Recording<S> tape{y, a, b})
    tape.gradient([t, a_shape = a.shape(), b_shape = b.shape(), a = tape.keep(a, 1), b = tape.keep(b, 0)](
                      const Tensor<S>& dy, Gradients<S>& g) {
      if (g.needs(0))
        g.add(0, sum_to(t.transpose_a ? matmul(b, dy, {t.transpose_b, true}) : matmul(dy, b, {false, !t.transpose_b}),
                        a_shape));
      if (g.needs(1))
        g.add(1, sum_to(t.transpose_b ? matmul(dy, a, {true, t.transpose_a}) : matmul(a, dy, {!t.transpose_a, false}),
                        b_shape));
    });
  return y;
}

LAMINA_COMPILED_FUNCTION(matmul);
}  // namespace detail

/// Computes the matrix product of a and b over their last two axes. Leading axes are batch axes and broadcast.
///
/// Shapes: a (..., m, k), b (..., k, n), both of rank 2 or more; result (..., m, n). Throws ShapeError if a rank is
/// less than 2 or shapes do not match. `keras.ops.matmul`.
template <class A, class B>
  requires Operands<A, B>
auto matmul(const A& a, const B& b, MatmulOptions options = {}) {
  using S = detail::common_scalar<A, B>;
  return detail::matmul<S>(detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b), options);
}

}  // namespace lamina
