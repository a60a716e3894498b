#pragma once
#include "lamina/kernels/additive_scores.hpp"
#include "lamina/ops/reductions.hpp"

namespace lamina {

namespace detail {

/// s[i, j] = sum_c w[c] t[i, j, c] with t[i, j, c] = tanh(q[i, c] + k[j, c]). Gradients: dq = sum_j ds w (1 - t²),
/// dk = sum_i ds w (1 - t²), dw = sum_ij ds t.
template <class S>
Tensor<S> additive_scores(const Tensor<S>& q, const Tensor<S>& k, const Tensor<S>& w) {
  if (q.rank() != 3 || k.rank() != 3 || q.shape()[0] != k.shape()[0] || q.columns() != k.columns() ||
      w.shape() != Shape{k.columns()}) [[unlikely]]
    raise<ShapeError>(
        "additive_scores: expected queries of shape (batch, queries, n), keys (batch, keys, n) and weights (n,), "
        "got shapes ",
        q.shape(), ", ", k.shape(), " and ", w.shape());
  const kernels::AdditiveSizes n{q.shape()[0], q.shape()[1], k.shape()[1], q.columns()};
  Tensor<S> y = Tensor<S>::empty({n.batch, n.queries, n.keys});
  kernels::additive_scores(n, q.data(), k.data(), w.data(), TensorAccess::data(y));
  if (Recording<S> tape{y, q, k, w})
    tape.gradient([n, q, k, w](const Tensor<S>& dy, Gradients<S>& g) {
      if (Gradients<S>::recorded()) {
        const Tensor<S> t =
            tanh(add(reshape_to(q, {n.batch, n.queries, 1, n.size}), reshape_to(k, {n.batch, 1, n.keys, n.size})));
        const Tensor<S> ds = reshape_to(dy, {n.batch, n.queries, n.keys, 1});
        const Tensor<S> slope = multiply(multiply(ds, w), subtract(Tensor<S>(S(1)), multiply(t, t)));
        if (g.needs(0)) g.add(0, lamina::sum(slope, {.axes = {2}}));
        if (g.needs(1)) g.add(1, lamina::sum(slope, {.axes = {1}}));
        if (g.needs(2)) g.add(2, sum_to(multiply(ds, t), w.shape()));
        return;
      }
      Tensor<S> dq = Tensor<S>::empty(q.shape()), dk = Tensor<S>::empty(k.shape());
      Tensor<S> dw = Tensor<S>::empty({n.batch, n.size});
      kernels::additive_scores_gradient(n, q.data(), k.data(), w.data(), dy.data(), TensorAccess::data(dq),
                                        TensorAccess::data(dk), TensorAccess::data(dw));
      g.add(0, std::move(dq));
      g.add(1, std::move(dk));
      if (g.needs(2)) g.add(2, sum_to(dw, w.shape()));
    });
  return y;
}

LAMINA_COMPILED_FUNCTION(additive_scores);
}  // namespace detail

/// Computes the additive attention score of each pair of query and key (Bahdanau et al., 2014):
/// y[b, i, j] = sum over c of weights[c] tanh(queries[b, i, c] + keys[b, j, c]).
///
/// Shapes: queries (batch, queries, n), keys (batch, keys, n), weights (n,); result (batch, queries, keys). Throws
/// ShapeError for other shapes. `keras.layers.AdditiveAttention` computes its scores this way.
template <TensorLike Q, TensorLike K, TensorLike W>
auto additive_scores(const Q& queries, const K& keys, const W& weights) {
  using S = detail::scalar_of<Q>;
  return detail::additive_scores<S>(detail::as_tensor(queries), detail::as_tensor(keys), detail::as_tensor(weights));
}

}  // namespace lamina
