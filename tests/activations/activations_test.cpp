
#include "support/activations.hpp"
#include "support/check_gradient.hpp"
#include "support/expect.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::activations;

constexpr double infinity = std::numeric_limits<double>::infinity();

constexpr const char* every_name[] = {"relu",           "relu6",       "leaky_relu", "elu",          "selu",
                                      "celu",           "gelu",        "sigmoid",    "hard_sigmoid", "log_sigmoid",
                                      "sparse_sigmoid", "tanh",        "hard_tanh",  "tanh_shrink",  "softmax",
                                      "log_softmax",    "sparsemax",   "softplus",   "squareplus",   "sparse_plus",
                                      "softsign",       "silu",        "hard_silu",  "mish",         "glu",
                                      "exponential",    "hard_shrink", "soft_shrink"};

}  // namespace

TEST(Activations, ValuesAndDerivativesOfLargeNumbersAreFinite) {
  // Far from all kinks, an activation is 0, constant or linear.
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

TEST(Activations, HandleExtremeValues) {
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

TEST(Activations, PropagateNaN) {
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

TEST(Activations, AcceptEmptyTensorsAndAnyRank) {
  for (const char* name : every_name) {
    EXPECT_EQ(Activation<float>(name)(Tensor<float>::zeros({0, 4})).shape().front(), 0) << name;
    EXPECT_EQ(Activation<float>(name)(Tensor<float>::zeros({1, 2, 1, 2, 1, 2, 1, 4})).rank(), 8) << name;
  }
}
