#include <lamina/layers/rnn/rnn.hpp>

#include "support/cells.hpp"
#include "support/check_layer.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::cells;

/// The example cell of RecurrentCell's documentation.
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

/// A cell that contains a layer; its output size differs from its state size, and its initial state is not zero.
struct CountingCell : RecurrentCell<double> {
  CountingCell() : RecurrentCell<double>({1}) {}
  CellOutput<double> step(const Tensor<double>& in, const std::vector<Tensor<double>>& states) const override {
    return {head(in) * states[0], {states[0] + 1.0}};
  }
  Shape output_shape(const Shape& input) const override { return {input.front(), 3}; }
  std::vector<Tensor<double>> initial_states(const Shape& input) const override {
    return {Tensor<double>::ones({input.front(), 1})};
  }
  std::shared_ptr<RecurrentCell<double>> clone() const override { return std::make_shared<CountingCell>(); }
  Dense<double> head{3};
};

}  // namespace

TEST(RNN, AcceptsACustomCell) {
  RNN layer(std::make_shared<MinimalCell>(5), {.return_sequences = true, .return_state = true});
  EXPECT_EQ(layer.compute_output_shapes({{None, None, 2}}), (std::vector<Shape>{{None, None, 5}, {None, 5}}));
  const auto y = layer.apply({sequence});
  ASSERT_EQ(y.size(), 2u);
  ASSERT_EQ(layer.variables().size(), 2u);
  EXPECT_EQ(layer.variables()[0].path(), layer.name() + "/minimal_cell/kernel");
  const auto kernel = layer.variables()[0], recurrent = layer.variables()[1];
  Tensor<double> h = Tensor<double>::zeros({3, 5});
  for (Index t = 0; t < 4; ++t) {
    h = matmul(at_step(sequence, t), kernel) + matmul(h, recurrent);
    EXPECT_TRUE(expect::near(at_step(y[0], t), h)) << t;
  }
  EXPECT_TRUE(expect::near(y[1], h));
  GradientTape<double> tape;
  for (const auto& gradient : tape.gradient(sum(layer.apply({sequence})[0]), layer.trainable_variables()))
    EXPECT_TRUE(gradient.defined());
}

TEST(RNN, AcceptsCellsWithLayersInsideAndCustomStates) {
  RNN layer(CountingCell(), {.return_sequences = true});
  EXPECT_EQ(layer.compute_output_shape({None, 4, 2}), (Shape{None, 4, 3}));
  const Tensor<double> y = layer(sequence);
  EXPECT_EQ(layer.variables().size(), 2u) << "kernel and bias of the inner Dense";
  const Dense<double>& head = static_cast<const CountingCell&>(layer.cell()).head;
  for (Index t = 0; t < 4; ++t)
    EXPECT_TRUE(expect::near(at_step(y, t), head(at_step(sequence, t)) * static_cast<double>(t + 1))) << t;
  const Tensor<double> hidden = layer(sequence, {.mask = step_mask});
  EXPECT_TRUE(expect::near(at_step(hidden, 3).rows_view(2, 3), head(at_step(sequence, 3)).rows_view(2, 3) * 2.0))
      << "a masked step has no effect";
}

TEST(RNN, OverLSTMCellIsLSTM) {
  RNN over_cell(LSTMCell<double>(3), {.return_sequences = true, .go_backwards = true});
  LSTM<double> lstm(3, {.return_sequences = true, .go_backwards = true});
  over_cell(sequence);
  lstm(sequence);
  lstm.set_weights(over_cell.get_weights());
  EXPECT_TRUE(expect::same(over_cell(sequence, {.mask = step_mask}), lstm(sequence, {.mask = step_mask})));
}

TEST(RNN, ErrorsOfCellsAreReported) {
  struct Forgetful : RecurrentCell<double> {
    Forgetful() : RecurrentCell<double>({2}) {}
    CellOutput<double> step(const Tensor<double>& in, const std::vector<Tensor<double>>&) const override {
      return {in, {}};
    }
  };
  RNN layer{Forgetful()};
  EXPECT_TRUE(expect::error<ValueError>([&] { layer(sequence); }, {"Forgetful", "step", "expected 1 states, got 0"}));
  EXPECT_TRUE(expect::error<ValueError>([] { RNN<double>(std::shared_ptr<MinimalCell>()); }, {"null pointer"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Bidirectional b(RNN(MinimalCell(2))); }, {"clone()", "backward_layer"}));
}
