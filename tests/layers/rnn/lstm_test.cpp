#include <lamina/layers/rnn/lstm.hpp>

#include "support/check_layer.hpp"
#include "support/recurrent_layers.hpp"
#include "support/with_threads.hpp"

using namespace lamina;
using namespace lamina::testing::recurrent_layers;

TEST(LSTM, PassesTheLayerChecks) {
  const auto lstm = weights_of("lstm_cell", 2, 3, 4, {12});
  check_layer<LSTM>({.input = {3, 4, 2}, .output = {3, 3}, .weights = lstm}, 3);
  check_layer<LSTM>({.input = {3, 4, 2}, .output = {3, 4, 3}, .weights = lstm}, 3,
                    LSTMOptions{.return_sequences = true, .go_backwards = true});
}

TEST(LSTM, WithOtherActivationsAndDropout) {
  const auto lstm = weights_of("lstm_cell", 2, 3, 4, {12});
  check_layer<LSTM>({.input = {2, 3, 2}, .output = {2, 3, 3}, .weights = lstm}, 3,
                    LSTMOptions{.return_sequences = true, .activation = "softsign", .recurrent_activation = "sigmoid"});
  check_layer<LSTM>({.input = {2, 3, 2}, .output = {2, 3}, .weights = lstm, .training = true}, 3,
                    LSTMOptions{.dropout = 0.4});
  check_layer<LSTM>({.input = {2, 3, 2}, .output = {2, 3}, .weights = lstm, .training = true}, 3,
                    LSTMOptions{.dropout = 0.4, .recurrent_dropout = 0.3});
}

TEST(LSTM, FusedKernelsAgreeWithTheStepByStepComputation) {
  compare_with_general(LSTM<double>(4, {.return_sequences = true, .return_state = true}),
                       LSTM<double>(4, {.return_sequences = true, .return_state = true, .activation = same_as_tanh}));
}

TEST(LSTM, StartsWithAForgetBiasOfOne) {
  LSTM<double> open(3), closed(3, {.unit_forget_bias = false}), others(3, {.bias_initializer = Constant(2)});
  for (LSTM<double>* layer : {&open, &closed, &others}) layer->ensure_built({None, None, 2});
  EXPECT_TRUE(expect::same(open.get_weights()[2], Tensor<double>{0., 0., 0., 1., 1., 1., 0., 0., 0., 0., 0., 0.}));
  EXPECT_TRUE(expect::same(closed.get_weights()[2], Tensor<double>::zeros({12})));
  EXPECT_TRUE(expect::same(others.get_weights()[2], Tensor<double>{2., 2., 2., 1., 1., 1., 2., 2., 2., 2., 2., 2.}));
  const Tensor<double> recurrent = open.get_weights()[1];
  EXPECT_TRUE(expect::near(matmul(recurrent, recurrent, {.transpose_b = true}),
                           Tensor<double>{{1., 0., 0.}, {0., 1., 0.}, {0., 0., 1.}}, {1e-6, 1e-6}))
      << "orthogonal";
}
