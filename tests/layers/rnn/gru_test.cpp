#include <lamina/layers/rnn/gru.hpp>

#include "support/check_layer.hpp"
#include "support/recurrent_layers.hpp"
#include "support/with_threads.hpp"

using namespace lamina;
using namespace lamina::testing::recurrent_layers;

TEST(GRU, PassesTheLayerChecks) {
  const auto gru = weights_of("gru_cell", 2, 3, 3, {2, 9});
  check_layer<GRU>({.input = {3, 4, 2}, .output = {3, 4, 3}, .weights = gru}, 3, GRUOptions{.return_sequences = true});
  check_layer<GRU>({.input = {3, 4, 2}, .output = {3, 3}, .weights = weights_of("gru_cell", 2, 3, 3, {9})}, 3,
                   GRUOptions{.unroll = true, .reset_after = false});
}

TEST(GRU, WithOtherActivationsAndDropout) {
  const auto gru = weights_of("gru_cell", 2, 3, 3, {2, 9});
  check_layer<GRU>({.input = {2, 3, 2}, .output = {2, 3}, .weights = gru}, 3,
                   GRUOptions{.activation = "linear", .recurrent_activation = "tanh"});
  check_layer<GRU>({.input = {2, 3, 2}, .output = {2, 3}, .weights = gru, .training = true}, 3,
                   GRUOptions{.recurrent_dropout = 0.3});
}

TEST(GRU, FusedKernelsAgreeWithTheStepByStepComputation) {
  compare_with_general(GRU<double>(4, {.return_state = true, .go_backwards = true}),
                       GRU<double>(4, {.return_state = true, .go_backwards = true, .activation = same_as_tanh}));
  compare_with_general(GRU<double>(4, {.reset_after = false}),
                       GRU<double>(4, {.activation = same_as_tanh, .reset_after = false}));
}
