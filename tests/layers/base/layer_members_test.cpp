#include <lamina/layers/base/layer_members.hpp>

#include "lamina/layers/base/layer.hpp"
#include "support/expect.hpp"
#include "support/scale_layer.hpp"

using namespace lamina;
using namespace lamina::testing::scale_layer;

TEST(AddWeight, BelongsInBuild) {
  struct Late : Scale {
    void later() { add_weight("late", {1}); }
  } layer;
  layer(two_by_three);
  EXPECT_TRUE(expect::error<StateError>([&] { layer.later(); },
                                        {"Late \"", "add_weight", "\"late\"", "to a layer that is built", "`build`"}));
  EXPECT_EQ(layer.variables().size(), 1u);
}

TEST(AddWeight, TwiceUnderOneNameIsAnError) {
  struct Twins : Layer<double> {
    void build(const Shape&) override {
      add_weight("w", {1});
      add_weight("w", {2});
    }
    Tensor<double> call(const Tensor<double>& x) const override { return x; }
  } layer;
  EXPECT_TRUE(expect::error<ValueError>([&] { layer(two_by_three); }, {"Twins \"", "build", "\"w\"", "another name"}));
}

TEST(AddWeight, RequiresAKnownShape) {
  struct Open : Layer<double> {
    void build(const Shape& input) override { add_weight("w", input); }
    Tensor<double> call(const Tensor<double>& x) const override { return x; }
  } layer;
  EXPECT_TRUE(
      expect::error<ShapeError>([&] { layer(two_by_three); }, {"Open \"", "\"w\"", "known shape", "(None, 3)"}));
}

TEST(AddWeight, OrdersTrainableWeightsFirst) {
  struct Mixed : Layer<double> {
    void build(const Shape&) override {
      add_weight("moving", {1}, "zeros", {.trainable = false});
      add_weight("gamma", {2}, "ones");
    }
    Tensor<double> call(const Tensor<double>& x) const override { return x; }
  } layer;
  layer(two_by_three);
  ASSERT_EQ(layer.variables().size(), 2u);
  EXPECT_EQ(layer.variables()[0].name(), "gamma");
  EXPECT_EQ(layer.weights()[1].name(), "moving");
  EXPECT_EQ(layer.trainable_variables().size(), 1u);
  EXPECT_EQ(layer.non_trainable_variables().size(), 1u);
  EXPECT_EQ(layer.count_params(), 3);
  layer.set_trainable(false);
  EXPECT_TRUE(layer.trainable_variables().empty());
  layer.set_trainable(true);
  EXPECT_EQ(layer.trainable_variables().size(), 1u) << "unfreezing does not make non-trainable weights trainable";
}

TEST(Weights, RoundTripThroughGetAndSetWeights) {
  Dense<double> layer(2);
  layer(two_by_three);
  const auto before = layer.get_weights();
  const std::vector<Tensor<double>> given{Tensor{{1., 2.}, {3., 4.}, {5., 6.}}, Tensor{7., 8.}};
  layer.set_weights(given);
  EXPECT_TRUE(expect::same(layer.get_weights(), given));
  EXPECT_FALSE(expect::same(before, given)) << "tensors read before do not change";
  layer.variables()[1].assign(Tensor{0., 0.});
  EXPECT_EQ(given[1][0], 7) << "given tensors do not change";
}

TEST(Weights, InvalidOnesChangeNothing) {
  Dense<double> layer(2, {.name = "fc"});
  layer(two_by_three);
  const auto before = layer.get_weights();
  const Tensor<double> kernel = Tensor<double>::ones({3, 2});
  EXPECT_TRUE(expect::error<ValueError>([&] { layer.set_weights({kernel}); },
                                        {"Dense \"fc\", set_weights", "expected 2 weights, got 1"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        layer.set_weights({kernel, Tensor{1., 2., 3.}});
      },
      {"fc/bias", "expected shape (2,)", "got (3,)"}));
  EXPECT_TRUE(expect::same(layer.get_weights(), before));
  Dense<double> unbuilt(2);
  EXPECT_TRUE(expect::error<ValueError>([&] { unbuilt.set_weights({kernel}); }, {"Build the layer first"}));
}
