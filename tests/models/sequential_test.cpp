#include "support/expect.hpp"

using namespace lamina;

namespace {
const Tensor<double> x = expect::scattered({4, 3});
}

TEST(Sequential, CallsItsLayersInOrder) {
  Sequential<double> model{Dense<double>(5, "tanh"), Dense<double>(2)};
  const Tensor<double> y = model(x);
  const auto layers = model.layers();
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_TRUE(expect::same(y, (*layers[1])((*layers[0])(x))));
  EXPECT_EQ(model.compute_output_shape({None, 3}), (Shape{None, 2}));
}

TEST(Sequential, DeducesItsScalarType) {
  static_assert(std::is_same_v<decltype(Sequential{Flatten(), Dense(3), Dropout(0.2)}), Sequential<float>>);
  static_assert(std::is_same_v<decltype(Sequential{Dense<double>(3)}), Sequential<double>>);
  static_assert(std::is_same_v<decltype(Sequential{std::make_shared<Dense<double>>(3)}), Sequential<double>>);
  static_assert(std::is_same_v<decltype(Sequential{Input({3}), Dense(1)}), Sequential<float>>);
  static_assert(std::is_same_v<decltype(Sequential{Activation("relu")}), Sequential<float>>);
}

TEST(Sequential, AddAndPop) {
  Sequential<double> model;
  model.add(Dense<double>(5));
  model.add(std::make_shared<Dense<double>>(2));
  EXPECT_EQ(model(x).shape(), (Shape{4, 2}));
  EXPECT_EQ(model.variables().size(), 4u);
  const auto kept = model.get_weights();
  const auto last = model.pop();
  EXPECT_EQ(last->variables().size(), 2u) << "unchanged";
  EXPECT_EQ(model(x).shape(), (Shape{4, 5}));
  EXPECT_EQ(model.variables().size(), 2u);
  EXPECT_TRUE(expect::same(model.get_weights()[0], kept[0])) << "the others keep their weights";
  model.add(Dense<double>(7));
  EXPECT_EQ(model(x).shape(), (Shape{4, 7}));
  model.pop();
  model.pop();
  EXPECT_TRUE(expect::error<StateError>([&] { model.pop(); }, {"Sequential \"", "pop", "no layers"}));
}

TEST(Sequential, WithoutLayersIsAnError) {
  Sequential<double> model;
  EXPECT_TRUE(expect::error<StateError>([&] { model(x); }, {"Sequential \"", "no layers"}));
  EXPECT_TRUE(expect::error<StateError>([&] { model.predict(x); }, {"no layers"}));
  model.add(Dense<double>(1));
  EXPECT_EQ(model(x).shape(), (Shape{4, 1})) << "usable after the error";
  EXPECT_TRUE(
      expect::error<ValueError>([] { Sequential<double>{std::shared_ptr<Dense<double>>()}; }, {"empty pointer"}));
}

TEST(Sequential, RejectsTwoLayersWithOneName) {
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        Sequential{Dense(2, {.name = "a"}), Dense(3, {.name = "a"})};
      },
      {"two layers", "\"a\""}));
  const auto shared = std::make_shared<Dense<float>>(2);
  EXPECT_NO_THROW((Sequential{Input({2}), shared, shared})) << "one layer, used twice";
}

TEST(Sequential, IsBuiltImmediatelyAfterAnInput) {
  Sequential<double> model{Input<double>({3}), Dense<double>(5), Dense<double>(2)};
  EXPECT_TRUE(model.built());
  EXPECT_EQ(model.count_params(), 3 * 5 + 5 + 5 * 2 + 2);
  EXPECT_EQ(model.layers().size(), 2u) << "the input is not one of them";
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        model(Tensor<double>::zeros({4, 2}));
      },
      {"InputLayer", "(None, 3)", "(4, 2)"}));
  model.add(Dense<double>(9));
  EXPECT_EQ(model.count_params(), 3 * 5 + 5 + 5 * 2 + 2 + 2 * 9 + 9);
}

TEST(Sequential, IsBuiltForAShape) {
  Sequential<double> model{Dense<double>(5), Dense<double>(2)};
  EXPECT_FALSE(model.built());
  EXPECT_TRUE(model.variables().empty());
  model.build({None, 3});
  EXPECT_TRUE(model.built());
  EXPECT_EQ(model.variables().size(), 4u);
  EXPECT_EQ(model.build_shape(), (Shape{None, 3}));
  model.build({None, 3});
  EXPECT_EQ(model.variables().size(), 4u);
}

TEST(Sequential, Nests) {
  Sequential<double> model{Sequential<double>{Dense<double>(5), Dense<double>(4)}, Dense<double>(2)};
  EXPECT_EQ(model(x).shape(), (Shape{4, 2}));
  EXPECT_EQ(model.variables().size(), 6u);
  Sequential<double> tail{Dense<double>(1)};
  model.add(std::move(tail));
  EXPECT_EQ(model(x).shape(), (Shape{4, 1}));
  EXPECT_EQ(model.variables().size(), 8u);
}

TEST(Sequential, SharesLayers) {
  auto shared = std::make_shared<Dense<double>>(3);
  Sequential<double> model{shared, Activation<double>("tanh"), shared};
  model(x);
  EXPECT_EQ(model.variables().size(), 2u);
  shared->variables()[0].assign(Tensor<double>::zeros({3, 3}));
  shared->variables()[1].assign(Tensor{1., 2., 3.});
  EXPECT_TRUE(expect::same(model(x).rows_view(0, 1), Tensor{{1., 2., 3.}}));
}

TEST(Sequential, MovesWithItsTraining) {
  Sequential<double> model{Dense<double>(2)};
  model.compile({.optimizer = "adam", .loss = "mse"});
  const Tensor<double> y = expect::scattered({4, 2});
  model.train_on_batch(x, y);
  const Tensor<double> before = model.predict(x);
  Sequential<double> moved(std::move(model));
  EXPECT_TRUE(expect::same(moved.predict(x), before));
  EXPECT_EQ(moved.optimizer().iterations(), 1);
  moved.train_on_batch(x, y);
  EXPECT_EQ(moved.optimizer().iterations(), 2);
  EXPECT_EQ(moved.variables().size(), 2u);
}
