#include "support/expect.hpp"
#include "support/golden.hpp"

using namespace lamina;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

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
      {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"tanh", [](double x) { return std::tanh(x); }},
      {"softplus", [](double x) { return std::log1p(std::exp(x)); }},
      {"exponential", [](double x) { return std::exp(x); }},
      {"elu", [](double x) { return x > 0 ? x : std::expm1(x); }},
      {"leaky_relu", [](double x) { return x >= 0 ? x : 0.2 * x; }},
  };
  const Tensor<double> x = 4 * expect::scattered({3, 17});
  for (const Formula& formula : formulas) {
    const Activation<double> f(formula.name);
    Tensor<double> expected = x.copy(), slopes = x.copy();
    for (Index i = 0; i < x.size(); ++i) {
      expected.mutable_data()[i] = formula.value(x[i]);
      slopes.mutable_data()[i] = (formula.value(x[i] + 1e-6) - formula.value(x[i] - 1e-6)) / 2e-6;
    }
    EXPECT_TRUE(expect::near(f(x), expected, {1e-14, 1e-15})) << formula.name;
    EXPECT_TRUE(expect::near(slope(f, x), slopes, {1e-7, 1e-8})) << formula.name << ", gradient";
    EXPECT_TRUE(expect::near(Activation<float>(formula.name)(x.cast<float>()), expected, {1e-6, 1e-7})) << formula.name;
    EXPECT_EQ(f.name(), formula.name);
  }
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
  for (const char* name : {"sigmoid", "tanh", "softplus", "elu", "softmax", "log_softmax", "relu", "leaky_relu"}) {
    const Tensor<double> slopes = slope(Activation<double>(name), x);
    EXPECT_TRUE(slopes.array().isFinite().all()) << name << ", gradient: " << slopes;
    const Tensor<float> single = Activation<float>(name)(x.cast<float>());
    EXPECT_TRUE(single.array().isFinite().all()) << name << ", float: " << single;
  }
}

TEST(Activations, PassOnWhatIsNotANumber) {
  for (const char* name : {"relu", "sigmoid", "tanh", "softplus", "elu", "leaky_relu", "exponential", "softmax"}) {
    for (const Index size : {1, 5, 40}) {
      Tensor<double> x = Tensor<double>::zeros({size});
      x.mutable_data()[size - 1] = std::nan("");
      EXPECT_TRUE(std::isnan(Activation<double>(name)(x)[size - 1])) << name << " of " << size;
      EXPECT_TRUE(std::isnan(Activation<float>(name)(x.cast<float>())[size - 1])) << name << " of " << size;
    }
  }
  EXPECT_TRUE(expect::same(Activation<double>("sigmoid")(Tensor{-infinity, infinity}), Tensor{0., 1.}));
  EXPECT_TRUE(expect::same(Activation<double>("tanh")(Tensor{-infinity, infinity}), Tensor{-1., 1.}));
  EXPECT_TRUE(expect::same(Activation<double>("relu")(Tensor{-infinity, infinity}), Tensor{0., infinity}));
}

TEST(Activations, HaveTheirSlopesAtTheKinks) {
  const Tensor<double> zero{0., 0.};
  EXPECT_TRUE(expect::same(slope("relu", zero), Tensor{0., 0.}));
  EXPECT_TRUE(expect::same(slope("elu", zero), Tensor{1., 1.}));
  EXPECT_TRUE(expect::same(slope("leaky_relu", zero), Tensor{1., 1.}));
}

TEST(Activations, AgreeWithKeras) {
  for (const auto& [id, name] : {std::pair{"002_elu", "elu"},
                                 {"004_exponential", "exponential"},
                                 {"016_leaky_relu", "leaky_relu"},
                                 {"018_linear", "linear"},
                                 {"020_log_softmax", "log_softmax"},
                                 {"044_tanh", "tanh"}}) {
    SCOPED_TRACE(id);
    const golden::Case expected(std::string("activations/") + id);
    const Activation<double> f(name);
    const Activation<float> single(name);
    const expect::Within exact{1e-10, 1e-14}, rounded{1e-5, 1e-6};
    Tensor<double> x = expected.tensor<double>("x");
    EXPECT_TRUE(expect::near(f(x), expected.tensor<double>("y_f64"), exact));
    EXPECT_TRUE(expect::near(single(x.cast<float>()), expected.tensor<double>("y"), rounded));
    for (const std::string special : {"_kink", "_extreme"})
      if (expected.contains("y" + special)) {
        const Tensor<float> y = single(expected.tensor<float>("x" + special));
        EXPECT_TRUE(expect::near(y, expected.tensor<double>("y" + special), rounded)) << special;
      }
    GradientTape<double> tape;
    tape.watch(x);
    EXPECT_TRUE(expect::near(tape.gradient(sum(f(x) * expected.tensor<double>("r")), x),
                             expected.tensor<double>("dx_f64"), exact));
  }
}

TEST(Activations, AreGivenByNameFunctionOrNotAtAll) {
  const Tensor<float> x{-1, 2};
  EXPECT_EQ(Activation<float>()(x).data(), x.data());
  EXPECT_TRUE(Activation<float>().is_linear());
  EXPECT_TRUE(Activation<float>("linear").is_linear());
  EXPECT_FALSE(Activation<float>(std::string("relu")).is_linear());
  const Activation<float> swish([](const auto& v) { return v * sigmoid(v); }, "my_swish");
  EXPECT_EQ(swish.name(), "my_swish");
  EXPECT_TRUE(expect::near(swish(x), Tensor{-0.2689414, 1.7615942}, {1e-6, 0}));
}

TEST(Activations, AnUnknownNameSuggestsTheNearest) {
  EXPECT_TRUE(expect::error<ValueError>([] { Activation<float>("sigmod"); },
                                        {"activation \"sigmod\"", "Did you mean \"sigmoid\"", "Known: linear, relu"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Activation<double>(""); }, {"activation \"\""}));
}
