#include <lamina/activations/functions.hpp>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"

using namespace lamina;

TEST(Activations, AliasesFindTheSameFunction) {
  EXPECT_EQ(Activation<float>("swish").to_config(), Config("silu"));
  EXPECT_EQ(Activation<float>("hard_swish").to_config(), Config("hard_silu"));
  EXPECT_EQ(Activation<float>("ReLU").name(), "relu");
  EXPECT_EQ(Activation<float>("LeakyReLU").name(), "leaky_relu");
  EXPECT_EQ(Activation<float>(std::string("LogSoftmax")).name(), "log_softmax");
  EXPECT_TRUE(Activation<float>("relu").is_relu());
  EXPECT_TRUE(Activation<float>(activations::Relu()).is_relu());
  EXPECT_TRUE(Activation<float>(std::string("relu")).is_relu());
  EXPECT_FALSE(Activation<float>(activations::Relu{.max_value = 1.0}).is_relu());
  EXPECT_FALSE(Activation<float>([](const auto& x) { return x; }, "relu").is_relu());
  EXPECT_FALSE(Activation<float>().is_relu());
}

namespace {

struct Cubed {
  double factor = 1.0;
  static const char* class_name() { return "cubed"; }
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("factor", self.factor);
  }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return x * x * x * static_cast<S>(factor);
  }
};

}  // namespace

TEST(Activations, UserDefinedOnesAreRegisteredByName) {
  const Tensor<double> x{-1., 2.};
  EXPECT_TRUE(expect::error<ValueError>([&] { Activation<double>("my_double")(x); }, {"activation \"my_double\""}));
  register_activation("my_double", [](const auto& v) { return v + v; });
  EXPECT_TRUE(expect::same(Activation<double>("my_double")(x), Tensor{-2., 4.}));
  EXPECT_TRUE(expect::same(Activation<float>("my_double")(Tensor<float>{1}), Tensor<float>{2}));
  EXPECT_TRUE(expect::same(Activation<double>(std::string("my_double"))(x), Tensor{-2., 4.}));
  EXPECT_EQ(Activation<double>("my_double").to_config(), Config("my_double"));
  EXPECT_EQ(Activation<double>(std::string("my_double")).to_config(), Config("my_double"));
  EXPECT_TRUE(expect::same(Activation<double>::from_config("my_double")(x), Tensor{-2., 4.}));
  EXPECT_TRUE(expect::same(Activation<double>::from_config(named_config("function", "my_double"))(x), Tensor{-2., 4.}));

  register_activation("cubed", Cubed{.factor = 2});
  EXPECT_TRUE(expect::same(Activation<double>("cubed")(x), Tensor{-2., 16.}));
  Config given;
  given["factor"] = 3;
  const auto cubed = Activation<double>::from_config(named_config("cubed", given));
  EXPECT_TRUE(expect::same(cubed(x), Tensor{-3., 24.}));
  EXPECT_EQ(cubed.to_config().at("config").at("factor").as_real(), 3);
  EXPECT_EQ(Activation<double>(Cubed{.factor = 0.5}).to_config().at("config").at("factor").as_real(), 0.5);

  register_activation("only_double", [](const Tensor<double>& v) { return v; });
  EXPECT_TRUE(expect::error<ValueError>([] { Activation<float>("only_double")(Tensor<float>{1}); }, {"only_double"}));
  ActivationArgument argument;
  argument.from_config(Config("only_double"));
  EXPECT_TRUE(expect::same(argument.resolve<double>()(x), x));
}

TEST(Activations, AnUnknownNameSuggestsTheNearest) {
  const Tensor<float> x{1};
  EXPECT_TRUE(expect::error<ValueError>([&] { Activation<float>("sigmod")(x); },
                                        {"activation \"sigmod\"", "Did you mean \"sigmoid\"", "Known: linear, relu"}));
  EXPECT_TRUE(
      expect::error<ValueError>([] { Activation<double>(std::string("sigmod")); }, {"Did you mean \"sigmoid\""}));
  EXPECT_TRUE(expect::error<ValueError>([] { Activation<double>("").resolve(); }, {"activation \"\""}));
}
