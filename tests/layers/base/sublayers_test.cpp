// Layers inside layers: discovery, moves, sharing, freezing, and their losses.
#include "lamina/layers/base/layer.hpp"

#include "support/expect.hpp"

using namespace lamina;

namespace {

struct Block : Layer<double> {
  Tensor<double> call(const Tensor<double>& x) const override { return second(first(x)) + x; }
  Dense<double> first{4, "tanh"}, second{3};
};

struct Tower : Layer<double> {
  Tensor<double> call(const Tensor<double>& x) const override { return top(block(x)); }
  Block block;
  Dense<double> top{2};
};

const Tensor<double> x = expect::scattered({5, 3});

std::vector<std::string> names(const Layer<double>& layer) {
  std::vector<std::string> found;
  for (const auto& v : layer.variables()) found.push_back(v.path());
  return found;
}

}  // namespace

TEST(Sublayers, AreFoundBuiltAndNamedByTheFirstCall) {
  clear_session();
  Tower tower;
  EXPECT_TRUE(tower.variables().empty());
  EXPECT_EQ(tower(x).shape(), (Shape{5, 2}));
  ASSERT_EQ(tower.sublayers().size(), 2u);
  EXPECT_EQ(tower.sublayers()[0], &tower.block);
  EXPECT_EQ(tower.block.sublayers().size(), 2u);
  EXPECT_EQ(names(tower), (std::vector<std::string>{"tower/block/dense/kernel", "tower/block/dense/bias",
                                                    "tower/block/dense_1/kernel", "tower/block/dense_1/bias",
                                                    "tower/dense_2/kernel", "tower/dense_2/bias"}));
  EXPECT_EQ(tower.count_params(), 3 * 4 + 4 + 4 * 3 + 3 + 3 * 2 + 2);
}

TEST(Sublayers, HaveGradients) {
  Tower tower;
  tower(x);
  GradientTape<double> tape;
  const auto gradients = tape.gradient(sum(tower(x)), tower.trainable_variables());
  ASSERT_EQ(gradients.size(), 6u);
  for (const auto& g : gradients) EXPECT_TRUE(g.defined());
}

TEST(Sublayers, AreFoundAgainAfterAMove) {
  Tower tower;
  const Tensor<double> y = tower(x);
  const auto weights = tower.get_weights();
  Tower moved(std::move(tower));
  EXPECT_TRUE(expect::same(moved(x), y));
  EXPECT_TRUE(expect::same(moved.get_weights(), weights));
  EXPECT_EQ(moved.sublayers().size(), 2u);
  Tower assigned;
  assigned(x);
  assigned = std::move(moved);
  EXPECT_TRUE(expect::same(assigned(x), y));
  EXPECT_EQ(assigned.variables().size(), 6u);
}

TEST(Sublayers, OfAMovedLayerAreFrozenWithIt) {
  Tower tower;
  tower(x);
  Tower moved(std::move(tower));
  moved(x);
  moved.set_trainable(false);
  EXPECT_TRUE(moved.trainable_variables().empty());
}

TEST(Sublayers, MayBeDestroyedBeforeTheOuterLayer) {
  struct Holder : Layer<double> {
    Tensor<double> call(const Tensor<double>& in) const override { return inner ? (*inner)(in) : in; }
    std::shared_ptr<Dense<double>> inner = std::make_shared<Dense<double>>(2);
  } holder;
  holder(x);
  EXPECT_EQ(holder.variables().size(), 2u);
  holder.inner.reset();
  EXPECT_TRUE(holder.variables().empty());
  EXPECT_TRUE(expect::same(holder(x), x));
}

TEST(SharedLayers, HaveTheirVariablesOnceAndTheirGradientsAddUp) {
  struct Twice : Layer<double> {
    Tensor<double> call(const Tensor<double>& in) const override { return dense(dense(in)); }
    Dense<double> dense{3, {.use_bias = false}};
  } layer;
  layer(x);
  ASSERT_EQ(layer.variables().size(), 1u);
  EXPECT_EQ(layer.count_params(), 9);
  const auto kernel = layer.variables()[0];
  GradientTape<double> tape;
  const Tensor<double> gradient = tape.gradient(sum(layer(x)), kernel);
  // d sum(x k k) / dk = xᵀ 1 kᵀ + (x k)ᵀ 1
  const Tensor<double> k = kernel.value().detached(), one = Tensor<double>::ones({5, 3});
  const Tensor<double> expected =
      matmul(x, matmul(one, k, {false, true}), {true, false}) + matmul(matmul(x, k), one, {true, false});
  EXPECT_TRUE(expect::near(gradient, expected));
}

TEST(SharedLayers, BetweenTwoLayersAreOne) {
  auto shared = std::make_shared<Dense<double>>(3);
  Sequential<double> a{shared, Dense<double>(1)}, b{shared};
  a(x);
  b(x);
  EXPECT_EQ(a.variables().size(), 4u);
  ASSERT_EQ(b.variables().size(), 2u);
  EXPECT_EQ(a.variables()[0], b.variables()[0]);
  a.variables()[0].assign(Tensor<double>::zeros({3, 3}));
  EXPECT_TRUE(expect::same(b(x), Tensor<double>::zeros({5, 3})));
}

TEST(Trainable, AppliesToAllSublayers) {
  Tower tower;
  tower(x);
  tower.block.set_trainable(false);
  EXPECT_EQ(tower.trainable_variables().size(), 2u);
  EXPECT_EQ(tower.non_trainable_variables().size(), 4u);
  tower.set_trainable(false);
  EXPECT_TRUE(tower.trainable_variables().empty());
  EXPECT_FALSE(tower.block.first.trainable());
  tower.set_trainable(true);
  EXPECT_EQ(tower.trainable_variables().size(), 6u);
}

TEST(Trainable, MayBeSetBeforeTheFirstCall) {
  Tower tower;
  tower.set_trainable(false);
  tower(x);
  EXPECT_TRUE(tower.trainable_variables().empty());
  Dense<double> dense(2);
  dense.set_trainable(false);
  dense(x);
  EXPECT_TRUE(dense.trainable_variables().empty());
  EXPECT_EQ(dense.variables().size(), 2u);
}

TEST(Trainable, FrozenLayersPropagateGradientsButGetNone) {
  Block block;
  block(x);
  block.second.set_trainable(false);
  GradientTape<double> tape;
  const auto gradients = tape.gradient(sum(block(x)), block.variables());
  EXPECT_TRUE(gradients[0].defined());
  EXPECT_FALSE(gradients[2].defined());
}

TEST(LayerLosses, ContainRegularizersAndLossesAddedByCalls) {
  struct Noted : Layer<double> {
    void build(const Shape& input) override {
      weight = add_weight("w", {input.back()}, "ones", {.regularizer = [](const auto& w) { return 0.5 * sum(w); }});
    }
    Tensor<double> call(const Tensor<double>& in) const override {
      add_loss(sum(in * weight));
      return in;
    }
    Variable<double> weight;
  };
  struct Around : Layer<double> {
    Tensor<double> call(const Tensor<double>& in) const override {
      add_loss(Tensor<double>(7.0));
      return noted(noted(in));
    }
    Noted noted;
  } layer;
  layer(Tensor{{1., 2.}});
  const auto losses = layer.losses();
  std::vector<double> values;
  for (const auto& loss : losses) values.push_back(loss.item());
  EXPECT_EQ(values, (std::vector<double>{1, 7, 3, 3})) << "the loss of a layer that is called twice is added twice";
  layer(Tensor{{2., 2.}});
  EXPECT_EQ(layer.losses().size(), 4u) << "losses of the last call only";
  EXPECT_EQ(layer.losses().back().item(), 4);
  EXPECT_EQ(layer.noted.losses().size(), 3u);
}

TEST(LayerLosses, MustBeScalars) {
  struct Wrong : Layer<double> {
    Tensor<double> call(const Tensor<double>& in) const override {
      add_loss(in);
      return in;
    }
  } layer;
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer(x); }, {"Wrong \"", "add_loss", "one element", "(5, 3)"}));
}

TEST(Trees, OfAnyDepthAreTraversed) {
  struct Deep : Layer<double> {
    explicit Deep(int levels) : inner(levels > 0 ? std::make_shared<Deep>(levels - 1) : nullptr) {}
    void build(const Shape&) override { weight = add_weight("w", {}, "ones"); }
    Tensor<double> call(const Tensor<double>& in) const override { return (inner ? (*inner)(in) : in) * weight; }
    std::shared_ptr<Deep> inner;
    Variable<double> weight;
  } layer(40);
  EXPECT_TRUE(expect::same(layer(x), x));
  EXPECT_EQ(layer.variables().size(), 41u);
  layer.set_trainable(false);
  EXPECT_TRUE(layer.trainable_variables().empty());
}
