#pragma once
#include <optional>

#include "lamina/core/check_options.hpp"
#include "lamina/kernels/attention.hpp"
#include "lamina/ops/matmul.hpp"
#include "lamina/ops/softmax.hpp"

// Scaled dot-product attention. Queries, keys and values have shape (batch, time, heads, head_dim).

namespace lamina {

namespace detail {

/// Which keys each query may attend to; see kernels::Visibility. `visible` is undefined (all keys), or nonzero for each
/// visible pair; it has rank 4 and broadcasts to (batch, heads, queries, keys).
template <class S>
struct AttentionMask {
  Tensor<S> visible = {};
  bool causal = false;
  Index window = 0;
  kernels::Hidden hidden = kernels::Hidden::lowest;

  void require_to_fit(const Shape& scores) const {
    if (!visible.defined()) return;
    bool fits = visible.rank() == 4;
    for (Index axis = 0; fits && axis < 4; ++axis)
      fits = visible.shape()[axis] == 1 || visible.shape()[axis] == scores[axis];
    if (!fits) [[unlikely]]
      raise<ShapeError>("attention: a mask of shape ", visible.shape(), " does not broadcast to the scores of shape ",
                        scores, ", which is (batch, heads, queries, keys).");
  }
  kernels::Visibility<S> visibility() const {
    kernels::Visibility<S> seen{.causal = causal, .window = window, .hidden = hidden};
    if (!visible.defined()) return seen;
    seen.visible = visible.data();
    Index stride = 1;
    for (Index axis = 4; axis-- > 0;) {
      seen.step[axis] = visible.shape()[axis] == 1 ? 0 : stride;
      stride *= visible.shape()[axis];
    }
    return seen;
  }
  /// Returns 1 where a query attends to a key and 0 elsewhere, in a shape that broadcasts to (batch, heads, queries,
  /// keys); an undefined tensor if every query attends to every key.
  Tensor<S> as_tensor(Index queries, Index keys) const {
    const Tensor<S> given = visible.defined() ? where(visible, Tensor<S>(S(1)), Tensor<S>(S(0))) : Tensor<S>();
    if (!causal && window == 0) return given;
    Tensor<S> reach = Tensor<S>::zeros({1, 1, queries, keys});
    S* out = TensorAccess::data(reach);
    for (Index i = 0; i < queries; ++i) {
      const kernels::detail::KeyRange range = kernels::detail::keys_in_reach(visibility(), i, keys);
      for (Index j = range.begin; j < range.end; ++j) out[i * keys + j] = S(1);
    }
    return given.defined() ? multiply(reach, given) : reach;
  }
};

/// softmax over the last axis of the masked scores (batch, heads, queries, keys). Composed of recorded operations.
template <class S>
Tensor<S> masked_softmax(const Tensor<S>& scores, const AttentionMask<S>& mask) {
  mask.require_to_fit(scores.shape());
  const Tensor<S> visible = mask.as_tensor(scores.shape()[-2], scores.shape()[-1]);
  if (!visible.defined()) return softmax(scores);
  const S low = mask.hidden == kernels::Hidden::lowered ? S(-1e9) : S(-1e38);
  // The mask is added to the scores, so that they have a gradient even if no key is visible to a query.
  const Tensor<S> hidden = multiply(subtract(Tensor<S>(S(1)), visible), Tensor<S>(low));
  const Tensor<S> weights = softmax(add(scores, hidden));
  return mask.hidden == kernels::Hidden::nothing ? multiply(weights, visible) : weights;
}

/// (batch, time, heads, n) to (batch, groups, heads / groups, time, n): a (time, n) matrix for each head.
template <class S>
Tensor<S> split_heads(const Tensor<S>& x, Index groups) {
  const Shape& s = x.shape();
  return reshape_to(permute(x, {0, 2, 1, 3}), {s[0], groups, s[2] / groups, s[1], s[3]});
}
/// The inverse of split_heads: (batch, groups, heads / groups, time, n) to (batch, time, heads, n).
template <class S>
Tensor<S> merge_heads(const Tensor<S>& x) {
  const Shape& s = x.shape();
  return permute(reshape_to(x, {s[0], s[1] * s[2], s[3], s[4]}), {0, 2, 1, 3});
}
/// (batch, heads, queries, keys) to (batch, groups, heads / groups, queries, keys).
template <class S>
Tensor<S> group_heads(const Tensor<S>& weights, Index groups) {
  const Shape& s = weights.shape();
  return reshape_to(weights, {s[0], groups, s[1] / groups, s[2], s[3]});
}

/// The attention weights softmax(scale q kᵀ), of shape (batch, heads, queries, keys). Composed of recorded operations.
template <class S>
Tensor<S> attention_weights(const Tensor<S>& q, const Tensor<S>& k, const AttentionMask<S>& mask, double scale) {
  const Index queries = q.shape()[1], keys = k.shape()[1], groups = k.shape()[2];
  Tensor<S> scores =
      multiply(matmul(split_heads(q, groups), split_heads(k, groups), {false, true}), Tensor<S>(static_cast<S>(scale)));
  scores = reshape_to(scores, {q.shape()[0], q.shape()[2], queries, keys});
  if (keys == 0) return scores;
  return masked_softmax(scores, mask);
}

/// The sums of the values with the attention weights as factors: weights (batch, heads, queries, keys), values (batch,
/// keys, key_heads, value_dim), result (batch, queries, heads, value_dim). Composed of recorded operations.
template <class S>
Tensor<S> weighted_values(const Tensor<S>& weights, const Tensor<S>& v) {
  const Index groups = v.shape()[2];
  return merge_heads(matmul(group_heads(weights, groups), split_heads(v, groups), {}));
}

/// The sizes of an attention. Throws ShapeError if the shapes do not match.
template <class S>
kernels::AttentionSizes attention_sizes(const Tensor<S>& q, const Tensor<S>& k, const Tensor<S>& v) {
  const Shape &a = q.shape(), &b = k.shape(), &c = v.shape();
  const bool fits = a.rank() == 4 && b.rank() == 4 && c.rank() == 4 && a[0] == b[0] && a[0] == c[0] && b[1] == c[1] &&
                    b[2] == c[2] && a[3] == b[3] && b[2] > 0 && a[2] % b[2] == 0;
  if (!fits) [[unlikely]]
    raise<ShapeError>(
        "attention: expected queries (batch, queries, heads, n), keys (batch, keys, key_heads, n) and "
        "values (batch, keys, key_heads, m), where heads is a multiple of key_heads, got shapes ",
        a, ", ", b, " and ", c);
  return {a[0], a[1], b[1], a[2], b[2], a[3], c[3]};
}

/// y = w v with w = softmax(scale q kᵀ) over the visible keys. Gradients: dv = wᵀ dy, dq = scale ds k, dk = scale dsᵀ q
/// with ds = w (dy vᵀ - sum dy y).
template <class S>
Tensor<S> attention(const Tensor<S>& q, const Tensor<S>& k, const Tensor<S>& v, const AttentionMask<S>& mask,
                    double scale) {
  const kernels::AttentionSizes n = attention_sizes(q, k, v);
  mask.require_to_fit({n.batch, n.heads, n.queries, n.keys});
  const S factor = static_cast<S>(scale);
  Tensor<S> y = Tensor<S>::empty({n.batch, n.queries, n.heads, n.value_dim});
  Recording<S> tape{y, q, k, v};
  Tensor<S> weights;
  if (tape) weights = Tensor<S>::empty({n.batch, n.heads, n.queries, n.keys});
  kernels::attention(n, mask.visibility(), factor, q.data(), k.data(), v.data(), TensorAccess::data(y),
                     tape ? TensorAccess::data(weights) : nullptr);
  if (tape)
    tape.gradient([n, q, k, v, mask, scale, factor, y = y.detached(), weights](const Tensor<S>& dy, Gradients<S>& g) {
      if (Gradients<S>::recorded()) {
        const Tensor<S> w = group_heads(attention_weights(q, k, mask, scale), n.key_heads);
        const Tensor<S> dz = split_heads(dy, n.key_heads), from_k = split_heads(k, n.key_heads);
        const Tensor<S> dw = matmul(dz, split_heads(v, n.key_heads), {false, true});
        const Tensor<S> centred = subtract(dw, lamina::sum(multiply(w, dw), {.axes = {-1}, .keepdims = true}));
        const Tensor<S> ds = multiply(multiply(w, centred), Tensor<S>(factor));
        // The query heads of a group use the same key head: its gradient is the sum of theirs.
        const auto sum_group = [&](const Tensor<S>& stack) {
          return merge_heads(sum_to(stack, stack.shape().with(2, 1)));
        };
        if (g.needs(0)) g.add(0, merge_heads(matmul(ds, from_k, {})));
        if (g.needs(1)) g.add(1, sum_group(matmul(ds, split_heads(q, n.key_heads), {true, false})));
        if (g.needs(2)) g.add(2, sum_group(matmul(w, dz, {true, false})));
        return;
      }
      const auto gradient_buffer = [&](std::size_t i, const Tensor<S>& of) {
        return g.needs(i) ? Tensor<S>::empty(of.shape()) : Tensor<S>();
      };
      Tensor<S> dq = gradient_buffer(0, q), dk = gradient_buffer(1, k), dv = gradient_buffer(2, v);
      kernels::attention_gradient(n, mask.visibility(), factor, q.data(), k.data(), v.data(), y.data(), weights.data(),
                                  dy.data(), TensorAccess::data(dq), TensorAccess::data(dk), TensorAccess::data(dv));
      if (dq.defined()) g.add(0, std::move(dq));
      if (dk.defined()) g.add(1, std::move(dk));
      if (dv.defined()) g.add(2, std::move(dv));
    });
  return y;
}

LAMINA_COMPILED_FUNCTION(masked_softmax);
LAMINA_COMPILED_FUNCTION(attention_weights);
LAMINA_COMPILED_FUNCTION(weighted_values);
LAMINA_COMPILED_FUNCTION(attention);
}  // namespace detail

/// The options of dot_product_attention.
struct DotProductAttentionOptions {
  /// Nonzero where a query attends to a key, 0 elsewhere; broadcasts to (batch, heads, queries, keys). Default: every
  /// query attends to every key.
  Tensor<float> mask = {};
  std::optional<double> scale = std::nullopt;  ///< Factor of the scores; finite. Default: 1 / √n.
  bool is_causal = false;                      ///< If true, query i attends only to keys 0 to i. Default: false.
};

/// Computes scaled dot-product attention, softmax(scale q kᵀ) v, for each sample and head (Vaswani et al., 2017).
///
/// Shapes: query (batch, queries, heads, n), key (batch, keys, key_heads, n), value (batch, keys, key_heads, m); result
/// (batch, queries, heads, m). `heads` is a multiple of `key_heads`: each key head serves heads / key_heads consecutive
/// query heads (grouped-query attention). A query for which the mask hides every key attends to all keys equally.
/// Throws ShapeError if the shapes do not match or the mask does not broadcast to (batch, heads, queries, keys), and
/// ValueError if `scale` is not finite. `keras.ops.dot_product_attention`.
template <TensorLike Q, TensorLike K, TensorLike V>
auto dot_product_attention(const Q& query, const K& key, const V& value,
                           const DotProductAttentionOptions& options = {}) {
  using S = detail::scalar_of<Q>;
  const Tensor<S> q = detail::as_tensor(query);
  detail::AttentionMask<S> mask{.causal = options.is_causal};
  if (options.mask.defined()) {
    Shape shape = options.mask.shape();
    while (shape.rank() < 4) shape = shape.prepend(1);
    mask.visible = detail::reshape_to(options.mask.template cast<S>(), shape);
  }
  if (options.scale) detail::check_finite(*options.scale, "scale", "dot_product_attention");
  const Index n = q.rank() > 0 ? q.columns() : 1;
  return detail::attention<S>(q, detail::as_tensor(key), detail::as_tensor(value), mask,
                              options.scale.value_or(1 / std::sqrt(static_cast<double>(n))));
}

}  // namespace lamina
