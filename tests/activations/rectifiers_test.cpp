#include <lamina/activations/rectifiers.hpp>

#include "support/activations.hpp"
#include "support/check_gradient.hpp"
#include "support/expect.hpp"

using namespace lamina;
using namespace lamina::testing::activations;

TEST(Rectifiers, AgreeWithTheirFormulas) {
  check_formulas({
      {"relu", [](double x) { return x > 0 ? x : 0; }},
      {"relu6", [](double x) { return x > 6   ? 6
                                      : x > 0 ? x
                                              : 0; }},
      {"leaky_relu", [](double x) { return x > 0 ? x : 0.2 * x; }},
      {"elu", [](double x) { return x > 0 ? x : std::expm1(x); }},
      {"celu", [](double x) { return x > 0 ? x : std::expm1(x); }},
      {"selu", [](double x) { return 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * std::expm1(x)); }},
  });
}

TEST(Rectifiers, DependOnTheirArguments) {
  using namespace activations;
  check_arguments({
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
  });
}

TEST(Rectifiers, HaveTheDocumentedDerivativesAtKinks) {
  using namespace activations;
  EXPECT_EQ(slope_at("relu", 0), 0);
  EXPECT_EQ(slope_at("elu", 0), 1);
  EXPECT_EQ(slope_at("leaky_relu", 0), 0.2);
  EXPECT_EQ(slope_at(Relu{.negative_slope = 0.1}, 0), 0.1);
  EXPECT_EQ(slope_at(Relu{.negative_slope = 0.1, .threshold = 1}, 1), 0);
  EXPECT_EQ(slope_at(Relu{.max_value = 1.0}, 1), 1);
  for (const double kink : {0., 6.}) EXPECT_EQ(slope_at("relu6", kink), 0);
}

TEST(Rectifiers, RejectInvalidArguments) {
  using namespace activations;
  const Tensor<double> x{1., 2., 3.};
  EXPECT_TRUE(expect::error<ValueError>([&] { Relu{.max_value = -1.0}(x); }, {"relu", "max_value >= 0", "-1"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { Celu{.alpha = 0}(x); }, {"celu", "alpha != 0"}));
}
