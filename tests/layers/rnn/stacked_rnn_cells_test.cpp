#include <lamina/layers/rnn/stacked_rnn_cells.hpp>

#include "support/cells.hpp"
#include "support/check_layer.hpp"

using namespace lamina;
using namespace lamina::testing::cells;

TEST(StackedRNNCells, AgreeWithStackedLayers) {
  for (const bool backwards : {false, true}) {
    RNN stacked(StackedRNNCells(LSTMCell<double>(3), GRUCell<double>(4), SimpleRNNCell<double>(2)),
                {.return_sequences = true, .return_state = true, .go_backwards = backwards});
    LSTM<double> first(3, {.return_sequences = true, .return_state = true, .go_backwards = backwards});
    GRU<double> second(4, {.return_sequences = true, .return_state = true});
    SimpleRNN<double> third(2, {.return_sequences = true, .return_state = true});
    const auto y = stacked.apply({sequence});
    EXPECT_EQ(stacked.variables().size(), 9u);
    const auto a = first.apply({sequence}), b = second.apply({a[0]}), c = third.apply({b[0]});
    auto weights = stacked.get_weights();
    first.set_weights({weights.begin(), weights.begin() + 3});
    second.set_weights({weights.begin() + 3, weights.begin() + 6});
    third.set_weights({weights.begin() + 6, weights.end()});
    const std::vector<Tensor<double>> states{expect::scattered({3, 3}, 1), expect::scattered({3, 3}, 2),
                                             expect::scattered({3, 4}, 3), expect::scattered({3, 2}, 4)};
    const auto got = stacked.apply({sequence, states[0], states[1], states[2], states[3]}, {.mask = step_mask});
    Tensor<float> seen = step_mask;
    if (backwards) {  // the outputs of the first layer are in the order of its steps
      const Tensor<double> turned = gather(step_mask.cast<double>(), {3, 2, 1, 0}, 1);
      seen = turned.cast<float>();
    }
    const auto below = first.apply({sequence, states[0], states[1]}, {.mask = step_mask});
    const auto middle = second.apply({below[0].copy(), states[2]}, {.mask = seen});
    const auto top = third.apply({middle[0].copy(), states[3]}, {.mask = seen});
    ASSERT_EQ(got.size(), 5u);
    EXPECT_TRUE(expect::near(got[0], top[0])) << backwards;
    EXPECT_TRUE(expect::near(got[1], below[1]));
    EXPECT_TRUE(expect::near(got[2], below[2]));
    EXPECT_TRUE(expect::near(got[3], middle[1]));
    EXPECT_TRUE(expect::near(got[4], top[1]));
    // One step of the cells equals the first step of the layer.
    const auto step = stacked.cell().step(at_step(sequence, backwards ? 3 : 0), stacked.cell().initial_states({3, 2}));
    EXPECT_TRUE(expect::near(step.output, at_step(stacked.apply({sequence})[0], 0)));
    EXPECT_EQ(step.states.size(), 4u);
  }
}
