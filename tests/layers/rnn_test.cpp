// RNN over cells of all kinds, cells alone and stacked, both directions, and layers applied step by step.
#include "support/check_layer.hpp"

using namespace lamina;

namespace {

const Tensor<double> x = expect::scattered({3, 4, 2});
const Tensor<float> mask{{1, 1, 1, 1}, {1, 1, 0, 0}, {0, 1, 0, 1}};

/// The cell of RecurrentCell's documentation.
struct MinimalCell : RecurrentCell<double> {
  explicit MinimalCell(Index units) : RecurrentCell<double>({units}), units_(units) {}
  void build(const Shape& input) override {
    kernel_ = add_weight("kernel", {input.back(), units_});
    recurrent_ = add_weight("recurrent_kernel", {units_, units_}, "orthogonal");
  }
  CellOutput<double> step(const Tensor<double>& in, const std::vector<Tensor<double>>& states) const override {
    const Tensor<double> h = matmul(in, kernel_) + matmul(states[0], recurrent_);
    return {h, {h}};
  }
  Index units_;
  Variable<double> kernel_, recurrent_;
};

/// A cell with a layer inside, an output of another size than its state, and a state that does not begin with zeros.
struct CountingCell : RecurrentCell<double> {
  CountingCell() : RecurrentCell<double>({1}) {}
  CellOutput<double> step(const Tensor<double>& in, const std::vector<Tensor<double>>& states) const override {
    return {head(in) * states[0], {states[0] + 1.0}};
  }
  Shape output_shape(const Shape& input) const override { return {input.front(), 3}; }
  std::vector<Tensor<double>> initial_states(const Shape& input) const override {
    return {Tensor<double>::ones({input.front(), 1})};
  }
  std::shared_ptr<RecurrentCell<double>> twin() const override { return std::make_shared<CountingCell>(); }
  Dense<double> head{3};
};

template <class S>
struct BothWays : Bidirectional<S> {
  BothWays() : Bidirectional<S>(GRU<S>(3, {.return_sequences = true, .name = "both"})) {}
};
template <class S>
struct HeadOfEveryStep : TimeDistributed<S> {
  HeadOfEveryStep() : TimeDistributed<S>(Dense<S>(3, {.activation = "tanh", .name = "head"})) {}
};

Tensor<double> at_step(const Tensor<double>& y, Index t) {
  return reshape(slice(y, {0, t, 0}, {y.shape()[0], 1, y.shape()[2]}), {y.shape()[0], y.shape()[2]});
}
Tensor<double> flipped(const Tensor<double>& y) { return gather(y, {3, 2, 1, 0}, 1); }

}  // namespace

TEST(RNN, TakesACellOfOnesOwn) {
  RNN layer(std::make_shared<MinimalCell>(5), {.return_sequences = true, .return_state = true});
  EXPECT_EQ(layer.compute_output_shapes({{None, None, 2}}), (std::vector<Shape>{{None, None, 5}, {None, 5}}));
  const auto y = layer.apply({x});
  ASSERT_EQ(y.size(), 2u);
  ASSERT_EQ(layer.variables().size(), 2u);
  EXPECT_EQ(layer.variables()[0].path(), layer.name() + "/minimal_cell/kernel");
  const auto kernel = layer.variables()[0], recurrent = layer.variables()[1];
  Tensor<double> h = Tensor<double>::zeros({3, 5});
  for (Index t = 0; t < 4; ++t) {
    h = matmul(at_step(x, t), kernel) + matmul(h, recurrent);
    EXPECT_TRUE(expect::near(at_step(y[0], t), h)) << t;
  }
  EXPECT_TRUE(expect::near(y[1], h));
  GradientTape<double> tape;
  for (const auto& gradient : tape.gradient(sum(layer.apply({x})[0]), layer.trainable_variables()))
    EXPECT_TRUE(gradient.defined());
}

TEST(RNN, TakesCellsWithLayersInsideAndStatesOfTheirOwn) {
  RNN layer(CountingCell(), {.return_sequences = true});
  EXPECT_EQ(layer.compute_output_shape({None, 4, 2}), (Shape{None, 4, 3}));
  const Tensor<double> y = layer(x);
  EXPECT_EQ(layer.variables().size(), 2u) << "the Dense inside";
  const Dense<double>& head = static_cast<const CountingCell&>(layer.cell()).head;
  for (Index t = 0; t < 4; ++t)
    EXPECT_TRUE(expect::near(at_step(y, t), head(at_step(x, t)) * static_cast<double>(t + 1))) << t;
  const Tensor<double> hidden = layer(x, {.mask = mask});
  EXPECT_TRUE(expect::near(at_step(hidden, 3).rows_view(2, 3), head(at_step(x, 3)).rows_view(2, 3) * 2.0))
      << "a hidden step does not count";
}

TEST(RNN, OverLSTMCellIsLSTM) {
  RNN over_cell(LSTMCell<double>(3), {.return_sequences = true, .go_backwards = true});
  LSTM<double> lstm(3, {.return_sequences = true, .go_backwards = true});
  over_cell(x);
  lstm(x);
  lstm.set_weights(over_cell.get_weights());
  EXPECT_TRUE(expect::same(over_cell(x, {.mask = mask}), lstm(x, {.mask = mask})));
}

TEST(RNN, OfStackedCellsIsOneLayerOnTopOfTheOther) {
  for (const bool backwards : {false, true}) {
    RNN stacked(StackedRNNCells(LSTMCell<double>(3), GRUCell<double>(4), SimpleRNNCell<double>(2)),
                {.return_sequences = true, .return_state = true, .go_backwards = backwards});
    LSTM<double> first(3, {.return_sequences = true, .return_state = true, .go_backwards = backwards});
    GRU<double> second(4, {.return_sequences = true, .return_state = true});
    SimpleRNN<double> third(2, {.return_sequences = true, .return_state = true});
    const auto y = stacked.apply({x});
    EXPECT_EQ(stacked.variables().size(), 9u);
    const auto a = first.apply({x}), b = second.apply({a[0]}), c = third.apply({b[0]});
    auto weights = stacked.get_weights();
    first.set_weights({weights.begin(), weights.begin() + 3});
    second.set_weights({weights.begin() + 3, weights.begin() + 6});
    third.set_weights({weights.begin() + 6, weights.end()});
    const std::vector<Tensor<double>> states{expect::scattered({3, 3}, 1), expect::scattered({3, 3}, 2),
                                             expect::scattered({3, 4}, 3), expect::scattered({3, 2}, 4)};
    const auto got = stacked.apply({x, states[0], states[1], states[2], states[3]}, {.mask = mask});
    Tensor<float> seen = mask;
    if (backwards) {  // what the first layer gives lies in the order of its steps
      const Tensor<double> turned = gather(mask.cast<double>(), {3, 2, 1, 0}, 1);
      seen = turned.cast<float>();
    }
    const auto below = first.apply({x, states[0], states[1]}, {.mask = mask});
    const auto middle = second.apply({below[0].copy(), states[2]}, {.mask = seen});
    const auto top = third.apply({middle[0].copy(), states[3]}, {.mask = seen});
    ASSERT_EQ(got.size(), 5u);
    EXPECT_TRUE(expect::near(got[0], top[0])) << backwards;
    EXPECT_TRUE(expect::near(got[1], below[1]));
    EXPECT_TRUE(expect::near(got[2], below[2]));
    EXPECT_TRUE(expect::near(got[3], middle[1]));
    EXPECT_TRUE(expect::near(got[4], top[1]));
    // One step of the cells is the first step of the layer.
    const auto step = stacked.cell().step(at_step(x, backwards ? 3 : 0), stacked.cell().initial_states({3, 2}));
    EXPECT_TRUE(expect::near(step.output, at_step(stacked.apply({x})[0], 0)));
    EXPECT_EQ(step.states.size(), 4u);
  }
}

TEST(RecurrentCells, AreLayersOfOneStep) {
  LSTMCell<double> cell(3);
  const auto first = cell.apply({at_step(x, 0)});
  ASSERT_EQ(first.size(), 3u);
  EXPECT_TRUE(expect::same(first[0], first[1]));
  const auto second = cell.apply({at_step(x, 1), first[1], first[2]});
  RNN over_steps(std::make_shared<LSTMCell<double>>(3), {.return_sequences = true});
  over_steps(x);
  over_steps.set_weights(cell.get_weights());
  EXPECT_TRUE(expect::near(second[0], at_step(over_steps(x), 1)));
  EXPECT_EQ(cell.variables()[0].path(), cell.name() + "/kernel");
  EXPECT_EQ(cell.compute_output_shapes({{None, 2}}), (std::vector<Shape>{{None, 3}, {None, 3}, {None, 3}}));
  EXPECT_TRUE(expect::error<ValueError>([&] { cell.apply({at_step(x, 0), first[1]}); }, {"2 states", "got 1"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { cell.apply({x}); }, {"rank 2"}));
}

TEST(RNN, WhatACellDoesWrongIsSaid) {
  struct Forgetful : RecurrentCell<double> {
    Forgetful() : RecurrentCell<double>({2}) {}
    CellOutput<double> step(const Tensor<double>& in, const std::vector<Tensor<double>>&) const override {
      return {in, {}};
    }
  };
  RNN layer{Forgetful()};
  EXPECT_TRUE(expect::error<ValueError>([&] { layer(x); }, {"Forgetful", "step", "expected 1 states, got 0"}));
  EXPECT_TRUE(expect::error<ValueError>([] { RNN<double>(std::shared_ptr<MinimalCell>()); }, {"empty pointer"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Bidirectional b(RNN(MinimalCell(2))); }, {"twin()", "backward_layer"}));
}

TEST(Bidirectional, DoesWhatEveryLayerDoes) {
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
  const auto a = there.apply({x}), b = back.apply({x});
  auto weights = there.get_weights();
  for (const auto& w : back.get_weights()) weights.push_back(w);
  const auto with = [&](MergeMode mode) {
    Bidirectional layer(GRU<double>(3, {.return_sequences = true, .return_state = true}), {.merge_mode = mode});
    const auto shapes = layer.compute_output_shapes({x.shape()});
    layer.apply({x});
    layer.set_weights(weights);
    auto y = layer.apply({x});
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
  EXPECT_TRUE(expect::near(with("ave")[0], with(MergeMode::ave)[0])) << "by its name";
  EXPECT_TRUE(expect::error<ValueError>([&] { with("concatt"); }, {"merge_mode", "concatt", "\"concat\""}));
  const auto both = with(MergeMode::none);
  ASSERT_EQ(both.size(), 4u);
  EXPECT_TRUE(expect::near(both[0], a[0]));
  EXPECT_TRUE(expect::near(both[1], turned));
}

TEST(Bidirectional, TakesALayerForTheWayBackAndStatesForBoth) {
  Bidirectional layer(GRU<double>(3), GRU<double>(2, {.go_backwards = true, .activation = "relu", .name = "home"}));
  const Tensor<double> h = expect::scattered({3, 3}, 1), g = expect::scattered({3, 2}, 2);
  const Tensor<double> y = layer({x, h, g});
  EXPECT_EQ(y.shape(), (Shape{3, 5}));
  EXPECT_EQ(layer.backward_layer().name(), "home");
  EXPECT_TRUE(expect::near(y, concatenate(-1, layer.forward_layer()({x, h}), layer.backward_layer()({x, g}))));
  EXPECT_TRUE(expect::error<ValueError>([&] { layer({x, h}); }, {"states", "got 1"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Bidirectional b(GRU<double>(3), GRU<double>(3)); }, {"go_backwards"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [] { Bidirectional b(GRU<double>(3), GRU<double>(3, {.return_sequences = true, .go_backwards = true})); },
      {"return_sequences", "false and true"}));
}

TEST(Bidirectional, HeedsMasksAndIsZeroWhereStepsAreHidden) {
  Bidirectional layer(LSTM<double>(3, {.return_sequences = true}));
  const Tensor<double> y = layer(x, {.mask = mask});
  EXPECT_TRUE(expect::same(get_mask(y), mask.cast<double>()));
  for (Index b = 0; b < 3; ++b)
    for (Index t = 0; t < 4; ++t)
      for (Index j = 0; j < 6; ++j) EXPECT_EQ(y(b, t, j) == 0, mask(b, t) == 0) << b << ' ' << t << ' ' << j;
  // The sample with two steps is a sample of two steps.
  EXPECT_TRUE(expect::near(slice(y, {1, 0, 0}, {1, 2, 6}), layer(slice(x, {1, 0, 0}, {1, 2, 2}))));
}

TEST(Bidirectional, RemembersWhereItIsStatefulAndMovesWithItsWeights) {
  Bidirectional layer(SimpleRNN<double>(3, {.stateful = true}));
  layer.ensure_built(x.shape());
  const Tensor<double> first = layer(x), second = layer(x);
  EXPECT_FALSE(expect::near(first, second));
  layer.reset_state();
  EXPECT_TRUE(expect::same(layer(x), first));
  layer.reset_state();
  Bidirectional moved(std::move(layer));
  EXPECT_EQ(moved.variables().size(), 6u);
  EXPECT_TRUE(expect::same(moved(x), first));
}

TEST(TimeDistributed, DoesWhatEveryLayerDoes) {
  check_layer<HeadOfEveryStep>(
      {.input = {3, 4, 2},
       .output = {3, 4, 3},
       .weights = {{"kernel", {2, 3}, true, "head/kernel"}, {"bias", {3}, true, "head/bias"}}});
}

TEST(TimeDistributed, AppliesItsLayerToEveryStep) {
  auto inner = std::make_shared<GRU<double>>(2);
  TimeDistributed layer(inner);
  const Tensor<double> clips = expect::scattered({3, 4, 5, 2});
  const Tensor<double> y = layer(clips);
  EXPECT_EQ(y.shape(), (Shape{3, 4, 2}));
  EXPECT_EQ(layer.compute_output_shape({None, None, 5, 2}), (Shape{None, None, 2}));
  for (Index t = 0; t < 4; ++t)
    EXPECT_TRUE(expect::near(at_step(y, t), (*inner)(reshape(slice(clips, {0, t, 0, 0}, {3, 1, 5, 2}), {3, 5, 2}))));
  // A mask of steps within steps reaches the layer; one of the outer steps alone is passed on.
  Tensor<float> inner_mask = Tensor<float>::ones({3, 4, 5});
  inner_mask.mutable_data()[4] = 0;
  EXPECT_FALSE(expect::near(layer(clips, {.mask = inner_mask}), y));
  const Tensor<double> masked = layer(clips, {.mask = mask});
  EXPECT_TRUE(expect::same(masked, y));
  EXPECT_TRUE(expect::same(get_mask(masked), mask.cast<double>()));
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer(Tensor<double>::zeros({3, 4})); }, {"TimeDistributed", "(3, 4)"}));
}

TEST(TimeDistributed, LetsALayerThatRemembersSeeOneStepAfterTheOther) {
  struct Averaging : Layer<double> {  // what BatchNormalization does with what it saw
    void build(const Shape& input) override {
      seen = add_weight("seen", {input.back()}, "zeros", {.trainable = false});
    }
    Tensor<double> call(const Tensor<double>& in) const override {
      const Tensor<double> mean_of_batch = mean(in, {.axes = {0}});
      if (CallContext::training()) seen.assign(seen.value() * 0.5 + mean_of_batch);
      return in - mean_of_batch;
    }
    Variable<double> seen;
  };
  TimeDistributed<double> layer(Averaging{});
  const Tensor<double> y = layer(x, {.training = true});
  Tensor<double> seen = Tensor<double>::zeros({2});
  for (Index t = 0; t < 4; ++t) {
    const Tensor<double> average = mean(at_step(x, t), {.axes = {0}});
    EXPECT_TRUE(expect::near(at_step(y, t), at_step(x, t) - average)) << t;
    seen = seen * 0.5 + average;
  }
  EXPECT_TRUE(expect::near(layer.get_weights()[0], seen));
}
