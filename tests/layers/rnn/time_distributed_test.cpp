#include <lamina/layers/rnn/time_distributed.hpp>

#include "support/cells.hpp"
#include "support/check_layer.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::cells;

template <class S>
struct HeadOfEveryStep : TimeDistributed<S> {
  HeadOfEveryStep() : TimeDistributed<S>(Dense<S>(3, {.activation = "tanh", .name = "head"})) {}
};

}  // namespace

TEST(TimeDistributed, PassesTheLayerChecks) {
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
  // A mask of inner steps is passed to the layer; a mask of the outer steps is propagated to the output.
  Tensor<float> inner_mask = Tensor<float>::ones({3, 4, 5});
  inner_mask.mutable_data()[4] = 0;
  EXPECT_FALSE(expect::near(layer(clips, {.mask = inner_mask}), y));
  const Tensor<double> masked = layer(clips, {.mask = step_mask});
  EXPECT_TRUE(expect::same(masked, y));
  EXPECT_TRUE(expect::same(get_mask(masked), step_mask.cast<double>()));
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer(Tensor<double>::zeros({3, 4})); }, {"TimeDistributed", "(3, 4)"}));
}

TEST(TimeDistributed, AppliesAStatefulLayerStepByStep) {
  struct Averaging : Layer<double> {  // updates a running mean, as BatchNormalization does
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
  const Tensor<double> y = layer(sequence, {.training = true});
  Tensor<double> seen = Tensor<double>::zeros({2});
  for (Index t = 0; t < 4; ++t) {
    const Tensor<double> average = mean(at_step(sequence, t), {.axes = {0}});
    EXPECT_TRUE(expect::near(at_step(y, t), at_step(sequence, t) - average)) << t;
    seen = seen * 0.5 + average;
  }
  EXPECT_TRUE(expect::near(layer.get_weights()[0], seen));
}
