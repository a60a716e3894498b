#include <lamina/ops/rnn/recurrent_steps.hpp>

#include "support/expect.hpp"

using namespace lamina;

namespace {

/// A step whose state is the running sum of the inputs, and whose output is twice the state.
struct RunningSum final : detail::StepFunction<double> {
  Tensor<double> operator()(const Tensor<double>& x, std::vector<Tensor<double>>& states) const override {
    states[0] = states[0] + x;
    return states[0] * 2;
  }
};

const Tensor<double> sequences{{{1.}, {2.}, {4.}}, {{8.}, {16.}, {32.}}};

SequenceOutput<double> run(const SequenceOptions& options, const Tensor<double>& mask = {}) {
  return detail::step_by_step<double>(RunningSum(), sequences, {Tensor<double>::zeros({2, 1})}, mask, options);
}

}  // namespace

TEST(RecurrentSteps, ReturnAllOutputsOrTheLast) {
  EXPECT_TRUE(expect::same(run({}).y, Tensor<double>{{14.}, {112.}}));
  const auto all = run({.return_sequences = true});
  EXPECT_TRUE(expect::same(all.y, Tensor<double>{{{2.}, {6.}, {14.}}, {{16.}, {48.}, {112.}}}));
  ASSERT_EQ(all.states.size(), 1U);
  EXPECT_TRUE(expect::same(all.states[0], Tensor<double>{{7.}, {56.}}));
}

TEST(RecurrentSteps, ProcessStepsBackwards) {
  const auto all = run({.return_sequences = true, .go_backwards = true});
  EXPECT_TRUE(expect::same(all.y, Tensor<double>{{{8.}, {12.}, {14.}}, {{64.}, {96.}, {112.}}}));
}

TEST(RecurrentSteps, MaskedStepsKeepTheStateAndRepeatTheOutput) {
  const Tensor<double> mask{{1., 0., 1.}, {0., 1., 0.}};
  const auto repeated = run({.return_sequences = true}, mask);
  EXPECT_TRUE(expect::same(repeated.y, Tensor<double>{{{2.}, {2.}, {10.}}, {{0.}, {32.}, {32.}}}));
  EXPECT_TRUE(expect::same(repeated.states[0], Tensor<double>{{5.}, {16.}}));
  const auto zeros = run({.return_sequences = true, .zero_output_for_mask = true}, mask);
  EXPECT_TRUE(expect::same(zeros.y, Tensor<double>{{{2.}, {0.}, {10.}}, {{0.}, {32.}, {0.}}}));
}

TEST(RecurrentSteps, RequireAStep) {
  EXPECT_TRUE(expect::error<ShapeError>(
      [] {
        detail::step_by_step<double>(RunningSum(), Tensor<double>::zeros({2, 0, 1}), {Tensor<double>::zeros({2, 1})},
                                     {}, {});
      },
      {"at least one step", "(2, 0, 1)"}));
}
