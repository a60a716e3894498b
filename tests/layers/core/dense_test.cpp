#include "support/check_layer.hpp"

using namespace lamina;

TEST(Dense, PassesTheLayerChecks) {
  check_layer<Dense>({.input = {4, 3}, .output = {4, 5}, .weights = {{"kernel", {3, 5}}, {"bias", {5}}}}, 5,
                     ActivationArgument("tanh"));
}

TEST(Dense, AppliesToTheLastAxisOfAnyRank) {
  check_layer<Dense>({.input = {2, 3, 4}, .output = {2, 3, 5}, .weights = {{"kernel", {4, 5}}, {"bias", {5}}}}, 5);
  check_layer<Dense>({.input = {2, 2, 3, 4}, .output = {2, 2, 3, 1}, .weights = {{"kernel", {4, 1}}, {"bias", {1}}}},
                     1);
}

TEST(Dense, WithoutBias) {
  check_layer<Dense>({.input = {4, 3}, .output = {4, 2}, .weights = {{"kernel", {3, 2}}}}, 2,
                     DenseOptions{.use_bias = false});
}

TEST(Dense, WithReluInTheSamePass) {
  check_layer<Dense>({.input = {6, 3}, .output = {6, 4}, .weights = {{"kernel", {3, 4}}, {"bias", {4}}}}, 4,
                     ActivationArgument("relu"));
  check_layer<Dense>({.input = {2, 3, 3}, .output = {2, 3, 4}, .weights = {{"kernel", {3, 4}}}}, 4,
                     DenseOptions{.activation = "relu", .use_bias = false});
}

TEST(Dense, WithOneUnitOneFeatureOrOneSample) {
  check_layer<Dense>({.input = {1, 1}, .output = {1, 1}, .weights = {{"kernel", {1, 1}}, {"bias", {1}}}}, 1);
  check_layer<Dense>({.input = {1, 9}, .output = {1, 7}, .weights = {{"kernel", {9, 7}}, {"bias", {7}}}}, 7,
                     ActivationArgument("sigmoid"));
  check_layer<Dense>({.input = {9, 1}, .output = {9, 7}, .weights = {{"kernel", {1, 7}}, {"bias", {7}}}}, 7,
                     ActivationArgument("softmax"));
}

TEST(Dense, AgreesWithValuesComputedByHand) {
  Dense layer(2);
  layer.ensure_built({None, 3});
  layer.set_weights({Tensor{{1, 2}, {3, 4}, {5, 6}}, Tensor{10, 20}});
  const Tensor x{{1.f, 0.f, 0.f}, {0.f, 1.f, 0.f}, {1.f, 1.f, 1.f}, {-1.f, 0.5f, 2.f}};
  EXPECT_TRUE(expect::same(layer(x), Tensor{{11.f, 22.f}, {13.f, 24.f}, {19.f, 32.f}, {20.5f, 32.f}}));
}

TEST(Dense, ActivationByNameObjectOrFunction) {
  const Tensor<double> x = expect::scattered({3, 2});
  const auto with = [&](Dense<double> layer) {
    layer.ensure_built({None, 2});
    layer.set_weights({Tensor{{1., -1.}, {2., 0.5}}, Tensor{0.25, -0.25}});
    return layer(x);
  };
  const Tensor<double> linear = with(Dense<double>(2));
  EXPECT_TRUE(expect::near(with(Dense<double>(2, "linear")), linear));
  EXPECT_TRUE(expect::near(with(Dense<double>(2, "relu")), maximum(linear, 0)));
  EXPECT_TRUE(expect::near(with(Dense<double>(2, "sigmoid")), sigmoid(linear)));
  EXPECT_TRUE(expect::near(with(Dense<double>(2, Activation<double>("tanh"))), tanh(linear)));
  EXPECT_TRUE(expect::near(with(Dense<double>(2, [](const auto& v) { return v * v; })), linear * linear));
  EXPECT_TRUE(expect::near(with(Dense<double>(2, {.activation = [](const auto& v) { return abs(v); }})), abs(linear)));
}

TEST(Dense, AnActivationOfTheOtherScalarIsAnError) {
  const auto only_float = [](const Tensor<float>& x) { return x * 2; };
  EXPECT_TRUE(expect::error<ValueError>([&] { Dense<double>(2, only_float); }, {"activation", "Tensor<double>"}));
  EXPECT_EQ(Dense<float>(2, only_float)(Tensor{{1, 2}}).shape(), (Shape{1, 2}));
}

TEST(Dense, Initializers) {
  Dense<double> layer(3, {.kernel_initializer = Constant(0.5), .bias_initializer = "ones"});
  layer.ensure_built({None, 2});
  EXPECT_TRUE(expect::same(layer.get_weights()[0], Tensor<double>::full({2, 3}, 0.5)));
  EXPECT_TRUE(expect::same(layer.get_weights()[1], Tensor<double>::ones({3})));

  Dense<double> usual(3);
  usual.ensure_built({None, 2});
  EXPECT_TRUE(expect::same(usual.get_weights()[1], Tensor<double>::zeros({3})));
  EXPECT_LT(max(abs(usual.get_weights()[0])).item(), std::sqrt(6.0 / 5));
  EXPECT_GT(max(abs(usual.get_weights()[0])).item(), 0.0);
}

TEST(Dense, RegularizersAreAmongItsLosses) {
  Dense<double> layer(2, {.kernel_regularizer = L2(0.1), .bias_regularizer = "l1"});
  layer.ensure_built({None, 2});
  layer.set_weights({Tensor{{1., 2.}, {3., 4.}}, Tensor{-5., 6.}});
  const auto losses = layer.losses();
  ASSERT_EQ(losses.size(), 2u);
  EXPECT_NEAR(losses[0].item(), 0.1 * 30, 1e-12);
  EXPECT_NEAR(losses[1].item(), 0.01 * 11, 1e-12);
}

TEST(Dense, ActivityRegularizerIsDividedByTheBatchSize) {
  Dense<double> layer(1, {.use_bias = false, .kernel_initializer = "ones", .activity_regularizer = L2(0.5)});
  layer(Tensor{{1., 2.}, {3., 4.}});  // the outputs are 3 and 7
  ASSERT_EQ(layer.losses().size(), 1u);
  EXPECT_NEAR(layer.losses()[0].item(), 0.5 * (9 + 49) / 2, 1e-12);
  layer(Tensor{{1., 1.}});
  ASSERT_EQ(layer.losses().size(), 1u) << "losses of the last call only";
  EXPECT_NEAR(layer.losses()[0].item(), 0.5 * 4, 1e-12);
}

TEST(Dense, ActivityRegularizerHasAGradient) {
  Dense<double> layer(2, {.activation = "tanh", .activity_regularizer = L2(0.3)});
  const Tensor<double> x = expect::scattered({3, 2});
  layer(x);
  const auto kernel = layer.variables()[0];
  const auto penalty = [&] {
    layer(x);
    return layer.losses().at(0);
  };
  GradientTape<double> tape;
  const Tensor<double> gradient = tape.gradient(penalty(), kernel);
  const Tensor<double> before = kernel.value().detached();
  const auto slopes = detail::central_differences(before, [&](const Tensor<double>& moved) {
    kernel.assign(moved);
    return penalty().item();
  });
  EXPECT_TRUE(expect::near(gradient, slopes, {1e-6, 1e-8}));
}

TEST(Dense, ConstraintsHoldAfterAnUpdate) {
  Dense<double> layer(3, {.kernel_constraint = "non_neg", .bias_constraint = UnitNorm()});
  layer.ensure_built({None, 2});
  const Tensor<double> gradient = Tensor<double>::ones({2, 3});
  SGD<double> sgd(10.0);
  sgd.apply_gradients({gradient, Tensor{1., 2., 2.}}, layer.trainable_variables());
  EXPECT_TRUE(expect::same(layer.get_weights()[0], Tensor<double>::zeros({2, 3})));
  EXPECT_TRUE(expect::near(layer.get_weights()[1], Tensor{-1 / 3., -2 / 3., -2 / 3.}, {1e-6, 0}));
}

TEST(Dense, HasANameAndAClassName) {
  Dense layer(2, {.name = "head"});
  layer.ensure_built({None, 2});
  EXPECT_EQ(layer.name(), "head");
  EXPECT_EQ(layer.class_name(), "Dense");
  EXPECT_EQ(layer.variables()[1].path(), "head/bias");
  EXPECT_EQ(layer.units(), 2);
}

TEST(Dense, BadArgumentsAreErrors) {
  EXPECT_TRUE(expect::error<ValueError>([] { Dense(0); }, {"Dense", "units >= 1", "got 0"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Dense(-3); }, {"got -3"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Dense(1, "rellu"); }, {"activation \"rellu\"", "Did you mean \"relu\""}));
}

TEST(Dense, AnInputOfAnotherWidthOrRankIsAHelpfulError) {
  Dense layer(2, {.name = "fc"});
  layer(Tensor<float>::zeros({4, 8}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        layer(Tensor<float>::zeros({32, 7}));
      },
      {"Dense \"fc\", call", "(None, 8)", "last axis is 8", "got shape (32, 7)"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer(Tensor<float>::zeros({8})); }, {"rank 2 or more", "(8,)"}));
  EXPECT_EQ(layer(Tensor<float>::zeros({3, 2, 8})).shape(), (Shape{3, 2, 2})) << "more axes are accepted";
}

TEST(Dense, AFirstInputWithoutFeaturesLeavesItUnbuilt) {
  Dense layer(2);
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer(Tensor<float>::zeros({8})); },
                                        {"Dense", "build", "rank 2 or more", "(None,)", "Add a batch axis"}));
  EXPECT_FALSE(layer.built());
  EXPECT_TRUE(layer.variables().empty());
  EXPECT_EQ(layer(Tensor<float>::zeros({8, 1})).shape(), (Shape{8, 2}));
}
