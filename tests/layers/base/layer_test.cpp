#include <lamina/layers/base/layer.hpp>

#include "lamina/layers/base/layer.hpp"
#include "support/expect.hpp"
#include "support/scale_layer.hpp"

using namespace lamina;
using namespace lamina::testing::scale_layer;

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
  EXPECT_TRUE(CallContext::training()) << "the previous state is restored";
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
