// The layers without weights: Flatten, Reshape, ActivationLayer, InputLayer; and SimpleDense.
#include "support/check_layer.hpp"

using namespace lamina;

TEST(SimpleDense, DoesWhatEveryLayerDoes) {
  check_layer<SimpleDense>({.input = {4, 3}, .output = {4, 5}, .weights = {{"kernel", {3, 5}}, {"bias", {5}}}}, 5);
  check_layer<SimpleDense>({.input = {2, 3, 4}, .output = {2, 3, 2}, .weights = {{"kernel", {4, 2}}, {"bias", {2}}}}, 2,
                           ActivationArgument("tanh"));
}

TEST(SimpleDense, HasThirtyTwoUnitsAndStartsAsKerasGuideDoes) {
  SimpleDense layer;
  EXPECT_EQ(layer(Tensor<float>::ones({2, 100})).shape(), (Shape{2, 32}));
  const Tensor<float> kernel = layer.get_weights()[0];
  EXPECT_TRUE(expect::same(layer.get_weights()[1], Tensor<float>::zeros({32})));
  EXPECT_NEAR(std::sqrt(mean(square(kernel)).item()), 0.05f, 0.002f);
  EXPECT_TRUE(expect::error<ValueError>([] { SimpleDense(0); }, {"units >= 1", "got 0"}));
}

TEST(SimpleDense, AgreesWithDense) {
  SimpleDense<double> simple(3, "sigmoid");
  Dense<double> dense(3, "sigmoid");
  const Tensor<double> x = expect::scattered({5, 4});
  simple(x);
  dense(x);
  dense.set_weights(simple.get_weights());
  EXPECT_TRUE(expect::near(simple(x), dense(x)));
}

TEST(Flatten, DoesWhatEveryLayerDoes) {
  check_layer<Flatten>({.input = {2, 3, 4}, .output = {2, 12}});
  check_layer<Flatten>({.input = {3, 5}, .output = {3, 5}});
  check_layer<Flatten>({.input = {3}, .output = {3, 1}});
  check_layer<Flatten>({.input = {2, 2, 2, 2, 2}, .output = {2, 16}});
}

TEST(Flatten, KeepsRowMajorOrder) {
  Flatten layer;
  EXPECT_TRUE(expect::same(layer(Tensor{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}}), Tensor{{1, 2, 3, 4}, {5, 6, 7, 8}}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer(Tensor(1.f)); }, {"Flatten", "rank 1 or more", "got shape ()"}));
}

TEST(Reshape, DoesWhatEveryLayerDoes) {
  check_layer<Reshape>({.input = {2, 12}, .output = {2, 3, 4}}, Shape{3, 4});
  check_layer<Reshape>({.input = {2, 3, 4}, .output = {2, 6, 2}}, Shape{-1, 2});
  check_layer<Reshape>({.input = {2, 3, 4}, .output = {2, 12}}, Shape{-1});
  check_layer<Reshape>({.input = {2, 1}, .output = {2}}, Shape{});
}

TEST(Reshape, FindsTheOpenSize) {
  Reshape layer({2, -1});
  EXPECT_EQ(layer.compute_output_shape({None, 3, 4}), (Shape{None, 2, 6}));
  EXPECT_EQ(layer.compute_output_shape({7, 10}), (Shape{7, 2, 5}));
}

TEST(Reshape, ShapesThatDoNotFitAreErrors) {
  Reshape layer({3, 5});
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        layer(Tensor<float>::zeros({2, 14}));
      },
      {"Reshape \"", "call", "(14,)", "14 elements", "(3, 5)"}));
  Reshape two({-1, -1});
  EXPECT_TRUE(expect::error<ShapeError>([&] { two(Tensor<float>::zeros({2, 4})); }, {"at most one", "-1"}));
  Reshape uneven({-1, 4});
  EXPECT_TRUE(expect::error<ShapeError>([&] { uneven(Tensor<float>::zeros({2, 6})); }, {"6 elements"}));
  EXPECT_EQ(layer(Tensor<float>::zeros({2, 15})).shape(), (Shape{2, 3, 5})) << "usable after an error";
}

TEST(ActivationLayer, DoesWhatEveryLayerDoes) {
  check_layer<ActivationLayer>({.input = {3, 4}, .output = {3, 4}}, ActivationArgument("tanh"));
  check_layer<ActivationLayer>({.input = {2, 3, 4}, .output = {2, 3, 4}}, ActivationArgument("softmax"));
  check_layer<ActivationLayer>({.input = {5}, .output = {5}}, ActivationArgument("elu"));
}

TEST(ActivationLayer, StandsForAnActivationInAList) {
  Sequential model{Dense(2, {.kernel_initializer = "ones"}), Activation("relu")};
  EXPECT_TRUE(expect::same(model(Tensor{{-1, 3}, {1, -3}}), Tensor{{2, 2}, {0, 0}}));
  EXPECT_EQ(model.layers().at(1)->class_name(), "Activation");
  ActivationLayer<float> squared([](const auto& x) { return x * x; });
  EXPECT_TRUE(expect::same(squared(Tensor{1, 2, 3}), Tensor{1, 4, 9}));
}

TEST(InputLayer, SaysWhatSamplesLookLike) {
  const InputLayer<float> layer({28, 28});
  ASSERT_NE(layer.declared_input(), nullptr);
  EXPECT_EQ(*layer.declared_input(), (Shape{None, 28, 28}));
  EXPECT_EQ(*InputLayer<float>({3}, {.batch_size = 16}).declared_input(), (Shape{16, 3}));
  EXPECT_EQ(InputLayer<float>({3}, {.name = "features"}).name(), "features");
  const Tensor<float> x = expect::scattered<float>({2, 28, 28});
  EXPECT_TRUE(expect::same(layer(x), x));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        layer(Tensor<float>::zeros({2, 27, 28}));
      },
      {"InputLayer \"", "(None, 28, 28)", "(2, 27, 28)"}));
}
