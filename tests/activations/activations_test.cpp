#include "support/check_gradient.hpp"
#include "support/expect.hpp"

using namespace lamina;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

constexpr const char* every_name[] = {"relu",           "relu6",       "leaky_relu", "elu",          "selu",
                                      "celu",           "gelu",        "sigmoid",    "hard_sigmoid", "log_sigmoid",
                                      "sparse_sigmoid", "tanh",        "hard_tanh",  "tanh_shrink",  "softmax",
                                      "log_softmax",    "sparsemax",   "softplus",   "squareplus",   "sparse_plus",
                                      "softsign",       "silu",        "hard_silu",  "mish",         "glu",
                                      "exponential",    "hard_shrink", "soft_shrink"};

Tensor<double> slope(const Activation<double>& f, Tensor<double> x) {
  GradientTape<double> tape;
  tape.watch(x);
  return tape.gradient(sum(f(x)), x);
}

}  // namespace

TEST(Activations, GiveWhatTheirFormulasDo) {
  struct Formula {
    const char* name;
    double (*value)(double);
  };
  const Formula formulas[] = {
      {"linear", [](double x) { return x; }},
      {"relu", [](double x) { return x > 0 ? x : 0; }},
      {"relu6", [](double x) { return x > 6   ? 6
                                      : x > 0 ? x
                                              : 0; }},
      {"leaky_relu", [](double x) { return x > 0 ? x : 0.2 * x; }},
      {"elu", [](double x) { return x > 0 ? x : std::expm1(x); }},
      {"celu", [](double x) { return x > 0 ? x : std::expm1(x); }},
      {"selu", [](double x) { return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * std::expm1(x)); }},
      {"gelu", [](double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }},
      {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"hard_sigmoid", [](double x) { return std::clamp(x / 6 + 0.5, 0.0, 1.0); }},
      {"sparse_sigmoid", [](double x) { return std::clamp(x / 2 + 0.5, 0.0, 1.0); }},
      {"log_sigmoid", [](double x) { return -std::log1p(std::exp(-x)); }},
      {"tanh", [](double x) { return std::tanh(x); }},
      {"hard_tanh", [](double x) { return std::clamp(x, -1.0, 1.0); }},
      {"tanh_shrink", [](double x) { return x - std::tanh(x); }},
      {"softplus", [](double x) { return std::log1p(std::exp(x)); }},
      {"squareplus", [](double x) { return (x + std::sqrt(x * x + 4)) / 2; }},
      {"sparse_plus", [](double x) { return x <= -1  ? 0
                                            : x >= 1 ? x
                                                     : (x + 1) * (x + 1) / 4; }},
      {"softsign", [](double x) { return x / (1 + std::abs(x)); }},
      {"silu", [](double x) { return x / (1 + std::exp(-x)); }},
      {"hard_silu", [](double x) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); }},
      {"mish", [](double x) { return x * std::tanh(std::log1p(std::exp(x))); }},
      {"exponential", [](double x) { return std::exp(x); }},
      {"hard_shrink", [](double x) { return std::abs(x) > 0.5 ? x : 0; }},
      {"soft_shrink", [](double x) { return x > 0.5    ? x - 0.5
                                            : x < -0.5 ? x + 0.5
                                                       : 0; }},
  };
  const Tensor<double> x = 7 * expect::scattered({3, 17});
  for (const Formula& formula : formulas) {
    SCOPED_TRACE(formula.name);
    const Activation<double> f(formula.name);
    Tensor<double> expected = x.copy();
    for (Index i = 0; i < x.size(); ++i) expected.mutable_data()[i] = formula.value(x[i]);
    EXPECT_TRUE(expect::near(f(x), expected, {1e-13, 1e-15}));
    EXPECT_TRUE(expect::near(Activation<float>(formula.name)(x.cast<float>()), expected, {1e-5, 1e-6}));
    EXPECT_EQ(f.name(), formula.name);
    EXPECT_EQ(f.to_config(), Config(formula.name));
    EXPECT_EQ(Activation<double>::from_config(formula.name).to_config(), Config(formula.name));
    // Once and twice, off the kinks.
    EXPECT_TRUE(lamina::testing::check_gradient(f, {x}, {.second_order = true}));
  }
}

TEST(Activations, LargeNumbersAndTheirSlopesAreFinite) {
  // Beyond all bends an activation is 0, a constant or a line.
  for (const char* name : every_name) {
    const std::string_view kind = name;
    if (kind == "exponential" || kind == "softmax" || kind == "log_softmax" || kind == "sparsemax" || kind == "glu")
      continue;
    SCOPED_TRACE(name);
    for (const float x : {1e4f, 1e10f, 1e20f, 3e38f, -1e10f, -1e20f, -3e38f}) {
      Tensor<float> at(x);
      GradientTape<float> tape;
      tape.watch(at);
      const Tensor<float> y = Activation<float>(name)(at);
      const float value = y.item(), slope = tape.gradient(y, at).item();
      EXPECT_EQ(is_finite(value), kind != "selu" || x < 3e38f || is_finite(1.0507f * x)) << x;
      ASSERT_TRUE(is_finite(slope)) << x;
      EXPECT_LE(std::abs(slope), 1.0508f) << x;
      if (std::abs(slope) > 0.01f) {
        EXPECT_NEAR(value / x, slope, 1e-3f) << x;
      }
    }
  }
}

TEST(Activations, FollowTheirArguments) {
  using namespace activations;
  struct Case {
    Activation<double> f;
    double (*value)(double);
  };
  const Case cases[] = {
      {Relu{.negative_slope = 0.1}, [](double x) { return x > 0 ? x : 0.1 * x; }},
      {Relu{.max_value = 2.0}, [](double x) { return std::clamp(x, 0.0, 2.0); }},
      {Relu{.threshold = 1.0}, [](double x) { return x > 1 ? x : 0; }},
      {Relu{.threshold = -1.0}, [](double x) { return x > -1 ? x : 0; }},
      {Relu{.max_value = 2.0, .threshold = -1.0}, [](double x) { return std::clamp(x, 0.0, 2.0); }},
      {Relu{.negative_slope = 0.3, .max_value = 2.0, .threshold = 0.5},
       [](double x) { return x > 2     ? 2
                             : x > 0.5 ? x
                                       : 0.3 * (x - 0.5); }},
      {Relu{.negative_slope = 0.3, .threshold = -0.5}, [](double x) { return x > -0.5 ? x : 0.3 * (x + 0.5); }},
      {LeakyRelu{.negative_slope = 0.3}, [](double x) { return x > 0 ? x : 0.3 * x; }},
      {Elu{.alpha = 0.5}, [](double x) { return x > 0 ? x : 0.5 * std::expm1(x); }},
      {Elu{.alpha = -0.5}, [](double x) { return x > 0 ? x : -0.5 * std::expm1(x); }},
      {Celu{.alpha = 2}, [](double x) { return x > 0 ? x : 2 * std::expm1(x / 2); }},
      {Gelu{.approximate = true},
       [](double x) { return x / 2 * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x))); }},
      {Squareplus{.b = 1}, [](double x) { return (x + std::sqrt(x * x + 1)) / 2; }},
      {HardShrink{.threshold = 1}, [](double x) { return std::abs(x) > 1 ? x : 0; }},
      {SoftShrink{.threshold = 1}, [](double x) { return x > 1    ? x - 1
                                                         : x < -1 ? x + 1
                                                                  : 0; }},
      {Threshold{.threshold = 0.5, .default_value = -1}, [](double x) { return x > 0.5 ? x : -1; }},
  };
  const Tensor<double> x = 4 * expect::scattered({3, 17});
  for (const Case& c : cases) {
    SCOPED_TRACE(c.f.to_config().to_string());
    Tensor<double> expected = x.copy();
    for (Index i = 0; i < x.size(); ++i) expected.mutable_data()[i] = c.value(x[i]);
    EXPECT_TRUE(expect::near(c.f(x), expected, {1e-13, 1e-15}));
    EXPECT_TRUE(lamina::testing::check_gradient(c.f, {x}, {.second_order = true}));
    // There and back again.
    const Activation<double> again = Activation<double>::from_config(c.f.to_config());
    EXPECT_TRUE(expect::same(again(x), c.f(x)));
    EXPECT_EQ(again.to_config(), c.f.to_config());
  }
}

TEST(Activations, AlongAnAxis) {
  using namespace activations;
  const Tensor<double> x = 3 * expect::scattered({4, 6, 2});
  const GradientCheckOptions both{.second_order = true};
  for (const Index axis : {-1, 0, 1}) {
    for (const Activation<double>& f :
         {Activation<double>(activations::Softmax{axis}), Activation<double>(LogSoftmax{axis}),
          Activation<double>(Sparsemax{axis}), Activation<double>(Glu{axis})}) {
      SCOPED_TRACE(f.to_config().to_string());
      EXPECT_TRUE(lamina::testing::check_gradient(f, {x}, both));
      EXPECT_TRUE(expect::same(Activation<double>::from_config(f.to_config())(x), f(x)));
    }
    const Tensor<double> totals = sum(Activation<double>(activations::Softmax{axis})(x), {.axes = {axis}});
    EXPECT_TRUE(expect::near(totals, Tensor<double>::ones(totals.shape()), {1e-14, 0}));
    const auto parts = split(x, 2, axis);
    EXPECT_TRUE(expect::near(Activation<double>(Glu{axis})(x), parts[0] * sigmoid(parts[1]), {1e-14, 0}));
  }
}

TEST(Activations, SparsemaxIsKerass) {
  // One counts: 1 and nothing else. Two count: their cumulated sums are both in it, as Keras 3 has it.
  const Activation<double> f("sparsemax");
  EXPECT_TRUE(expect::same(f(Tensor<double>{5, 1, 2}), Tensor<double>{1, 0, 0}));
  // k = 2, c = (1, 1.5), τ = (2.5 - 1) / 2
  EXPECT_TRUE(expect::near(f(Tensor<double>{0.5, 1., -3.}), Tensor<double>{0., 0.25, 0.}));
  EXPECT_TRUE(expect::same(f(Tensor<double>{{7}, {-2}}), Tensor<double>{{1}, {1}}));
  const Tensor<double> with_nan = f(Tensor<double>{{1., std::nan("")}, {5., 1.}});
  EXPECT_TRUE(std::isnan(with_nan(0, 0)) && std::isnan(with_nan(0, 1)));
  EXPECT_EQ(with_nan(1, 0), 1);
}

TEST(Activations, SoftmaxRowsAreShares) {
  const Tensor<double> x = 3 * expect::scattered({4, 6});
  const Tensor<double> y = Activation<double>("softmax")(x), log_y = Activation<double>("log_softmax")(x);
  for (Index row = 0; row < 4; ++row) {
    double total = 0;
    for (Index j = 0; j < 6; ++j) total += std::exp(x(row, j));
    for (Index j = 0; j < 6; ++j) {
      EXPECT_NEAR(y(row, j), std::exp(x(row, j)) / total, 1e-15);
      EXPECT_NEAR(log_y(row, j), x(row, j) - std::log(total), 1e-14);
    }
  }
}

TEST(Activations, StandExtremes) {
  const Tensor<double> x{-1000., -100., 0., 100., 1000.};
  const auto of = [&](const char* name) { return Activation<double>(name)(x); };
  EXPECT_TRUE(expect::near(of("sigmoid"), Tensor{0., 3.720075976020836e-44, 0.5, 1., 1.}, {1e-12, 1e-300}));
  EXPECT_TRUE(expect::same(of("tanh"), Tensor{-1., -1., 0., 1., 1.}));
  EXPECT_TRUE(expect::near(of("softplus"), Tensor{0., 3.720075976020836e-44, std::log(2.), 100., 1000.}, {1e-12, 0}));
  EXPECT_TRUE(expect::near(of("elu"), Tensor{-1., -1., 0., 100., 1000.}));
  EXPECT_TRUE(expect::same(of("softmax"), Tensor{0., 0., 0., std::exp(-900.), 1.}));
  EXPECT_TRUE(expect::near(of("log_softmax"), Tensor{-2000., -1100., -1000., -900., 0.}));
  EXPECT_TRUE(expect::near(of("silu"), Tensor{0., -100 * 3.720075976020836e-44, 0., 100., 1000.}, {1e-12, 1e-300}));
  EXPECT_TRUE(expect::near(of("mish"), Tensor{0., -100 * 3.720075976020836e-44, 0., 100., 1000.}, {1e-12, 1e-300}));
  EXPECT_TRUE(expect::near(of("log_sigmoid"), Tensor{-1000., -100., -std::log(2.), 0., 0.}, {1e-12, 1e-40}));
  EXPECT_TRUE(expect::same(of("gelu"), Tensor{0., 0., 0., 100., 1000.}));
  EXPECT_TRUE(expect::same(of("hard_silu"), Tensor{0., 0., 0., 100., 1000.}));
  for (const char* name : every_name) {
    if (std::string_view(name) == "exponential") continue;
    for (const double scale : {1.0, 1e15, 1e30}) {
      const Tensor<double> wide{-1000 * scale, -scale, 0., scale, 1000 * scale, 2.};
      const Tensor<double> slopes = slope(Activation<double>(name), wide);
      EXPECT_TRUE(slopes.array().isFinite().all()) << name << ", gradient: " << slopes;
      const Tensor<float> single = Activation<float>(name)(wide.cast<float>());
      const bool squares = std::string_view(name) == "squareplus" && scale > 1e15;
      EXPECT_TRUE(squares || single.array().isFinite().all()) << name << ", float: " << single;
    }
  }
}

TEST(Activations, PassOnWhatIsNotANumber) {
  for (const char* name : every_name) {
    for (const Index size : {2, 6, 40}) {
      Tensor<double> x = Tensor<double>::zeros({size});
      x.mutable_data()[size - 1] = std::nan("");
      const Tensor<double> y = Activation<double>(name)(x);
      EXPECT_TRUE(std::isnan(y[y.size() - 1])) << name << " of " << size;
      const Tensor<float> single = Activation<float>(name)(x.cast<float>());
      EXPECT_TRUE(std::isnan(single[single.size() - 1])) << name << " of " << size;
    }
  }
  EXPECT_TRUE(expect::same(Activation<double>("sigmoid")(Tensor{-infinity, infinity}), Tensor{0., 1.}));
  EXPECT_TRUE(expect::same(Activation<double>("tanh")(Tensor{-infinity, infinity}), Tensor{-1., 1.}));
  EXPECT_TRUE(expect::same(Activation<double>("relu")(Tensor{-infinity, infinity}), Tensor{0., infinity}));
}

TEST(Activations, HaveTheirSlopesAtTheKinks) {
  using namespace activations;
  const auto at = [](const Activation<double>& f, double x) { return slope(f, Tensor<double>{x, x})[0]; };
  EXPECT_EQ(at("relu", 0), 0);
  EXPECT_EQ(at("elu", 0), 1);
  EXPECT_EQ(at("leaky_relu", 0), 0.2);
  EXPECT_EQ(at(Relu{.negative_slope = 0.1}, 0), 0.1);
  EXPECT_EQ(at(Relu{.negative_slope = 0.1, .threshold = 1}, 1), 0);
  EXPECT_EQ(at(Relu{.max_value = 1.0}, 1), 1);
  for (const double kink : {0., 6.}) EXPECT_EQ(at("relu6", kink), 0);
  for (const double kink : {-3., 3.}) EXPECT_EQ(at("hard_sigmoid", kink), 0);
  for (const double kink : {-1., 1.}) EXPECT_EQ(at("hard_tanh", kink), 0);
  EXPECT_EQ(at("hard_silu", -3), 0);
  EXPECT_EQ(at("hard_silu", 3), 1);
  EXPECT_EQ(at("sparse_plus", 1), 1);
  EXPECT_EQ(at("soft_shrink", 0.5), 0);
}

TEST(Activations, AreGivenByNameFunctionOrNotAtAll) {
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

TEST(Activations, OtherNamesFindTheSame) {
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

TEST(Activations, GiveAndTakeConfigurations) {
  EXPECT_EQ(Activation<float>().to_config(), Config("linear"));
  EXPECT_EQ(Activation<float>("relu").to_config(), Config("relu"));
  EXPECT_EQ(Activation<float>(activations::Gelu()).to_config(), Config("gelu"));
  EXPECT_EQ(
      Activation<float>(activations::Relu{.max_value = 6.0}).to_config().to_string(),
      "{\"class_name\": \"relu\", \"config\": {\"negative_slope\": 0.0, \"max_value\": 6.0, \"threshold\": 0.0}}");
  EXPECT_EQ(Activation<float>(activations::Threshold{}).to_config().kind(), Config::Kind::map);
  EXPECT_TRUE(Activation<float>::from_config(Config()).is_linear());

  // Keras's own layers, as files hold them.
  Config layer = named_config("LeakyReLU", Config::map());
  layer["config"]["name"] = "leaky_re_lu_3";
  layer["config"]["trainable"] = true;
  layer["config"]["negative_slope"] = 0.5;
  EXPECT_EQ(Activation<double>::from_config(layer)(Tensor<double>{-2, 2})[0], -1);

  EXPECT_TRUE(expect::error<ValueError>([] { Activation<float>([](const auto& x) { return x; }).to_config(); },
                                        {"without a configuration", "register_activation"}));
  EXPECT_TRUE(
      expect::error<ValueError>([] { Activation<float>::from_config("sigmod"); }, {"Did you mean \"sigmoid\""}));
  EXPECT_TRUE(expect::error<ValueError>([] { Activation<float>::from_config(3); }, {"class_name"}));
  layer["config"]["slope"] = 1;
  EXPECT_TRUE(expect::error<ValueError>([&] { Activation<float>::from_config(layer); },
                                        {"leaky_relu", "argument \"slope\"", "negative_slope"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Activation<float>::from_config("threshold"); },
                                        {"threshold", "\"threshold\" is missing"}));
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

TEST(Activations, OnesOwnAreRegisteredByName) {
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

TEST(Activations, AsAnArgumentKeepBothScalars) {
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
  EXPECT_TRUE(expect::error<ValueError>([&] { single.resolve<double>(); }, {"another scalar"}));
}

TEST(Activations, AnUnknownNameSuggestsTheNearest) {
  const Tensor<float> x{1};
  EXPECT_TRUE(expect::error<ValueError>([&] { Activation<float>("sigmod")(x); },
                                        {"activation \"sigmod\"", "Did you mean \"sigmoid\"", "Known: linear, relu"}));
  EXPECT_TRUE(
      expect::error<ValueError>([] { Activation<double>(std::string("sigmod")); }, {"Did you mean \"sigmoid\""}));
  EXPECT_TRUE(expect::error<ValueError>([] { Activation<double>("").resolve(); }, {"activation \"\""}));
}

TEST(Activations, RefuseArgumentsThatMeanNothing) {
  using namespace activations;
  const Tensor<double> x{1., 2., 3.};
  EXPECT_TRUE(expect::error<ValueError>([&] { Relu{.max_value = -1.0}(x); }, {"relu", "max_value >= 0", "-1"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { Celu{.alpha = 0}(x); }, {"celu", "other than 0"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { HardShrink{.threshold = -1}(x); }, {"hard_shrink", "threshold >= 0"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { SoftShrink{.threshold = -1}(x); }, {"soft_shrink", "threshold >= 0"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { Activation<double>("threshold")(x); }, {"activations::Threshold{"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { Glu()(x); }, {"glu", "even size", "(3,)"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { Glu()(Tensor<double>(1.0)); }, {"glu"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { Sparsemax()(Tensor<double>::zeros({2, 0})); }, {"sparsemax"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { activations::Softmax{.axis = 3}(x); }, {"axis 3"}));
}

TEST(Activations, TakeNoElementsAndAnyRank) {
  for (const char* name : every_name) {
    EXPECT_EQ(Activation<float>(name)(Tensor<float>::zeros({0, 4})).shape().front(), 0) << name;
    EXPECT_EQ(Activation<float>(name)(Tensor<float>::zeros({1, 2, 1, 2, 1, 2, 1, 4})).rank(), 8) << name;
  }
}
