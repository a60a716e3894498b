#include <functional>
#include <lamina/layers/attention/multi_head_attention.hpp>

#include "support/attention.hpp"
#include "support/head_attention.hpp"
#include "support/with_threads.hpp"

// MultiHeadAttention and GroupedQueryAttention: compared with plain loops and finite differences; weights, masks,
// options, errors.

using namespace lamina;
using namespace lamina::testing;

namespace {

using namespace lamina::testing::head_attention;

/// Returns a random mask in which every query sees the first key: finite differences have no gradient for a query that
/// sees no key.
Tensor<float> some_mask(const Shape& shape, std::uint64_t seed) {
  Tensor<float> mask = expect::scattered<float>(shape, seed) > -0.4f;
  for (Index i = 0; i < mask.size(); i += shape.back()) mask.mutable_data()[i] = 1;
  return mask;
}

}  // namespace

TEST(MultiHeadAttention, HasKerasWeights) {
  clear_session();
  MultiHeadAttention<double> layer(2, 3, {.value_dim = 4, .output_shape = 7});
  EXPECT_EQ(layer({some({2, 4, 5}, 1), some({2, 6, 5}, 2), some({2, 6, 3}, 3)}).shape(), (Shape{2, 4, 7}));
  EXPECT_EQ(
      weights_of(layer),
      (std::vector<std::string>{"multi_head_attention/query/kernel (5, 2, 3)", "multi_head_attention/query/bias (2, 3)",
                                "multi_head_attention/key/kernel (3, 2, 3)", "multi_head_attention/key/bias (2, 3)",
                                "multi_head_attention/value/kernel (5, 2, 4)", "multi_head_attention/value/bias (2, 4)",
                                "multi_head_attention/attention_output/kernel (2, 4, 7)",
                                "multi_head_attention/attention_output/bias (7,)"}));
  EXPECT_EQ(layer.sublayers().size(), 4U);
  MultiHeadAttention<double> gated(2, 3, {.use_bias = false, .use_gate = true, .name = "gated"});
  gated({some({2, 4, 5}, 1), some({2, 6, 5}, 2)});
  EXPECT_EQ(weights_of(gated), (std::vector<std::string>{"gated/query/kernel (5, 2, 3)", "gated/key/kernel (5, 2, 3)",
                                                         "gated/gate/kernel (5, 2, 3)", "gated/value/kernel (5, 2, 3)",
                                                         "gated/attention_output/kernel (2, 3, 5)"}));
}

TEST(MultiHeadAttention, AgreesWithPlainLoops) {
  const Tensor<double> query = some({2, 4, 5}, 1), value = some({2, 6, 3}, 2), key = some({2, 6, 4}, 3);
  for (const MultiHeadAttentionOptions& options :
       {MultiHeadAttentionOptions{}, MultiHeadAttentionOptions{.value_dim = 4, .output_shape = 7},
        MultiHeadAttentionOptions{.use_bias = false, .output_shape = {2, 3}},
        MultiHeadAttentionOptions{.value_dim = 2, .use_gate = true},
        MultiHeadAttentionOptions{.use_bias = false, .use_gate = true}}) {
    MultiHeadAttention<double> layer(2, 3, options);
    for (const bool with_key : {false, true}) {
      MultiHeadAttention<double> another(2, 3, options);
      Layer<double>& tested = with_key ? another : layer;
      const Tensors inputs = with_key ? Tensors{query, value, key} : Tensors{query, value};
      tested.ensure_built(std::vector<Shape>{query.shape(), value.shape(), inputs.back().shape()});
      scatter_weights(tested);
      const Heads expected = by_loops(tested, query, value, inputs.back());
      const Tensor<double> y = tested.apply(inputs).at(0);
      EXPECT_TRUE(expect::near(y, expected.y, rounding));
      EXPECT_EQ(tested.compute_output_shapes({{None, 4, 5}, {None, 6, 3}}).at(0), y.shape().with(0, None));
      const auto both = tested.apply(inputs, {.return_attention_scores = true});
      ASSERT_EQ(both.size(), 2U);
      EXPECT_TRUE(expect::near(both[0], expected.y, rounding));
      EXPECT_TRUE(expect::near(both[1], expected.scores, rounding));
    }
  }
}

TEST(MultiHeadAttention, Gradients) {
  const Tensor<double> query = some({2, 4, 3}, 1), value = some({2, 3, 2}, 2), key = some({2, 3, 4}, 3);
  MultiHeadAttention<double> layer(2, 3, {.value_dim = 2, .output_shape = 3, .use_gate = true});
  layer({query, value, key});
  scatter_weights(layer);
  check_gradients_of(layer, {query, value, key});
  check_gradients_of(layer, {query, value, key}, {.use_causal_mask = true});
  check_gradients_of(layer, {query, value, key}, {.return_attention_scores = true});
  MultiHeadAttention<double> dropping(2, 3, {.dropout = 0.4});
  dropping({query, query});
  scatter_weights(dropping);
  check_gradients_of(dropping, {query, query}, {.training = true});
}

TEST(MultiHeadAttention, GradientsOfGradients) {
  MultiHeadAttention<double> layer(2, 2);
  const Tensor<double> x = some({1, 3, 4}, 1);
  layer({x, x});
  scatter_weights(layer);
  const GradientCheck check = check_gradients(
      [&](const auto& u, const auto& v) {
        return layer({u, v});
      },
      {x, some({1, 2, 4}, 2)}, {.second_order = true});
  EXPECT_TRUE(check) << check.problem;
}

TEST(MultiHeadAttention, AppliesMasks) {
  const Tensor<double> query = some({2, 4, 5}, 1), value = some({2, 6, 5}, 2);
  const Tensor<float> of_queries{{1, 1, 1, 0}, {1, 1, 0, 0}}, of_keys{{1, 1, 1, 1, 0, 0}, {0, 1, 1, 0, 1, 1}};
  const Tensor<float> pairs = expect::scattered<float>({2, 4, 6}, 9) > -0.3f,
                      heads = expect::scattered<float>({2, 2, 4, 6}, 8) > -0.3f;
  MultiHeadAttention<double> layer(2, 3), windowed(2, 3, {.sliding_window = 2});
  for (Layer<double>* l : {static_cast<Layer<double>*>(&layer), static_cast<Layer<double>*>(&windowed)}) {
    (*l)({query, value});
    scatter_weights(*l);
  }
  const auto check = [&](const Layer<double>& l, CallOptions options,
                         const std::function<bool(Index, Index, Index, Index)>& sees) {
    // As in Keras, a query without a visible key attends to all keys equally; with returned scores, it attends to none.
    const Heads alike = by_loops(l, query, value, value, sees, 1.0 / 6),
                none = by_loops(l, query, value, value, sees, 0);
    EXPECT_TRUE(expect::near(l({query, value}, options), alike.y, rounding));
    options.return_attention_scores = true;
    const auto both = l.apply({query, value}, options);
    EXPECT_TRUE(expect::near(both[0], none.y, rounding));
    EXPECT_TRUE(expect::near(both[1], none.scores, rounding));
  };
  check(layer, {.mask = {of_queries, of_keys}},
        [&](Index b, Index, Index i, Index j) { return of_queries(b, i) != 0 && of_keys(b, j) != 0; });
  check(layer, {.mask = {{}, of_keys}}, [&](Index b, Index, Index, Index j) { return of_keys(b, j) != 0; });
  check(layer, {.attention_mask = pairs}, [&](Index b, Index, Index i, Index j) { return pairs(b, i, j) != 0; });
  check(layer, {.attention_mask = slice(pairs, {0, 0, 0}, {1, 4, 6})},
        [&](Index, Index, Index i, Index j) { return pairs(0, i, j) != 0; });
  check(layer, {.attention_mask = reshape(slice(pairs, {0, 0, 0}, {1, 4, 6}), {4, 6})},
        [&](Index, Index, Index i, Index j) { return pairs(0, i, j) != 0; });
  check(layer, {.attention_mask = heads}, [&](Index b, Index h, Index i, Index j) { return heads(b, h, i, j) != 0; });
  check(layer, {.use_causal_mask = true}, [&](Index, Index, Index i, Index j) { return j <= i; });
  check(layer, {.mask = {{}, of_keys}, .attention_mask = pairs, .use_causal_mask = true},
        [&](Index b, Index, Index i, Index j) { return of_keys(b, j) != 0 && pairs(b, i, j) != 0 && j <= i; });
  check(windowed, {}, [&](Index, Index, Index i, Index j) { return std::abs(i - j) < 2; });
  check(windowed, {.use_causal_mask = true}, [&](Index, Index, Index i, Index j) { return j <= i && i - j < 2; });
}

TEST(MultiHeadAttention, PropagatesTheMaskOfTheQuery) {
  const Tensor<double> x = some({2, 3, 4}, 1);
  const Tensor<float> steps{{1, 1, 0}, {1, 0, 0}};
  MultiHeadAttention<double> layer(2, 2);
  EXPECT_TRUE(expect::same(get_mask(layer({x, some({2, 5, 4}, 2)}, {.mask = {steps, {}}})).cast<float>(), steps));
  EXPECT_FALSE(get_mask(layer({x, some({2, 3, 4}, 2)}, {.mask = {{}, steps}})).defined());
  const auto both = layer.apply({x, x}, {.mask = steps, .return_attention_scores = true});
  EXPECT_TRUE(get_mask(both[0]).defined());
  EXPECT_FALSE(get_mask(both[1]).defined());
  // In self-attention, the mask of the sequence also hides its steps as keys.
  EXPECT_NEAR(both[1](0, 0, 1, 2), 0, 1e-15);
  EXPECT_GT(both[1](0, 0, 1, 1), 0);
}

TEST(MultiHeadAttention, OverAnyAxes) {
  // Attention over one of two axes is attention of separate sequences; over both, attention of one long sequence.
  const Tensor<double> query = some({2, 3, 4, 5}, 1), value = some({2, 3, 2, 5}, 2);
  const auto with_axes = [&](OneOrMore<Index> axes, const Tensor<double>& q, const Tensor<double>& v,
                             const CallOptions& options) {
    MultiHeadAttention<double> layer(2, 3, {.attention_axes = std::move(axes)});
    layer({q, v});
    scatter_weights(layer);
    CallOptions more = options;
    more.return_attention_scores = true;
    const auto both = layer.apply({q, v}, more);
    EXPECT_EQ(layer.compute_output_shapes({q.shape(), v.shape()}).at(0), both[0].shape());
    check_gradients_of(layer, {q, v}, options);
    return both;
  };
  const Tensor<double> q_rows = reshape(query, {6, 4, 5}), v_rows = reshape(value, {6, 2, 5});
  const Tensor<float> keys = some_mask({2, 3, 2}, 5);
  const auto rows = with_axes(1, q_rows, v_rows, {.mask = {{}, reshape(keys, {6, 2})}});
  for (const Index axis : {Index{2}, Index{-2}}) {
    const auto got = with_axes(axis, query, value, {.mask = {{}, keys}});
    EXPECT_TRUE(expect::near(got[0], reshape(rows[0], {2, 3, 4, 5}), rounding));
    EXPECT_TRUE(expect::near(got[1], reshape(rows[1], {2, 3, 2, 4, 2}), rounding));
  }
  // The first of two axes: the same as the second after swapping them.
  const Tensor<double> q_swapped = transpose(query, {0, 2, 1, 3}), v_swapped = some({2, 4, 6, 5}, 3);
  const auto swapped = with_axes(2, q_swapped, v_swapped, {});
  const auto first = with_axes(1, query, transpose(v_swapped, {0, 2, 1, 3}), {});
  EXPECT_TRUE(expect::near(first[0], transpose(swapped[0], {0, 2, 1, 3}), rounding));
  EXPECT_TRUE(expect::near(first[1], swapped[1], rounding));
  EXPECT_EQ(first[1].shape(), (Shape{2, 4, 2, 3, 6}));
  // Both axes, the default.
  const Tensor<double> value_all = some({2, 2, 3, 5}, 4);
  const auto whole = with_axes(1, reshape(query, {2, 12, 5}), reshape(value_all, {2, 6, 5}), {});
  for (const OneOrMore<Index>& axes : {OneOrMore<Index>(), OneOrMore<Index>{1, 2}}) {
    const auto got = with_axes(axes, query, value_all, {});
    EXPECT_TRUE(expect::near(got[0], reshape(whole[0], {2, 3, 4, 5}), rounding));
    EXPECT_TRUE(expect::near(got[1], reshape(whole[1], {2, 2, 3, 4, 2, 3}), rounding));
  }
  // A mask with fewer axes than the scores is broadcast over the axes before the attended ones.
  const Tensor<float> pairs = some_mask({4, 2}, 6);
  const auto once = with_axes(1, q_rows, v_rows, {.attention_mask = pairs});
  EXPECT_TRUE(
      expect::near(with_axes(2, query, value, {.attention_mask = pairs})[0], reshape(once[0], {2, 3, 4, 5}), rounding));
  const Tensor<float> by_row = some_mask({1, 3, 1, 4, 2}, 7);
  const auto each =
      with_axes(1, q_rows, v_rows, {.attention_mask = reshape(broadcast_to(by_row, {2, 3, 1, 4, 2}), {6, 1, 4, 2})});
  EXPECT_TRUE(expect::near(with_axes(2, query, value, {.attention_mask = by_row})[0], reshape(each[0], {2, 3, 4, 5}),
                           rounding));
}

TEST(MultiHeadAttention, DropsScoresInTraining) {
  const Tensor<double> x = some({2, 40, 4}, 1);
  MultiHeadAttention<double> layer(2, 3, {.dropout = 0.5, .seed = 7});
  layer({x, x});
  scatter_weights(layer);
  const Tensor<double> still = layer({x, x});
  EXPECT_TRUE(expect::near(still, by_loops(layer, x, x, x).y, rounding)) << "in inference, nothing is dropped";
  const auto train = [&](std::uint64_t step_number) {
    const CallContext::Step step(1, step_number);
    return layer.apply({x, x}, {.training = true, .return_attention_scores = true});
  };
  const auto first = train(1), again = train(1), other = train(2);
  EXPECT_TRUE(expect::same(first[0], again[0]));
  EXPECT_FALSE(expect::same(first[0], other[0]));
  EXPECT_TRUE(expect::near(first[1], by_loops(layer, x, x, x).scores, rounding))
      << "the scores are those before dropout";
  // Dropout changes the output, but not its mean.
  Tensor<double> total = Tensor<double>::zeros(still.shape());
  for (std::uint64_t step = 0; step < 400; ++step) total = total + train(step)[0];
  double apart = 0, mean_apart = 0;
  for (Index i = 0; i < still.size(); ++i) {
    apart = std::max(apart, std::abs(first[0][i] - still[i]));
    mean_apart = std::max(mean_apart, std::abs(total[i] / 400 - still[i]));
  }
  EXPECT_GT(apart, 0.1);
  EXPECT_LT(mean_apart, 0.1 * apart + 0.05);
}

TEST(MultiHeadAttention, InitializersUseTheFansOfTheKernelAsAMatrix) {
  MultiHeadAttention<double> layer(8, 16);
  layer.ensure_built(std::vector<Shape>{{None, 4, 32}, {None, 4, 32}});
  const auto largest = [](const Tensor<double>& w) { return w.array().abs().maxCoeff(); };
  const Tensors w = layer.get_weights();
  // Glorot's limit for 32 inputs and 128 outputs, and for the output kernel.
  const double limit = std::sqrt(6.0 / (32 + 128));
  for (const std::size_t i : {0U, 2U, 4U, 6U}) {
    EXPECT_LE(largest(w[i]), limit);
    EXPECT_GT(largest(w[i]), 0.99 * limit);
  }
  EXPECT_FALSE(expect::same(w[0], w[2]));
  const GlorotUniform by_axes({.input_axes = {0, 1}, .output_axes = 2});
  MultiHeadAttention<double> named(8, 16, {.kernel_initializer = by_axes});
  named.ensure_built(std::vector<Shape>{{None, 4, 32}, {None, 4, 32}});
  EXPECT_LE(largest(named.get_weights()[0]), std::sqrt(6.0 / (256 + 16))) << "given axes are used";
}

TEST(MultiHeadAttention, AppliesRegularizersAndConstraints) {
  const Tensor<double> x = some({2, 3, 4}, 1);
  MultiHeadAttention<double> layer(2, 3,
                                   {.kernel_regularizer = L2(0.1),
                                    .bias_regularizer = L1(0.2),
                                    .activity_regularizer = L2(0.3),
                                    .kernel_constraint = "non_neg",
                                    .use_gate = true});
  layer({x, x});
  scatter_weights(layer);
  EXPECT_EQ(layer.variables().size(), 10U);
  for (const auto& v : layer.variables()) {
    EXPECT_TRUE(v.regularizer()) << v.path();
    EXPECT_EQ(static_cast<bool>(v.constraint()), v.name() == "kernel") << v.path();
  }
  const Tensor<double> y = layer({x, x});
  double expected = 0;
  for (const auto& v : layer.variables())
    for (Index i = 0; i < v.size(); ++i)
      expected += v.name() == "kernel" ? 0.1 * v.data()[i] * v.data()[i] : 0.2 * std::abs(v.data()[i]);
  const Tensors w = layer.get_weights();
  const auto activity = [](const Tensor<double>& t) { return 0.3 * (t.array() * t.array()).sum() / 2; };
  for (const std::size_t i : {0U, 2U, 6U}) expected += activity(projected(x, w[i], w[i + 1]));
  expected += activity(sigmoid(projected(x, w[4], w[5]))) + activity(y);
  double total = 0;
  for (const Tensor<double>& loss : layer.losses()) total += loss.item();
  EXPECT_NEAR(total, expected, 1e-10);
}

TEST(MultiHeadAttention, CanBeFrozenMovedAndRecreated) {
  const Tensor<float> x = expect::scattered<float>({2, 3, 4});
  MultiHeadAttention layer(2, 3);
  layer.set_trainable(false);
  const Tensor<float> y = layer({x, x});
  EXPECT_TRUE(layer.trainable_variables().empty());
  EXPECT_EQ(layer.count_params(), 3 * (4 * 6 + 6) + 6 * 4 + 4);
  MultiHeadAttention<float> moved(std::move(layer));
  EXPECT_TRUE(expect::same(moved({x, x}), y));
  EXPECT_EQ(moved.variables().size(), 8U);
  const auto again = layer_from_config<float>(named_config("MultiHeadAttention", moved.get_config()));
  again->apply({x, x});
  again->set_weights(moved.get_weights());
  EXPECT_TRUE(expect::same(again->apply({x, x})[0], y));
}

TEST(MultiHeadAttention, HasKerasConfiguration) {
  MultiHeadAttention<float> layer(2, 3,
                                  {.dropout = 0.25, .output_shape = 7, .flash_attention = false, .name = "attention"});
  const auto text_of = [&](const char* name) { return layer.get_config().at(name).to_string(); };
  EXPECT_EQ(text_of("num_heads"), "2");
  EXPECT_EQ(text_of("value_dim"), "3") << "written explicitly";
  EXPECT_EQ(text_of("output_shape"), "[7]") << "a list";
  EXPECT_EQ(text_of("attention_axes"), "null") << "unknown before the layer is built";
  EXPECT_EQ(text_of("sliding_window"), "null");
  EXPECT_EQ(text_of("dropout"), "0.25");
  EXPECT_EQ(layer.get_config().find("flash_attention"), nullptr);
  layer({Tensor<float>::ones({1, 2, 3}), Tensor<float>::ones({1, 2, 3})});
  EXPECT_EQ(text_of("attention_axes"), "[1]");
  std::string names;
  const auto layer_config = layer.get_config();
  for (const auto& [name, value] : layer_config.members()) names += name + " ";
  EXPECT_EQ(names,
            "name trainable dtype num_heads key_dim value_dim dropout use_bias use_gate output_shape attention_axes "
            "sliding_window kernel_initializer bias_initializer kernel_regularizer bias_regularizer "
            "activity_regularizer kernel_constraint bias_constraint seed ");
}

TEST(MultiHeadAttention, EmptySequencesSequencesOfOneAndFloat) {
  MultiHeadAttention<double> layer(2, 3);
  const Tensor<double> x = some({3, 4, 5}, 1);
  const Tensor<double> y = layer({x, x});
  scatter_weights(layer);
  const Tensor<double> all = layer({x, x});
  for (Index i = 0; i < 3; ++i)
    EXPECT_TRUE(expect::near(layer({x.rows_view(i, i + 1), x.rows_view(i, i + 1)}), all.rows_view(i, i + 1), rounding));
  const Tensor<double> none = Tensor<double>::zeros({0, 4, 5});
  EXPECT_EQ(layer({none, none}).shape(), none.shape());
  EXPECT_EQ(layer.apply({none, none}, {.return_attention_scores = true})[1].shape(), (Shape{0, 2, 4, 4}));
  GradientTape<double> tape;
  for (const Tensor<double>& g : tape.gradient(sum(layer({none, none})), layer.trainable_variables()))
    EXPECT_TRUE(expect::same(g, Tensor<double>::zeros(g.shape())));
  MultiHeadAttention<float> single(2, 3);
  const Tensor<float> s = x.cast<float>();
  single({s, s});
  std::vector<Tensor<float>> weights;
  for (const auto& w : layer.get_weights()) weights.push_back(w.cast<float>());
  single.set_weights(weights);
  EXPECT_TRUE(expect::near(single({s, s}), all, {1e-5, 1e-5}));
}

TEST(MultiHeadAttention, RejectsInvalidShapesAndArguments) {
  const Tensor<float> x = Tensor<float>::ones({2, 3, 4});
  const auto call = [&](const std::vector<Shape>& shapes, CallOptions options = {}) {
    return [=] {
      std::vector<Tensor<float>> inputs;
      for (const Shape& shape : shapes) inputs.push_back(Tensor<float>::ones(shape));
      MultiHeadAttention<float>(2, 3).apply(inputs, options);
    };
  };
  EXPECT_TRUE(expect::error<ValueError>([&] { MultiHeadAttention(2, 3)(x); },
                                        {"MultiHeadAttention", "query and value", "got 1", "layer({x, x})"}));
  EXPECT_TRUE(expect::error<ValueError>(call({{2, 3, 4}, {2, 3, 4}, {2, 3, 4}, {2, 3, 4}}), {"got 4"}));
  EXPECT_TRUE(
      expect::error<ShapeError>(call({{2, 3, 4}, {2, 5, 4}, {2, 6, 4}}), {"(None, 5, 4)", "(None, 6, 4)", "equal"}));
  EXPECT_TRUE(expect::error<ShapeError>(call({{2, 3, 4}, {1, 5, 4}}), {"MultiHeadAttention", "(2, 3, 4), (1, 5, 4)"}));
  EXPECT_TRUE(expect::error<ShapeError>(call({{2, 4}, {2, 4}}), {"rank 3 or more", "(None, 4)"}));
  EXPECT_TRUE(
      expect::error<ShapeError>(call({{2, 3, 4}, {2, 5, 4}}, {.attention_mask = Tensor<float>::ones({2, 3, 4})}),
                                {"got shape (2, 3, 4)", "(2, 2, 3, 5)"}));
  EXPECT_TRUE(expect::error<ShapeError>(call({{2, 3, 4}, {2, 5, 4}}, {.mask = {{}, Tensor<float>::ones({2, 4})}}),
                                        {"(2, 5, 4)", "(2, 4)"}));
  EXPECT_TRUE(expect::error<ValueError>([] { MultiHeadAttention<float>(0, 3); }, {"num_heads >= 1, got 0"}));
  EXPECT_TRUE(expect::error<ValueError>([] { MultiHeadAttention<float>(2, -1); }, {"key_dim >= 1, got -1"}));
  EXPECT_TRUE(expect::error<ValueError>([] { MultiHeadAttention<float>(2, 3, {.value_dim = 0}); }, {"value_dim"}));
  EXPECT_TRUE(expect::error<ValueError>([] { MultiHeadAttention<float>(2, 3, {.dropout = 1.5}); }, {"dropout", "1.5"}));
  EXPECT_TRUE(
      expect::error<ValueError>([] { MultiHeadAttention<float>(2, 3, {.sliding_window = 0}); }, {"sliding_window"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        MultiHeadAttention<float>(2, 3, {.output_shape = {4, 0}});
      },
      {"output_shape"}));
  EXPECT_TRUE(
      expect::error<ValueError>([] { MultiHeadAttention<float>(2, 3, {.dropout = 0.1, .flash_attention = true}); },
                                {"flash_attention", "dropout"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        MultiHeadAttention<float>(2, 3, {.flash_attention = true}).apply({x, x}, {.return_attention_scores = true});
      },
      {"flash_attention", "scores"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        MultiHeadAttention(2, 3, {.attention_axes = 2})({x, x});
      },
      {"attention_axes", "got 2", "rank 3"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        MultiHeadAttention(2, 3, {.attention_axes = {1, 1}})({x, x});
      },
      {"attention_axes", "[1, 1]"}));
}
