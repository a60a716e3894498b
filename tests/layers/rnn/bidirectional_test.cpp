#include <lamina/layers/rnn/bidirectional.hpp>

#include "support/cells.hpp"
#include "support/check_layer.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::cells;

template <class S>
struct BothWays : Bidirectional<S> {
  BothWays() : Bidirectional<S>(GRU<S>(3, {.return_sequences = true, .name = "both"})) {}
};

Tensor<double> flipped(const Tensor<double>& y) { return gather(y, {3, 2, 1, 0}, 1); }

}  // namespace

TEST(Bidirectional, PassesTheLayerChecks) {
  std::vector<ExpectedWeight> weights;
  const auto expected_for = [](const std::string& direction) {
    return std::vector<ExpectedWeight>{{"kernel", {2, 9}, true, direction + "/gru_cell/kernel"},
                                       {"recurrent_kernel", {3, 9}, true, direction + "/gru_cell/recurrent_kernel"},
                                       {"bias", {2, 9}, true, direction + "/gru_cell/bias"}};
  };
  for (const char* direction : {"forward_both", "backward_both"})
    for (auto& weight : expected_for(direction)) weights.push_back(weight);
  check_layer<BothWays>({.input = {3, 4, 2}, .output = {3, 4, 6}, .weights = weights});
}

TEST(Bidirectional, MergesBothDirections) {
  GRU<double> there(3, {.return_sequences = true, .return_state = true}),
      back(3, {.return_sequences = true, .return_state = true, .go_backwards = true});
  const auto a = there.apply({sequence}), b = back.apply({sequence});
  auto weights = there.get_weights();
  for (const auto& w : back.get_weights()) weights.push_back(w);
  const auto with = [&](MergeMode mode) {
    Bidirectional layer(GRU<double>(3, {.return_sequences = true, .return_state = true}), {.merge_mode = mode});
    const auto shapes = layer.compute_output_shapes({sequence.shape()});
    layer.apply({sequence});
    layer.set_weights(weights);
    auto y = layer.apply({sequence});
    EXPECT_EQ(shapes.size(), y.size());
    for (std::size_t i = 0; i < y.size(); ++i) EXPECT_EQ(shapes[i], y[i].shape()) << i;
    EXPECT_TRUE(expect::near(y[y.size() - 2], a[1]));
    EXPECT_TRUE(expect::near(y.back(), b[1]));
    return y;
  };
  const Tensor<double> turned = flipped(b[0]);
  EXPECT_TRUE(expect::near(with(MergeMode::concat)[0], concatenate(-1, a[0], turned)));
  EXPECT_TRUE(expect::near(with(MergeMode::sum)[0], a[0] + turned));
  EXPECT_TRUE(expect::near(with(MergeMode::mul)[0], a[0] * turned));
  EXPECT_TRUE(expect::near(with(MergeMode::ave)[0], (a[0] + turned) / 2.0));
  EXPECT_TRUE(expect::near(with("ave")[0], with(MergeMode::ave)[0])) << "given by its name";
  EXPECT_TRUE(expect::error<ValueError>([&] { with("concatt"); }, {"merge_mode", "concatt", "\"concat\""}));
  const auto both = with(MergeMode::none);
  ASSERT_EQ(both.size(), 4u);
  EXPECT_TRUE(expect::near(both[0], a[0]));
  EXPECT_TRUE(expect::near(both[1], turned));
}

TEST(Bidirectional, AcceptsABackwardLayerAndInitialStatesOfBothDirections) {
  Bidirectional layer(GRU<double>(3), GRU<double>(2, {.go_backwards = true, .activation = "relu", .name = "home"}));
  const Tensor<double> h = expect::scattered({3, 3}, 1), g = expect::scattered({3, 2}, 2);
  const Tensor<double> y = layer({sequence, h, g});
  EXPECT_EQ(y.shape(), (Shape{3, 5}));
  EXPECT_EQ(layer.backward_layer().name(), "home");
  EXPECT_TRUE(
      expect::near(y, concatenate(-1, layer.forward_layer()({sequence, h}), layer.backward_layer()({sequence, g}))));
  EXPECT_TRUE(expect::error<ValueError>([&] { layer({sequence, h}); }, {"states", "got 1"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Bidirectional b(GRU<double>(3), GRU<double>(3)); }, {"go_backwards"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [] { Bidirectional b(GRU<double>(3), GRU<double>(3, {.return_sequences = true, .go_backwards = true})); },
      {"return_sequences", "false and true"}));
}

TEST(Bidirectional, AppliesMasksAndOutputsZerosForMaskedSteps) {
  Bidirectional layer(LSTM<double>(3, {.return_sequences = true}));
  const Tensor<double> y = layer(sequence, {.mask = step_mask});
  EXPECT_TRUE(expect::same(get_mask(y), step_mask.cast<double>()));
  for (Index b = 0; b < 3; ++b)
    for (Index t = 0; t < 4; ++t)
      for (Index j = 0; j < 6; ++j) EXPECT_EQ(y(b, t, j) == 0, step_mask(b, t) == 0) << b << ' ' << t << ' ' << j;
  // A sample with two unmasked steps has the outputs of a sequence of two steps.
  EXPECT_TRUE(expect::near(slice(y, {1, 0, 0}, {1, 2, 6}), layer(slice(sequence, {1, 0, 0}, {1, 2, 2}))));
}

TEST(Bidirectional, KeepsStatesIfStatefulAndMovesWithItsWeights) {
  Bidirectional layer(SimpleRNN<double>(3, {.stateful = true}));
  layer.ensure_built(sequence.shape());
  const Tensor<double> first = layer(sequence), second = layer(sequence);
  EXPECT_FALSE(expect::near(first, second));
  layer.reset_state();
  EXPECT_TRUE(expect::same(layer(sequence), first));
  layer.reset_state();
  Bidirectional moved(std::move(layer));
  EXPECT_EQ(moved.variables().size(), 6u);
  EXPECT_TRUE(expect::same(moved(sequence), first));
}
