#pragma once
#include "lamina/kernels/elementwise.hpp"
#include "lamina/ops/matmul.hpp"
#include "lamina/ops/reductions.hpp"

namespace lamina {

namespace detail {

/// y = x w + b, or max(x w + b, 0) if `relu`, in one pass. Gradients: dx = dz wᵀ, dw = xᵀ dz, db = dz summed over rows,
/// where dz = dy, or if `relu`, dy where y > 0 and 0 elsewhere.
template <class S>
Tensor<S> dense(const Tensor<S>& x, const Borrowed<S>& w, const Borrowed<S>& b, bool relu) {
  if (x.rank() < 2 || w.rank() != 2 || x.columns() != w.shape()[0] ||
      (b.defined() && (b.rank() != 1 || b.size() != w.shape()[1]))) [[unlikely]]
    raise<ShapeError>("dense: expected x of shape (..., k), w (k, n) and b (n,), got shapes ", x.shape(), ", ",
                      w.shape(), " and ", b.shape());
  const Index m = x.rows(), k = w.shape()[0], n = w.shape()[1];
  Tensor<S> y = Tensor<S>::empty(x.shape().with(-1, n));
  kernels::multiply<S>(m, n, k, {x.data(), k, 1}, {w.data(), n, 1}, TensorAccess::data(y), n, false,
                       {b.defined() ? b.data() : nullptr, relu});
  if (Recording<S> tape{y, x, w, b})
    tape.gradient_made_by([&]() LAMINA_INLINE_LAMBDA {
      return [x = tape.keep(x, 1), w = tape.keep(w, 0), y = relu ? y : Tensor<S>(), m, k, n](Tensor<S>&& dz,
                                                                                             Gradients<S>& g) {
        if (Gradients<S>::recorded()) {
          if (y.defined()) dz = unary_gradient(dz, y, RampDerivative(), NoSlope());
          if (g.needs(0)) g.add(0, matmul(dz, w, {false, true}));
          const Tensor<S> rows = reshape_to(dz, {m, n});
          if (g.needs(1)) g.add(1, matmul(reshape_to(x, {m, k}), rows, {true, false}));
          if (g.needs(2)) g.add(2, sum_to(rows, {n}));
          return;
        }
        if (y.defined()) {
          const S* from = dz.data();
          Tensor<S> masked = reuse(std::move(dz), y.shape());
          kernels::map(
              y.size(), TensorAccess::data(masked),
              [](const auto& d, const auto& v) LAMINA_INLINE_LAMBDA { return select(v > S(0), d, S(0)); }, from,
              y.data());
          dz = std::move(masked);
        }
        if (g.needs(0)) {
          Tensor<S> dx = Tensor<S>::empty(dz.shape().with(-1, k));
          kernels::multiply<S>(m, k, n, {dz.data(), n, 1}, {w.data(), 1, n}, TensorAccess::data(dx), k);
          g.add(0, std::move(dx));
        }
        if (g.needs(1)) {
          Tensor<S> dw = Tensor<S>::empty({k, n});
          kernels::multiply<S>(k, n, m, {x.data(), 1, k}, {dz.data(), n, 1}, TensorAccess::data(dw), n);
          g.add(1, std::move(dw));
        }
        if (g.needs(2)) {
          Tensor<S> db = Tensor<S>::empty({n});
          kernels::reduce<kernels::SumOf>(1, m, n, dz.data(), TensorAccess::data(db));
          g.add(2, std::move(db));
        }
      };
    });
  return y;
}

LAMINA_COMPILED_FUNCTION(dense);
}  // namespace detail

/// Computes x w over the last axis of x, as a fully connected layer does.
///
/// Shapes: x (..., k) of rank 2 or more, w (k, n); result (..., n). Throws ShapeError for other shapes.
/// `keras.layers.Dense` without bias and activation.
template <TensorLike X, TensorLike W>
auto dense(const X& x, const W& w) {
  using S = detail::scalar_of<X>;
  return detail::dense<S>(detail::as_tensor(x), w, {}, false);
}
/// Computes x w + b over the last axis of x in one pass.
///
/// Shapes: x (..., k) of rank 2 or more, w (k, n), b (n,); result (..., n). Throws ShapeError for other shapes.
/// `keras.layers.Dense` without activation.
template <TensorLike X, TensorLike W, TensorLike B>
auto dense(const X& x, const W& w, const B& b) {
  using S = detail::scalar_of<X>;
  return detail::dense<S>(detail::as_tensor(x), w, b, false);
}

}  // namespace lamina
