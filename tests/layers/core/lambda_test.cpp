#include "support/check_layer.hpp"

using namespace lamina;

namespace {

const auto scale_and_shift = [](const auto& self, const auto& x) {
  const auto scale = self.variable("scale", 1.5);
  return x * scale + self.variable("shift", 0);
};

}  // namespace

TEST(Lambda, PassesTheLayerChecks) {
  check_layer<Lambda>({.input = {3, 4}, .output = {3, 4}}, [](const auto& x) { return tanh(x) * x; });
  check_layer<Lambda>({.input = {3, 4}, .output = {3, 4}, .weights = {{"scale", {}}, {"shift", {}}}}, scale_and_shift);
  check_layer<Lambda>({.input = {3, 4}, .output = {3, 8}}, [](const auto& x) { return concatenate(-1, x, square(x)); });
}

TEST(Lambda, WrapsCommonFunctions) {
  const Tensor x{{-2.f, 0.f, 3.f}};
  Lambda my_relu([](const auto& v) { return maximum(0, v); });
  EXPECT_TRUE(expect::same(my_relu(x), Tensor{{0.f, 0.f, 3.f}}));
  Lambda absolute([](const auto& v) { return abs(v); });
  EXPECT_TRUE(expect::same(absolute(x), Tensor{{2.f, 0.f, 3.f}}));
  Lambda squared([](const auto& v) { return square(v); });
  EXPECT_TRUE(expect::same(squared(x), Tensor{{4.f, 0.f, 9.f}}));
  float factor = 2;
  Lambda scaled([factor](const Tensor<float>& v) { return v * factor; });
  EXPECT_TRUE(expect::same(scaled(x), Tensor{{-4.f, 0.f, 6.f}}));
}

TEST(Lambda, Antirectifier) {
  const auto antirectifier = [](const auto& x) {
    auto centred = x - mean(x, {.axes = {1}, .keepdims = true});
    centred = l2_normalize(centred, 1);
    return concatenate(-1, relu(centred), relu(-centred));
  };
  check_layer<Lambda>({.input = {4, 3}, .output = {4, 6}}, antirectifier);
  Lambda layer(antirectifier);
  const float r = std::sqrt(0.5f);
  EXPECT_TRUE(expect::near(layer(Tensor{{1, 2, 3}}), Tensor{{0.f, 0.f, r, r, 0.f, 0.f}}, {1e-6, 1e-7}));
}

TEST(Lambda, CreatesItsVariablesOnceAndTrainsThem) {
  Lambda layer(scale_and_shift, {.name = "affine"});
  EXPECT_TRUE(expect::same(layer(Tensor{2, 4}), Tensor{3, 6}));
  layer(Tensor{2, 4});
  const auto variables = layer.trainable_variables();
  ASSERT_EQ(variables.size(), 2u);
  EXPECT_EQ(variables[0].path(), "affine/scale");
  GradientTape<float> tape;
  const auto gradients = tape.gradient(sum(layer(Tensor{2, 4})), variables);
  EXPECT_EQ(gradients[0].item(), 6);
  EXPECT_EQ(gradients[1].item(), 2);
  variables[0].assign(Tensor(10.f));
  EXPECT_TRUE(expect::same(layer(Tensor{2, 4}), Tensor{20, 40}));
}

TEST(Lambda, UsedTwiceIsOneLayer) {
  auto layer = std::make_shared<Lambda<float>>(scale_and_shift);
  Sequential model{layer, layer};
  EXPECT_TRUE(expect::same(model(Tensor{{4}}), Tensor{{9}}));
  EXPECT_EQ(model.variables().size(), 2u);
  GradientTape<float> tape;
  const auto gradients = tape.gradient(model(Tensor{{4}}), model.trainable_variables());
  EXPECT_FLOAT_EQ(gradients[0].item(), 2 * 1.5f * 4) << "d (s s x) / ds";
  EXPECT_FLOAT_EQ(gradients[1].item(), 1.5f + 1);
}

TEST(Lambda, EachInstanceHasItsOwnVariables) {
  Lambda a(scale_and_shift), b(scale_and_shift);
  a(Tensor{1});
  b(Tensor{1});
  a.variables()[0].assign(Tensor(7.f));
  EXPECT_TRUE(expect::same(b(Tensor{1}), Tensor{1.5}.cast<float>()));
}

TEST(Lambda, FrozenVariablesAreNotTrained) {
  Lambda layer([](const auto& self, const auto& x) { return x * self.variable("scale", 2, false); });
  layer(Tensor{1});
  EXPECT_TRUE(layer.trainable_variables().empty());
  EXPECT_EQ(layer.non_trainable_variables().size(), 1u);
}

TEST(Lambda, AVariableThatIsNewAfterTheFirstCallIsAnError) {
  bool late = false;
  Lambda layer([&late](const auto& self, const auto& x) {
    auto y = x * self.variable("scale", 2);
    if (late) y = y + self.variable("shift", 1);
    return y;
  });
  layer(Tensor{1});
  late = true;
  EXPECT_TRUE(expect::error<StateError>([&] { layer(Tensor{1}); }, {"Lambda \"", "\"shift\"", "after the first call"}));
  late = false;
  EXPECT_TRUE(expect::same(layer(Tensor{1}), Tensor{2})) << "usable after the error";
  EXPECT_EQ(layer.variables().size(), 1u);
}

TEST(Lambda, AFailedFirstCallLeavesItUsable) {
  bool fail = true;
  Lambda layer([&fail](const auto& self, const auto& x) {
    const auto y = x * self.variable("scale", 3);
    if (fail) raise<ValueError>("not yet");
    return y;
  });
  EXPECT_TRUE(expect::error<ValueError>([&] { layer(Tensor{1}); }, {"Lambda \"", "not yet"}));
  EXPECT_FALSE(layer.built());
  fail = false;
  EXPECT_TRUE(expect::same(layer(Tensor{1}), Tensor{3}));
  EXPECT_EQ(layer.variables().size(), 1u);
}

TEST(Lambda, MovesWithItsVariables) {
  Lambda layer(scale_and_shift);
  layer(Tensor{1});
  layer.variables()[0].assign(Tensor(4.f));
  Lambda moved(std::move(layer));
  EXPECT_TRUE(expect::same(moved(Tensor{1}), Tensor{4}));
  EXPECT_EQ(moved.variables().size(), 2u);
}

TEST(Lambda, AppliesARegisteredFunctionByName) {
  register_lambda("tests>shifted",
                  [](const auto& x, const Config& arguments) { return tanh(x) + arguments.at("by").as_real(); });
  Config arguments;
  arguments["by"] = 1;
  const Lambda shifted("tests>shifted", {.arguments = arguments});
  static_assert(std::is_same_v<decltype(shifted), const Lambda<float>>);
  EXPECT_TRUE(expect::same(shifted(Tensor{0}), Tensor{1}));
  const Lambda<double> in_double("tests>shifted", {.arguments = arguments});
  EXPECT_TRUE(expect::same(in_double(Tensor<double>{0.5}), Tensor<double>{std::tanh(0.5) + 1}));
  const Lambda again = Lambda<float>::from_config(shifted.get_config());
  EXPECT_TRUE(expect::same(again(Tensor{0}), Tensor{1}));
  EXPECT_EQ(again.get_config(), shifted.get_config());

  const Lambda activation(std::string("relu"));
  EXPECT_TRUE(expect::same(activation(Tensor{-1, 2}), Tensor{0, 2}));
  EXPECT_TRUE(expect::error<ValueError>([] { Lambda("tests>unknown"); }, {"\"tests>unknown\"", "register_lambda"}));
  EXPECT_TRUE(expect::error<ValueError>([] { register_lambda("", [](const Tensor<float>& x) { return x; }); },
                                        {"expected a name"}));
}

TEST(Lambda, PythonBytecodeIsRefused) {
  Config config;
  config["name"] = "lambda";
  config["function"]["class_name"] = "__lambda__";
  config["function"]["config"]["code"] = "4wEAAAAAAAAA";
  EXPECT_TRUE(expect::error<ValueError>([&] { Lambda<float>::from_config(config); },
                                        {"bytecode", "register_keras_serializable", "register_lambda"}));
}

TEST(Lambda, AGivenOutputShapeRequiresNoCall) {
  int calls = 0;
  Lambda layer(
      [&calls](const auto& x) {
        ++calls;
        return concatenate(-1, x, x);
      },
      {.output_shape = {8}});
  EXPECT_EQ(layer.compute_output_shape({None, 4}), (Shape{None, 8}));
  EXPECT_EQ(calls, 0);
}
