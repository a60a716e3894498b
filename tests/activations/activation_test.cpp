#include <lamina/activations/activation.hpp>

#include "support/activations.hpp"
#include "support/check_gradient.hpp"
#include "support/expect.hpp"

using namespace lamina;
using namespace lamina::testing::activations;

TEST(Activations, AreGivenByNameOrFunctionOrOmitted) {
  const Tensor<float> x{-1, 2};
  EXPECT_EQ(Activation<float>()(x).data(), x.data());
  EXPECT_TRUE(Activation<float>().is_linear());
  EXPECT_TRUE(Activation<float>("linear").is_linear());
  EXPECT_TRUE(Activation<float>(std::string("linear")).is_linear());
  EXPECT_TRUE(Activation<float>(activations::Linear()).is_linear());
  EXPECT_FALSE(Activation<float>(std::string("relu")).is_linear());
  const Activation<float> swish([](const auto& v) { return v * sigmoid(v); }, "my_swish");
  EXPECT_EQ(swish.name(), "my_swish");
  EXPECT_TRUE(expect::near(swish(x), Tensor{-0.2689414, 1.7615942}, {1e-6, 0}));
  Activation<float> copy = swish, moved = std::move(copy);
  copy = moved;
  EXPECT_TRUE(expect::same(copy(x), swish(x)));
  copy = "relu";
  EXPECT_TRUE(expect::same(copy(x), Tensor<float>{0, 2}));
}

TEST(Activations, RoundTripThroughConfigurations) {
  EXPECT_EQ(Activation<float>().to_config(), Config("linear"));
  EXPECT_EQ(Activation<float>("relu").to_config(), Config("relu"));
  EXPECT_EQ(Activation<float>(activations::Gelu()).to_config(), Config("gelu"));
  EXPECT_EQ(
      Activation<float>(activations::Relu{.max_value = 6.0}).to_config().to_string(),
      "{\"class_name\": \"relu\", \"config\": {\"negative_slope\": 0.0, \"max_value\": 6.0, \"threshold\": 0.0}}");
  EXPECT_EQ(Activation<float>(activations::Threshold{}).to_config().kind(), Config::Kind::map);
  EXPECT_TRUE(Activation<float>::from_config(Config()).is_linear());

  // Keras's own activation layers, as in saved files.
  Config layer = named_config("LeakyReLU", Config::map());
  layer["config"]["name"] = "leaky_re_lu_3";
  layer["config"]["trainable"] = true;
  layer["config"]["negative_slope"] = 0.5;
  EXPECT_EQ(Activation<double>::from_config(layer)(Tensor<double>{-2, 2})[0], -1);

  EXPECT_TRUE(expect::error<ValueError>([] { Activation<float>([](const auto& x) { return x; }).to_config(); },
                                        {"has no configuration", "register_activation"}));
  EXPECT_TRUE(
      expect::error<ValueError>([] { Activation<float>::from_config("sigmod"); }, {"Did you mean \"sigmoid\""}));
  EXPECT_TRUE(expect::error<ValueError>([] { Activation<float>::from_config(3); }, {"class_name"}));
  layer["config"]["slope"] = 1;
  EXPECT_TRUE(expect::error<ValueError>([&] { Activation<float>::from_config(layer); },
                                        {"leaky_relu", "argument \"slope\"", "negative_slope"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Activation<float>::from_config("threshold"); },
                                        {"threshold", "\"threshold\" is missing"}));
}

TEST(Activations, AsArgumentsApplyToBothScalarTypes) {
  const ActivationArgument none, relu("relu"), leaky(activations::LeakyRelu{.negative_slope = 0.5});
  EXPECT_EQ(none.to_config(), Config("linear"));
  EXPECT_EQ(relu.to_config(), Config("relu"));
  EXPECT_EQ(leaky.to_config(), Activation<float>(activations::LeakyRelu{.negative_slope = 0.5}).to_config());
  EXPECT_TRUE(relu.resolve<float>().is_relu() && relu.resolve<double>().is_relu());
  ActivationArgument read;
  for (const ActivationArgument* argument : {&none, &relu, &leaky}) {
    read.from_config(argument->to_config());
    EXPECT_EQ(read.to_config(), argument->to_config());
    EXPECT_TRUE(expect::same(read.resolve<double>()(Tensor{-2., 2.}), argument->resolve<double>()(Tensor{-2., 2.})));
    EXPECT_TRUE(
        expect::same(read.resolve<float>()(Tensor<float>{-2, 2}), argument->resolve<float>()(Tensor<float>{-2, 2})));
  }
  read.from_config(Config());
  EXPECT_TRUE(read.resolve<float>().is_linear());
  EXPECT_TRUE(expect::error<ValueError>([&] { read.from_config(Config("rellu")); }, {"Did you mean \"relu\""}));
  EXPECT_TRUE(
      expect::error<ValueError>([&] { ActivationArgument("rellu").resolve<float>(); }, {"Did you mean \"relu\""}));
  const ActivationArgument single([](const Tensor<float>& x) { return x; });
  EXPECT_TRUE(expect::error<ValueError>([&] { single.resolve<double>(); }, {"Tensor<double>", "Tensor<float>"}));
}
