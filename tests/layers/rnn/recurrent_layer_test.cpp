#include <lamina/layers/rnn/recurrent_layer.hpp>

#include "support/check_layer.hpp"
#include "support/recurrent_layers.hpp"
#include "support/with_threads.hpp"

using namespace lamina;
using namespace lamina::testing::recurrent_layers;

TEST(RecurrentLayers, ContinueFromGivenStates) {
  LSTM<double> layer(4, {.return_sequences = true, .return_state = true});
  const auto whole = layer.apply({x});
  ASSERT_EQ(whole.size(), 3u);
  const auto first = layer.apply({slice(x, {0, 0, 0}, {3, 2, 2})});
  const auto rest = layer.apply({slice(x, {0, 2, 0}, {3, 3, 2}), first[1], first[2]});
  EXPECT_TRUE(expect::near(concatenate(1, first[0], rest[0]), whole[0]));
  EXPECT_TRUE(expect::near(rest[1], whole[1]));
  EXPECT_TRUE(expect::near(rest[2], whole[2]));
  EXPECT_TRUE(expect::near(slice(whole[0], {0, 4, 0}, {3, 1, 4}), reshape(whole[1], {3, 1, 4})));
}

TEST(RecurrentLayers, StatesHaveGradients) {
  GRU<double> layer(3);
  layer(x);
  Tensor<double> h = expect::scattered({3, 3}, 4);
  GradientTape<double> tape;
  tape.watch(h);
  const Tensor<double> gradient = tape.gradient(sum(layer({x, h})), h);
  const Tensor<double> slopes = detail::central_differences(h, [&](const Tensor<double>& moved) {
    return sum(layer({x, moved})).item();
  });
  EXPECT_TRUE(expect::near(gradient, slopes, {1e-6, 1e-8}));
}

TEST(RecurrentLayers, StatefulOnesKeepStatesUntilReset) {
  LSTM<double> layer(4, {.return_sequences = true, .stateful = true});
  layer.ensure_built(x.shape());
  EXPECT_TRUE(layer.states().empty()) << "building does not set a state";
  EXPECT_EQ(layer.variables().size(), 3u) << "states are not weights";
  const Tensor<double> first = layer(slice(x, {0, 0, 0}, {3, 2, 2})), rest = layer(slice(x, {0, 2, 0}, {3, 3, 2}));
  EXPECT_EQ(layer.compute_output_shape({None, None, 2}), (Shape{None, None, 4}));
  ASSERT_EQ(layer.states().size(), 2u);
  layer.reset_state();
  EXPECT_TRUE(expect::near(layer(x), concatenate(1, first, rest)));
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer(x.rows_view(0, 2)); }, {"stateful", "batch of 3", "one of 2"}));
  layer.reset_state();
  EXPECT_EQ(layer(x.rows_view(0, 2)).shape(), (Shape{2, 5, 4})) << "another batch size after a reset";
  layer.reset_state({expect::scattered({3, 4}, 1), expect::scattered({3, 4}, 2)});
  const Tensor<double> from_given = layer(x);
  layer.reset_state();
  EXPECT_TRUE(expect::same(layer({x, expect::scattered({3, 4}, 1), expect::scattered({3, 4}, 2)}), from_given));
  LSTM<double> other(4);
  EXPECT_TRUE(expect::error<StateError>([&] { other.reset_state(); }, {"LSTM", "expected a stateful layer"}));
}

TEST(RecurrentLayers, ApplyAndPropagateMasks) {
  LSTM<double> last(3), all(3, {.return_sequences = true}),
      zeros(3, {.return_sequences = true, .zero_output_for_mask = true});
  for (LSTM<double>* layer : {&last, &all, &zeros}) {
    (*layer)(x);
    layer->set_weights(last.get_weights());
  }
  const Tensor<double> y = all(x, {.mask = mask}), z = zeros(x, {.mask = mask});
  EXPECT_TRUE(expect::same(get_mask(y), mask.cast<double>()));
  const Tensor<double> only_last = last(x, {.mask = mask});
  EXPECT_FALSE(get_mask(only_last).defined());
  EXPECT_TRUE(expect::near(only_last, reshape(slice(y, {0, 4, 0}, {3, 1, 3}), {3, 3})));
  for (Index j = 0; j < 3; ++j) {
    EXPECT_EQ(y(1, 3, j), y(1, 2, j)) << "the previous output";
    EXPECT_EQ(y(1, 4, j), y(1, 2, j));
    EXPECT_EQ(y(2, 0, j), 0) << "there is no previous output";
    EXPECT_EQ(y(2, 2, j), y(2, 1, j));
    EXPECT_EQ(z(1, 4, j), 0);
    EXPECT_EQ(z(2, 2, j), 0);
    EXPECT_EQ(z(2, 3, j), y(2, 3, j));
  }
  // A sample whose last steps are masked has the outputs of a shorter sample.
  EXPECT_TRUE(expect::near(only_last.rows_view(1, 2), last(slice(x, {1, 0, 0}, {1, 3, 2}))));
}

TEST(RecurrentLayers, DropTheSameInputsAtEveryStep) {
  // With an identity kernel and no recurrence, the outputs show which inputs were used.
  SimpleRNN<double> layer(200, {.return_sequences = true,
                                .activation = "linear",
                                .use_bias = false,
                                .kernel_initializer = "identity",
                                .recurrent_initializer = "zeros",
                                .dropout = 0.25,
                                .seed = 5});
  const Tensor<double> ones = Tensor<double>::ones({8, 3, 200});
  const CallContext::Step step(1, 2);
  const Tensor<double> y = layer(ones, {.training = true});
  Index kept = 0;
  for (Index b = 0; b < 8; ++b)
    for (Index j = 0; j < 200; ++j) {
      EXPECT_EQ(y(b, 0, j), y(b, 2, j));
      EXPECT_TRUE(y(b, 1, j) == 0 || std::abs(y(b, 1, j) - 1 / 0.75) < 1e-9);
      kept += y(b, 1, j) != 0 ? 1 : 0;
    }
  EXPECT_NEAR(static_cast<double>(kept) / 1600, 0.75, 0.05);
  EXPECT_TRUE(expect::same(layer(ones), ones)) << "in inference";
}

TEST(RecurrentLayers, RegularizersAndConstraints) {
  GRU<double> layer(2, {.kernel_regularizer = L2(0.5),
                        .recurrent_regularizer = "l1",
                        .bias_regularizer = "l2",
                        .activity_regularizer = L2(0.1),
                        .kernel_constraint = "non_neg",
                        .recurrent_constraint = UnitNorm(),
                        .bias_constraint = "max_norm"});
  const Tensor<double> y = layer(x);
  EXPECT_EQ(layer.losses().size(), 4u);
  EXPECT_NEAR(layer.losses()[3].item(), 0.1 * sum(y * y).item() / 3, 1e-12) << "divided by the batch size";
  const auto variables = layer.variables();
  for (const auto& v : variables) EXPECT_TRUE(v.constraint() && v.regularizer()) << v.path();
}

TEST(RecurrentLayers, KeepTheirWeightsWhenMoved) {
  LSTM<double> layer(4);
  const Tensor<double> y = layer(x);
  LSTM<double> moved(std::move(layer));
  EXPECT_TRUE(moved.built());
  ASSERT_EQ(moved.variables().size(), 3u);
  EXPECT_TRUE(expect::same(moved(x), y));
  Sequential<double> model{std::move(moved), Dense<double>(1)};
  EXPECT_EQ(model(x).shape(), (Shape{3, 1}));
  EXPECT_EQ(model.variables().size(), 5u);
  model.set_trainable(false);
  EXPECT_TRUE(model.trainable_variables().empty());
}

TEST(RecurrentLayers, InvalidInputIsAHelpfulError) {
  EXPECT_TRUE(expect::error<ValueError>([] { LSTM(0); }, {"units >= 1", "got 0"}));
  EXPECT_TRUE(expect::error<ValueError>([] { GRU(2, {.dropout = 1.5}); }, {"dropout", "1.5"}));
  EXPECT_TRUE(expect::error<ValueError>([] { LSTM(2, {.activation = "tahn"}); }, {"tahn", "tanh"}));
  LSTM<double> layer(3, {.name = "memory"});
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        layer(Tensor<double>::zeros({3, 2}));
      },
      {"LSTM \"memory\"", "(batch, steps, features)", "(None, 2)"}));
  layer(x);
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer(Tensor<double>::zeros({3, 2})); }, {"(3, 2)", "last axis"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        layer(Tensor<double>::zeros({3, 5, 4}));
      },
      {"LSTM \"memory\", call", "(2,)", "(3, 5, 4)"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer(Tensor<double>::zeros({3, 0, 2})); }, {"at least one step"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { layer({x, Tensor<double>::zeros({3, 3})}); }, {"2 states", "got 1"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        layer({x, Tensor<double>::zeros({3, 3}), Tensor<double>::zeros({2, 3})});
      },
      {"state 1", "(3, 3)", "(2, 3)"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        layer(x, {.mask = Tensor<float>::ones({3, 4})});
      },
      {"a mask with the leading axes", "(3, 5, 2)", "a mask of shape (3, 4)"}));
}

TEST(RecurrentLayers, LearnToRecallTheFirstStep) {
  set_random_seed(3);
  Tensor<float> sequences = expect::scattered<float>({256, 6, 1}), first = Tensor<float>::empty({256, 1});
  for (Index i = 0; i < 256; ++i) first.mutable_data()[i] = sequences(i, 0, 0);
  Sequential model{LSTM(12), Dense(1)};
  model.compile({.optimizer = Adam<float>({.learning_rate = 0.02}), .loss = "mse"});
  const auto history = model.fit(sequences, first, {.batch_size = 32, .epochs = 25, .verbose = 0});
  EXPECT_LT(history["loss"].back(), 0.02);
  EXPECT_GT(history["loss"].front(), 0.1);
}
