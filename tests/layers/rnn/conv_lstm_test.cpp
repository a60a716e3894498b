// ConvLSTM1D, 2D and 3D: compared with plain loops and, where both are equal, with LSTM; requirements of every layer.
#include "support/check_layer.hpp"

using namespace lamina;

namespace {

std::vector<ExpectedWeight> weights_of(const Shape& window, Index channels, Index filters) {
  const auto kernel = [&](Index in) {
    Shape shape = window;
    shape.push_back(in);
    shape.push_back(4 * filters);
    return shape;
  };
  return {{"kernel", kernel(channels), true, "conv_lstm_cell/kernel"},
          {"recurrent_kernel", kernel(filters), true, "conv_lstm_cell/recurrent_kernel"},
          {"bias", {4 * filters}, true, "conv_lstm_cell/bias"}};
}

/// Reference implementation of ConvLSTM1D for one sample: a window of three, "same" padding, one channel, one filter.
std::vector<double> by_loops(const Tensor<double>& x, const std::vector<Tensor<double>>& weights) {
  const Index steps = x.shape()[1], size = x.shape()[2];
  const auto n = static_cast<std::size_t>(size);
  std::vector<double> h(n), c(n);
  const auto sigmoid_of = [](double v) { return 1 / (1 + std::exp(-v)); };
  for (Index t = 0; t < steps; ++t) {
    std::vector<double> next(n);
    for (Index i = 0; i < size; ++i) {
      double gates[4];
      for (Index gate = 0; gate < 4; ++gate) {
        gates[gate] = weights[2](gate);
        for (Index k = 0; k < 3; ++k)
          if (const Index at = i + k - 1; at >= 0 && at < size)
            gates[gate] +=
                x(0, t, at, 0) * weights[0](k, 0, gate) + h[static_cast<std::size_t>(at)] * weights[1](k, 0, gate);
      }
      double& carry = c[static_cast<std::size_t>(i)];
      carry = sigmoid_of(gates[1]) * carry + sigmoid_of(gates[0]) * std::tanh(gates[2]);
      next[static_cast<std::size_t>(i)] = sigmoid_of(gates[3]) * std::tanh(carry);
    }
    h = next;
  }
  return h;
}

Tensor<double> channels_to_front(const Tensor<double>& x) { return transpose(x, {0, 1, 4, 2, 3}); }

}  // namespace

TEST(ConvLSTM, PassesTheLayerChecks) {
  check_layer<ConvLSTM1D>({.input = {2, 3, 5, 2}, .output = {2, 3, 5, 2}, .weights = weights_of({3}, 2, 2)}, 2, 3,
                          ConvLSTMOptions{.return_sequences = true, .padding = "same"});
  check_layer<ConvLSTM1D>({.input = {2, 2, 6, 1}, .output = {2, 3, 1}, .weights = weights_of({2}, 1, 1)}, 1, 2,
                          ConvLSTMOptions{.strides = 2, .activation = "softsign"});
  check_layer<ConvLSTM2D>({.input = {2, 2, 2, 3, 3}, .output = {2, 1, 2, 3}, .weights = weights_of({2, 1}, 2, 1)}, 1,
                          AxisSizes{2, 1}, ConvLSTMOptions{.go_backwards = true, .channels_first = true});
  check_layer<ConvLSTM2D>(
      {.input = {2, 2, 3, 3, 1}, .output = {2, 1, 1, 1}, .weights = weights_of({2, 2}, 1, 1), .training = true}, 1, 2,
      ConvLSTMOptions{.dilation_rate = 2, .dropout = 0.3, .recurrent_dropout = 0.3});
}

TEST(ConvLSTM, AgreesWithTheFormulas) {
  ConvLSTM1D<double> layer(1, 3, {.padding = "same"});
  const Tensor<double> x = expect::scattered({1, 4, 6, 1});
  layer(x);
  detail::LayerChecker<double>::scatter_weights(layer);
  const Tensor<double> y = layer(x);
  const auto expected = by_loops(x, layer.get_weights());
  for (Index i = 0; i < 6; ++i) EXPECT_NEAR(y(0, i, 0), expected[static_cast<std::size_t>(i)], 1e-13) << i;
}

TEST(ConvLSTM, OverASinglePixelIsLSTM) {
  const ConvLSTMOptions options{.return_sequences = true, .return_state = true, .zero_output_for_mask = true};
  ConvLSTM3D<double> layer(3, 1, options);
  LSTM<double> lstm(3, {.return_sequences = true, .return_state = true, .zero_output_for_mask = true});
  const Tensor<double> x = expect::scattered({2, 4, 5}), h = expect::scattered({2, 3}, 1),
                       c = expect::scattered({2, 3}, 2);
  const Tensor<double> places = reshape(x, {2, 4, 1, 1, 1, 5});
  const Tensor<float> mask{{1, 0, 1, 1}, {0, 1, 1, 0}};
  layer.apply({places});
  lstm.apply({x});
  const auto w = layer.get_weights();
  lstm.set_weights({reshape(w[0], {5, 12}), reshape(w[1], {3, 12}), w[2]});
  const auto got = layer.apply({places, reshape(h, {2, 1, 1, 1, 3}), reshape(c, {2, 1, 1, 1, 3})}, {.mask = mask});
  const auto expected = lstm.apply({x, h, c}, {.mask = mask});
  ASSERT_EQ(got.size(), 3u);
  EXPECT_TRUE(expect::near(reshape(got[0], {2, 4, 3}), expected[0]));
  EXPECT_TRUE(expect::near(reshape(got[1], {2, 3}), expected[1]));
  EXPECT_TRUE(expect::near(reshape(got[2], {2, 3}), expected[2]));
  EXPECT_TRUE(expect::same(get_mask(got[0]), mask.cast<double>()));
}

TEST(ConvLSTM, ChannelsFirstIsTheSameWithAxesMoved) {
  const ConvLSTMOptions last{.return_sequences = true, .return_state = true, .padding = "same"};
  ConvLSTMOptions first = last;
  first.channels_first = true;
  ConvLSTM2D<double> a(3, {3, 2}, last), b(3, {3, 2}, first);
  const Tensor<double> x = expect::scattered({2, 3, 4, 5, 2});
  const auto expected = a.apply({x});
  EXPECT_EQ(b.compute_output_shapes({{None, None, 2, 4, 5}}),
            (std::vector<Shape>{{None, None, 3, 4, 5}, {None, 3, 4, 5}, {None, 3, 4, 5}}));
  b.apply({channels_to_front(x)});
  b.set_weights(a.get_weights());
  const auto got = b.apply({channels_to_front(x)});
  EXPECT_TRUE(expect::near(got[0], channels_to_front(expected[0])));
  for (std::size_t i : {1u, 2u}) EXPECT_TRUE(expect::near(got[i], transpose(expected[i], {0, 3, 1, 2})));
  // The final states of one call are the initial states of another.
  const auto half = [&](Index from, Index count) {
    return slice(channels_to_front(x), {0, from, 0, 0, 0}, {2, count, 2, 4, 5});
  };
  const auto begun = b.apply({half(0, 1)}), ended = b.apply({half(1, 2), begun[1], begun[2]});
  EXPECT_TRUE(expect::near(ended[1], got[1]));
}

TEST(ConvLSTM, SupportsGoBackwardsAndStates) {
  Bidirectional both(ConvLSTM1D<double>(2, 3, {.return_sequences = true, .padding = "same"}));
  const Tensor<double> x = expect::scattered({2, 3, 4, 1});
  EXPECT_EQ(both(x).shape(), (Shape{2, 3, 4, 4}));
  EXPECT_EQ(both.variables().size(), 6u);
  ConvLSTM1D<double> layer(2, 3, {.stateful = true, .padding = "same"});
  layer.ensure_built(x.shape());
  const Tensor<double> first = layer(x);
  EXPECT_FALSE(expect::near(layer(x), first));
  layer.reset_state();
  EXPECT_TRUE(expect::same(layer(x), first));
}

TEST(ConvLSTM, BadArgumentsAndInputsAreErrors) {
  EXPECT_TRUE(expect::error<ValueError>([] { ConvLSTM2D(0, 3); }, {"ConvLSTM2D", "filters >= 1"}));
  EXPECT_TRUE(expect::error<ValueError>([] { ConvLSTM2D(1, {3, 3, 3}); }, {"kernel_size", "got 3"}));
  EXPECT_TRUE(expect::error<ValueError>([] { ConvLSTM1D(1, 3, {.strides = 2, .dilation_rate = 2}); },
                                        {"strides", "dilation_rate"}));
  EXPECT_TRUE(expect::error<ValueError>([] { ConvLSTM1D(1, 3, {.padding = "causal"}); }, {"causal"}));
  EXPECT_TRUE(expect::error<ValueError>([] { ConvLSTM1D(1, 3, {.dropout = -1}); }, {"dropout", "-1"}));
  ConvLSTM2D<double> layer(1, 3);
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer(Tensor<double>::zeros({2, 3, 4, 5})); }, {"rank 5", "rank 4"}));
  EXPECT_FALSE(layer.built());
  layer(Tensor<double>::zeros({2, 3, 4, 5, 1}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        layer(Tensor<double>::zeros({2, 3, 5, 5, 1}));
      },
      {"ConvLSTM2D", "(4, 5, 1)", "(2, 3, 5, 5, 1)"}));
}
