#pragma once
#include <functional>
#include "support/attention.hpp"

namespace lamina::testing::score_attention {

/// Reference implementation: softmax(score(q, k)) v for (batch, queries, n), (batch, keys, n), (batch, keys, m).
inline Heads simple(
    const Tensor<double>& q, const Tensor<double>& v, const Tensor<double>& k,
    const std::function<double(std::vector<double>, std::vector<double>)>& score,
    const std::function<bool(Index, Index, Index)>& sees = [](Index, Index, Index) { return true; }) {
  const Index batch = q.shape()[0], queries = q.shape()[1], keys = k.shape()[1], n = q.shape()[2], m = v.shape()[2];
  Heads result{Tensor<double>::zeros({batch, queries, m}), Tensor<double>::zeros({batch, queries, keys})};
  for (Index b = 0; b < batch; ++b)
    for (Index i = 0; i < queries; ++i) {
      double* w = result.scores.mutable_data() + (b * queries + i) * keys;
      double total = 0;
      const double* query = q.data() + (b * queries + i) * n;
      for (Index j = 0; j < keys; ++j) {
        const double* key = k.data() + (b * keys + j) * n;
        w[j] = sees(b, i, j) ? std::exp(score({query, query + n}, {key, key + n})) : 0;
        total += w[j];
      }
      for (Index j = 0; j < keys; ++j) {
        w[j] /= total;
        for (Index c = 0; c < m; ++c) result.y.mutable_data()[(b * queries + i) * m + c] += w[j] * v(b, j, c);
      }
    }
  return result;
}

struct ScoreCase {
  std::shared_ptr<Layer<double>> layer;
  std::vector<std::string> weights;
  std::function<double(std::vector<double>, std::vector<double>, Tensors)> score;
};

template <class Weight>
double tangents(const std::vector<double>& q, const std::vector<double>& k, double scale, const Weight& weight) {
  double total = 0;
  for (std::size_t c = 0; c < q.size(); ++c) total += weight(c) * std::tanh(scale * (q[c] + k[c]));
  return total;
}

/// Compares outputs, scores, masks and gradients of layers with these scores with plain loops and finite differences.
inline void check_scores(const std::vector<ScoreCase>& cases) {
  const Tensor<double> query = some({2, 3, 4}, 1), value = some({2, 5, 4}, 2), wide = some({2, 5, 6}, 4),
                       key = some({2, 5, 4}, 3);
  const Tensor<float> of_queries{{1, 0, 1}, {1, 1, 0}}, of_keys{{1, 1, 0, 1, 0}, {1, 0, 0, 1, 1}};
  for (const ScoreCase& each : cases) {
    Layer<double>& layer = *each.layer;
    SCOPED_TRACE(layer.get_config().to_string());
    layer.ensure_built(std::vector<Shape>{query.shape(), value.shape()});
    scatter_weights(layer);
    std::vector<std::string> weights;
    for (const auto& v : layer.variables()) weights.push_back(v.name() + " " + v.shape().to_string());
    EXPECT_EQ(weights, each.weights);
    const auto score = [&](auto q, auto k) { return each.score(q, k, layer.get_weights()); };
    EXPECT_TRUE(expect::near(layer({query, value}), simple(query, value, value, score).y, rounding));
    EXPECT_TRUE(expect::near(layer({query, wide, key}), simple(query, wide, key, score).y, rounding));
    EXPECT_EQ(layer.compute_output_shapes({{None, 3, 4}, {None, 5, 6}, {None, 5, 4}}).at(0), (Shape{None, 3, 6}));
    const auto check = [&](const CallOptions& options, const std::function<bool(Index, Index, Index)>& sees) {
      Heads expected = simple(query, value, key, score, sees);
      CallOptions with_scores = options;
      with_scores.return_attention_scores = true;
      const auto both = layer.apply({query, value, key}, with_scores);
      EXPECT_TRUE(expect::near(both[1], expected.scores, rounding));
      if (!options.mask.empty() && options.mask[0].defined())
        expected.y = expected.y * reshape(of_queries.cast<double>(), {2, 3, 1});
      EXPECT_TRUE(expect::near(both[0], expected.y, rounding));
      EXPECT_TRUE(expect::near(layer({query, value, key}, options), expected.y, rounding));
    };
    check({.mask = {of_queries, of_keys}}, [&](Index b, Index, Index j) { return of_keys(b, j) != 0; });
    check({.mask = {{}, of_keys}, .use_causal_mask = true},
          [&](Index b, Index i, Index j) { return of_keys(b, j) != 0 && j <= i; });
    check({.use_causal_mask = true}, [&](Index, Index i, Index j) { return j <= i; });
    EXPECT_TRUE(
        expect::same(get_mask(layer({query, value}, {.mask = {of_queries, of_keys}})).cast<float>(), of_queries));
    EXPECT_FALSE(get_mask(layer({query, value}, {.mask = {{}, of_keys}})).defined());
    check_gradients_of(layer, {query, value, key}, {.mask = {of_queries, of_keys}});
    check_gradients_of(layer, {query, value, key}, {.use_causal_mask = true, .return_attention_scores = true});
    // Sequences of a stack are independent.
    const Tensor<double> stacked = layer({reshape(query, {1, 2, 3, 4}), reshape(value, {1, 2, 5, 4})},
                                         {.mask = {{}, reshape(of_keys, {1, 2, 5})}});
    EXPECT_TRUE(expect::near(reshape(stacked, {2, 3, 4}), layer({query, value}, {.mask = {{}, of_keys}}), rounding));
    const Tensor<double> none = Tensor<double>::zeros({0, 3, 4});
    EXPECT_EQ(layer({none, none}).shape(), none.shape());
  }
}

/// Checks that the layer drops half of its scores in training.
inline void check_dropout_of_scores(Layer<double>& layer) {
  const Tensor<double> query = some({1, 3, 4}, 1), value = some({1, 50, 4}, 2);
  const auto still = layer.apply({query, value}, {.return_attention_scores = true});
  const CallContext::Step step(1, 1);
  const auto both = layer.apply({query, value}, {.training = true, .return_attention_scores = true});
  Index dropped = 0;
  for (Index i = 0; i < both[1].size(); ++i) {
    dropped += both[1][i] == 0 ? 1 : 0;
    if (both[1][i] != 0) {
      EXPECT_NEAR(both[1][i], 2 * still[1][i], 1e-12);
    }
  }
  EXPECT_GT(dropped, 40);
  EXPECT_LT(dropped, 110);
  EXPECT_TRUE(expect::near(both[0], matmul(both[1], value), rounding)) << "the scores are those after dropout";
  check_gradients_of(layer, {query, value}, {.training = true});
}

}  // namespace lamina::testing::score_attention
