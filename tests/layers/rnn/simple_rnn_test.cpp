#include <lamina/layers/rnn/simple_rnn.hpp>

#include "support/check_layer.hpp"
#include "support/recurrent_layers.hpp"
#include "support/with_threads.hpp"

using namespace lamina;
using namespace lamina::testing::recurrent_layers;

TEST(SimpleRNN, PassesTheLayerChecks) {
  const auto plain = weights_of("simple_rnn_cell", 2, 3, 1, {3});
  check_layer<SimpleRNN>({.input = {3, 4, 2}, .output = {3, 3}, .weights = plain}, 3);
  check_layer<SimpleRNN>({.input = {3, 1, 1}, .output = {3, 1}, .weights = weights_of("simple_rnn_cell", 1, 1, 1, {1})},
                         1);
}

TEST(SimpleRNN, WithOtherActivationsAndDropout) {
  const auto plain = weights_of("simple_rnn_cell", 2, 3, 1, {3});
  check_layer<SimpleRNN>({.input = {2, 3, 2}, .output = {2, 3}, .weights = plain}, 3,
                         SimpleRNNOptions{.activation = "sigmoid"});
  check_layer<SimpleRNN>({.input = {2, 3, 2}, .output = {2, 3}, .weights = plain, .training = true}, 3,
                         SimpleRNNOptions{.dropout = 0.2, .recurrent_dropout = 0.3});
}

TEST(SimpleRNN, FusedKernelsAgreeWithTheStepByStepComputation) {
  compare_with_general(
      SimpleRNN<double>(4, {.return_sequences = true, .zero_output_for_mask = true}),
      SimpleRNN<double>(4, {.return_sequences = true, .zero_output_for_mask = true, .activation = same_as_tanh}));
}
