#include "support/expect.hpp"

using namespace lamina;

namespace {
const Tensor<double> x = expect::scattered({4, 3});
}

TEST(Sequential, CallsItsLayersInTurn) {
  Sequential<double> model{Dense<double>(5, "tanh"), Dense<double>(2)};
  const Tensor<double> y = model(x);
  const auto layers = model.layers();
  ASSERT_EQ(layers.size(), 2u);
  EXPECT_TRUE(expect::same(y, (*layers[1])((*layers[0])(x))));
  EXPECT_EQ(model.compute_output_shape({None, 3}), (Shape{None, 2}));
}

TEST(Sequential, DeducesItsScalar) {
  static_assert(std::is_same_v<decltype(Sequential{Flatten(), Dense(3), Dropout(0.2)}), Sequential<float>>);
  static_assert(std::is_same_v<decltype(Sequential{Dense<double>(3)}), Sequential<double>>);
  static_assert(std::is_same_v<decltype(Sequential{std::make_shared<Dense<double>>(3)}), Sequential<double>>);
  static_assert(std::is_same_v<decltype(Sequential{Input({3}), Dense(1)}), Sequential<float>>);
  static_assert(std::is_same_v<decltype(Sequential{Activation("relu")}), Sequential<float>>);
}

TEST(Sequential, AddsAndPops) {
  Sequential<double> model;
  model.add(Dense<double>(5));
  model.add(std::make_shared<Dense<double>>(2));
  EXPECT_EQ(model(x).shape(), (Shape{4, 2}));
  EXPECT_EQ(model.variables().size(), 4u);
  const auto kept = model.get_weights();
  const auto last = model.pop();
  EXPECT_EQ(last->variables().size(), 2u) << "still whole";
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

TEST(Sequential, RefusesTwoLayersOfOneName) {
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        Sequential{Dense(2, {.name = "a"}), Dense(3, {.name = "a"})};
      },
      {"two layers", "\"a\""}));
  const auto shared = std::make_shared<Dense<float>>(2);
  EXPECT_NO_THROW((Sequential{Input({2}), shared, shared})) << "one layer, twice";
}

TEST(Sequential, IsBuiltAtOnceAfterAnInput) {
  Sequential<double> model{Input<double>({3}), Dense<double>(5), Dense<double>(2)};
  EXPECT_TRUE(model.built());
  EXPECT_EQ(model.count_params(), 3 * 5 + 5 + 5 * 2 + 2);
  EXPECT_EQ(model.layers().size(), 2u) << "the input is not among them";
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

TEST(Model, IsWrittenByUsers) {
  struct TwoPaths : Model<double> {
    Tensor<double> call(const Tensor<double>& in) const override { return left(in) * right(in); }
    Dense<double> left{2, "tanh"}, right{2, "sigmoid"};
  } model;
  model.compile({.optimizer = Adam<double>(0.05), .loss = "mse"});
  const Tensor<double> y = 0.3 * expect::scattered({4, 2}, 7);
  const History history = model.fit(x, y, {.epochs = 60, .verbose = 0});
  EXPECT_LT(history["loss"].back(), 0.2 * history["loss"].front());
  EXPECT_EQ(model.variables().size(), 4u);
}

TEST(Summary, IsKerasTable) {
  clear_session();
  Sequential model{Flatten(), Dense(128, "relu"), Dropout(0.2), Dense(10, "softmax")};
  model.build({None, 28, 28});
  model.layers()[1]->set_trainable(false);
  EXPECT_EQ(model.summary_text(), std::string(R"(
Model: "sequential"
┏━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━┳━━━━━━━━━┓
┃ Layer (type)      ┃ Output Shape ┃ Param # ┃
┡━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━╇━━━━━━━━━┩
│ flatten (Flatten) │ (None, 784)  │       0 │
├───────────────────┼──────────────┼─────────┤
│ dense (Dense)     │ (None, 128)  │ 100,480 │
├───────────────────┼──────────────┼─────────┤
│ dropout (Dropout) │ (None, 128)  │       0 │
├───────────────────┼──────────────┼─────────┤
│ dense_1 (Dense)   │ (None, 10)   │   1,290 │
└───────────────────┴──────────────┴─────────┘
 Total params: 101,770 (397.54 KB)
 Trainable params: 1,290 (5.04 KB)
 Non-trainable params: 100,480 (392.50 KB)
)")
                                      .substr(1));
}

TEST(Summary, OfAModelThatIsNotBuiltKnowsNoShapes) {
  clear_session();
  Sequential model{Dense(3)};
  testing::internal::CaptureStdout();
  model.summary();
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_NE(text.find("│ dense (Dense) │ ?            │       0 │"), std::string::npos) << text;
  EXPECT_NE(text.find(" Total params: 0 (0.00 B)"), std::string::npos) << text;
}
