// The base Layer: names, weights, errors, and what happens when a build fails.
#include "lamina/layers/base/layer.hpp"

#include "support/expect.hpp"

using namespace lamina;

namespace {

struct Scale : Layer<double> {
  void build(const Shape& input) override { factor = add_weight("factor", {input.back()}, "ones"); }
  Tensor<double> call(const Tensor<double>& x) const override { return x * factor; }
  Variable<double> factor;
};

const Tensor<double> two_by_three{{1., 2., 3.}, {4., 5., 6.}};

}  // namespace

TEST(LayerNames, AreMadeFromTheClassAndCounted) {
  clear_session();
  EXPECT_EQ(SimpleDense().name(), "simple_dense");
  EXPECT_EQ(SimpleDense().name(), "simple_dense_1");
  EXPECT_EQ(Dense(1).name(), "dense");
  EXPECT_EQ(SimpleDense().name(), "simple_dense_2");
  EXPECT_EQ(Scale().name(), "scale");
  clear_session();
  EXPECT_EQ(SimpleDense().name(), "simple_dense");
}

TEST(LayerNames, AreNotUsedUpByLayersWithANameOfTheirOwn) {
  clear_session();
  Dense named(1, {.name = "head"}), first(1), second(1);
  EXPECT_EQ(named.name(), "head");
  EXPECT_EQ(first.name(), "dense");
  EXPECT_EQ(second.name(), "dense_1");
  second.set_name("tail");
  EXPECT_EQ(second.name(), "tail");
}

TEST(LayerNames, OfTheClassAreThoseOfTheType) {
  EXPECT_EQ(Scale().class_name(), "Scale");
  struct Local : Scale {};
  EXPECT_EQ(Local().class_name(), "Local");
  EXPECT_EQ(SimpleDense<double>().class_name(), "SimpleDense");
}

TEST(LayerNames, PathsHoldEveryLayerAround) {
  clear_session();
  Sequential model{Dense(2), Sequential{Dense(3)}};
  model(Tensor{{1, 2}});
  const auto variables = model.variables();
  ASSERT_EQ(variables.size(), 4u);
  EXPECT_EQ(variables[0].path(), "sequential/dense/kernel");
  EXPECT_EQ(variables[1].path(), "sequential/dense/bias");
  EXPECT_EQ(variables[2].path(), "sequential/sequential_1/dense_1/kernel");
}

TEST(LayerBuild, HappensAtTheFirstCallAndOnce) {
  struct Counting : Layer<double> {
    void build(const Shape& input) override {
      ++builds;
      seen = input;
    }
    Tensor<double> call(const Tensor<double>& x) const override { return x; }
    int builds = 0;
    Shape seen;
  } layer;
  EXPECT_FALSE(layer.built());
  layer(two_by_three);
  layer(two_by_three);
  layer.ensure_built({None, 3});
  EXPECT_EQ(layer.builds, 1);
  EXPECT_EQ(layer.seen, (Shape{None, 3}));
}

TEST(LayerBuild, EnsureBuiltNeedsNoData) {
  Scale layer;
  layer.ensure_built({None, 5});
  EXPECT_TRUE(layer.built());
  EXPECT_EQ(layer.factor.shape(), Shape{5});
  EXPECT_EQ(layer.build_shape(), (Shape{None, 5}));
}

TEST(LayerBuild, ThatThrowsLeavesTheLayerUnbuiltAndUsable) {
  struct Moody : Layer<double> {
    void build(const Shape& input) override {
      factor = add_weight("factor", {input.back()}, "ones");
      if (fail) throw std::runtime_error("a bad day");
    }
    Tensor<double> call(const Tensor<double>& x) const override { return x * factor; }
    bool fail = true;
    Variable<double> factor;
  } layer;
  EXPECT_THROW(layer(two_by_three), std::runtime_error);
  EXPECT_FALSE(layer.built());
  EXPECT_TRUE(layer.variables().empty());
  EXPECT_TRUE(layer.build_shape().empty());
  layer.fail = false;
  EXPECT_EQ(layer(Tensor{{1., 2., 3., 4.}}).shape(), (Shape{1, 4})) << "may be built for another width";
  EXPECT_EQ(layer.variables().size(), 1u);
}

TEST(LayerBuild, ThatFailsInItsFirstCallKeepsItsWeights) {
  struct Picky : Scale {
    Tensor<double> call(const Tensor<double>& x) const override {
      if (x(0, 0) < 0) raise<ValueError>("only positive numbers");
      return Scale::call(x);
    }
  } layer;
  EXPECT_TRUE(expect::error<ValueError>([&] { layer(-two_by_three); }, {"Picky \"", "call", "only positive numbers"}));
  EXPECT_TRUE(expect::same(layer(two_by_three), two_by_three));
  EXPECT_EQ(layer.variables().size(), 1u);
}

TEST(LayerBuild, AnErrorScopeEndsWithTheError) {
  Dense layer(1);
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer(Tensor<float>::zeros({3})); }, {"Dense"}));
  EXPECT_TRUE(ErrorScope::where().empty());
}

TEST(AddWeight, BelongsInBuild) {
  struct Late : Scale {
    void later() { add_weight("late", {1}); }
  } layer;
  layer(two_by_three);
  EXPECT_TRUE(expect::error<StateError>([&] { layer.later(); },
                                        {"Late \"", "add_weight", "\"late\"", "after the layer was built", "`build`"}));
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
  EXPECT_TRUE(expect::error<ValueError>([&] { layer(two_by_three); }, {"Twins \"", "build", "\"w\"", "its own name"}));
}

TEST(AddWeight, NeedsAKnownShape) {
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
  EXPECT_EQ(layer.trainable_variables().size(), 1u) << "thawing does not train what never was";
}

TEST(Weights, GoOutAndInAgain) {
  Dense<double> layer(2);
  layer(two_by_three);
  const auto before = layer.get_weights();
  const std::vector<Tensor<double>> given{Tensor{{1., 2.}, {3., 4.}, {5., 6.}}, Tensor{7., 8.}};
  layer.set_weights(given);
  EXPECT_TRUE(expect::same(layer.get_weights(), given));
  EXPECT_FALSE(expect::same(before, given)) << "what was read before does not change";
  layer.variables()[1].assign(Tensor{0., 0.});
  EXPECT_EQ(given[1][0], 7) << "nor what was given";
}

TEST(Weights, ThatDoNotFitChangeNothing) {
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
  EXPECT_TRUE(expect::error<ValueError>([&] { unbuilt.set_weights({kernel}); }, {"has it been built?"}));
}

TEST(OutputShape, IsFoundByADryRun) {
  struct Pairs : Layer<double> {
    Tensor<double> call(const Tensor<double>& x) const override { return stack(std::vector<Tensor<double>>{x, x}, 2); }
  } layer;
  EXPECT_EQ(layer.compute_output_shape({None, 3}), (Shape{None, 3, 2}));
  EXPECT_EQ(layer.compute_output_shape({5, 3}), (Shape{5, 3, 2}));
}

TEST(OutputShape, ADryRunIsInferenceAndRecordsNothing) {
  struct Watching : Layer<double> {
    Tensor<double> call(const Tensor<double>& x) const override {
      training = CallContext::training();
      return x;
    }
    mutable bool training = false;
  } layer;
  const CallContext::Training training(true);
  layer.compute_output_shape({None, 2});
  EXPECT_FALSE(layer.training);
  EXPECT_TRUE(CallContext::training()) << "and what was before is again";
  layer(two_by_three);
  EXPECT_TRUE(layer.training);
  layer(two_by_three, {.training = false});
  EXPECT_FALSE(layer.training);
}

TEST(LayerCopies, AreMoves) {
  static_assert(!std::is_copy_constructible_v<Dense<float>>);
  static_assert(!std::is_copy_assignable_v<Dense<float>>);
  static_assert(std::is_nothrow_move_constructible_v<Scale> || std::is_move_constructible_v<Scale>);
  Dense<double> layer(2, {.name = "fc"});
  const Tensor<double> y = layer(two_by_three);
  Dense<double> moved(std::move(layer));
  EXPECT_EQ(moved.name(), "fc");
  EXPECT_TRUE(moved.built());
  EXPECT_TRUE(expect::same(moved(two_by_three), y));
  EXPECT_EQ(moved.variables().size(), 2u);
  Dense<double> assigned(7);
  assigned = std::move(moved);
  EXPECT_TRUE(expect::same(assigned(two_by_three), y));
  EXPECT_EQ(assigned.units(), 2);
}
