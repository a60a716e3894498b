#pragma once
#include <functional>
#include "support/attention.hpp"
#include "support/with_threads.hpp"

// MultiHeadAttention and GroupedQueryAttention: compared with plain loops and finite differences; weights, masks,
// options, errors.

namespace lamina::testing::head_attention {

/// x (batch, ..., n) times a kernel (n, o...) plus a bias (o...), by plain loops.
inline Tensor<double> projected(const Tensor<double>& x, const Tensor<double>& kernel, const Tensor<double>& bias) {
  Shape shape = x.shape().slice(0, x.rank() - 1);
  for (const Index size : kernel.shape().slice(1)) shape.push_back(size);
  const Index n = x.columns(), o = kernel.size() / n;
  Tensor<double> y = Tensor<double>::zeros(shape);
  for (Index r = 0; r < x.rows(); ++r)
    for (Index j = 0; j < o; ++j) {
      double total = bias.defined() ? bias[j] : 0;
      for (Index i = 0; i < n; ++i) total += x[r * n + i] * kernel[i * o + j];
      y.mutable_data()[r * o + j] = total;
    }
  return y;
}

/// Reference implementation of attention of (batch, time, heads, size). If there are fewer key heads, query heads share
/// them. The weights of a query without a visible key are `alone`.
inline Heads attended(const Tensor<double>& q, const Tensor<double>& k, const Tensor<double>& v,
                      const std::function<bool(Index b, Index h, Index i, Index j)>& sees, double alone) {
  const Index batch = q.shape()[0], queries = q.shape()[1], heads = q.shape()[2], keys = k.shape()[1],
              sharing = heads / k.shape()[2];
  Heads result{Tensor<double>::zeros({batch, queries, heads, v.shape()[3]}),
               Tensor<double>::zeros({batch, heads, queries, keys})};
  double* out = result.y.mutable_data();
  double* weights = result.scores.mutable_data();
  for (Index b = 0; b < batch; ++b)
    for (Index h = 0; h < heads; ++h)
      for (Index i = 0; i < queries; ++i) {
        double* w = weights + ((b * heads + h) * queries + i) * keys;
        double total = 0;
        for (Index j = 0; j < keys; ++j) {
          double score = 0;
          for (Index c = 0; c < q.shape()[3]; ++c) score += q(b, i, h, c) * k(b, j, h / sharing, c);
          w[j] = sees(b, h, i, j) ? std::exp(score / std::sqrt(static_cast<double>(q.shape()[3]))) : 0;
          total += w[j];
        }
        for (Index j = 0; j < keys; ++j) {
          w[j] = total > 0 ? w[j] / total : alone;
          for (Index c = 0; c < v.shape()[3]; ++c)
            out[((b * queries + i) * heads + h) * v.shape()[3] + c] += w[j] * v(b, j, h / sharing, c);
        }
      }
  return result;
}

inline bool all_seen(Index, Index, Index, Index) { return true; }

/// Reference implementation of a layer with heads, for query, value and key, with the weights of the layer: query, key,
/// (gate,) value, output.
inline Heads by_loops(const Layer<double>& layer, const Tensor<double>& query, const Tensor<double>& value,
                      const Tensor<double>& key, const std::function<bool(Index, Index, Index, Index)>& sees = all_seen,
                      double alone = 0) {
  Tensors w = layer.get_weights();
  const bool bias = w[1].rank() == 2;
  std::size_t at = 0;
  const auto project = [&](const Tensor<double>& x) {
    const Tensor<double> y = projected(x, w[at], bias ? w[at + 1] : Tensor<double>());
    at += bias ? 2 : 1;
    return y;
  };
  const Tensor<double> q = project(query), k = project(key);
  const bool gated = w.size() == (bias ? 10U : 5U);
  const Tensor<double> gate = gated ? project(query) : Tensor<double>();
  const Tensor<double> v = project(value);
  Heads result = attended(q, k, v, sees, alone);
  if (gated)
    for (Index i = 0; i < result.y.size(); ++i) result.y.mutable_data()[i] /= 1 + std::exp(-gate[i]);
  const Shape o = w[at].shape();  // (heads, value_dim, outputs...)
  Shape kernel{o[0] * o[1]};
  for (const Index size : o.slice(2)) kernel.push_back(size);
  w[at] = reshape(w[at], kernel);
  result.y = project(reshape(result.y, {query.shape()[0], query.shape()[1], o[0] * o[1]}));
  return result;
}

inline std::vector<std::string> weights_of(const Layer<double>& layer) {
  std::vector<std::string> all;
  for (const auto& v : layer.variables()) all.push_back(v.path() + " " + v.shape().to_string());
  return all;
}

}  // namespace lamina::testing::head_attention
