#include <lamina/layers/rnn/recurrent_cell.hpp>

#include "support/cells.hpp"
#include "support/check_layer.hpp"

using namespace lamina;
using namespace lamina::testing::cells;

TEST(RecurrentCells, AreLayersOfOneStep) {
  LSTMCell<double> cell(3);
  const auto first = cell.apply({at_step(sequence, 0)});
  ASSERT_EQ(first.size(), 3u);
  EXPECT_TRUE(expect::same(first[0], first[1]));
  const auto second = cell.apply({at_step(sequence, 1), first[1], first[2]});
  RNN over_steps(std::make_shared<LSTMCell<double>>(3), {.return_sequences = true});
  over_steps(sequence);
  over_steps.set_weights(cell.get_weights());
  EXPECT_TRUE(expect::near(second[0], at_step(over_steps(sequence), 1)));
  EXPECT_EQ(cell.variables()[0].path(), cell.name() + "/kernel");
  EXPECT_EQ(cell.compute_output_shapes({{None, 2}}), (std::vector<Shape>{{None, 3}, {None, 3}, {None, 3}}));
  EXPECT_TRUE(expect::error<ValueError>([&] { cell.apply({at_step(sequence, 0), first[1]}); }, {"2 states", "got 1"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { cell.apply({sequence}); }, {"rank 2"}));
}
