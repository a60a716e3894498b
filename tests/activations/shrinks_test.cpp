#include <lamina/activations/shrinks.hpp>

#include "support/activations.hpp"
#include "support/check_gradient.hpp"
#include "support/expect.hpp"

using namespace lamina;
using namespace lamina::testing::activations;

TEST(Shrinks, AgreeWithTheirFormulas) {
  check_formulas({
      {"tanh_shrink", [](double x) { return x - std::tanh(x); }},
      {"hard_shrink", [](double x) { return std::abs(x) > 0.5 ? x : 0; }},
      {"soft_shrink", [](double x) { return x > 0.5    ? x - 0.5
                                            : x < -0.5 ? x + 0.5
                                                       : 0; }},
  });
}

TEST(Shrinks, DependOnTheirArguments) {
  using namespace activations;
  check_arguments({
      {HardShrink{.threshold = 1}, [](double x) { return std::abs(x) > 1 ? x : 0; }},
      {SoftShrink{.threshold = 1}, [](double x) { return x > 1    ? x - 1
                                                         : x < -1 ? x + 1
                                                                  : 0; }},
      {Threshold{.threshold = 0.5, .default_value = -1}, [](double x) { return x > 0.5 ? x : -1; }},
  });
}

TEST(Shrinks, HaveTheDocumentedDerivativesAtKinks) { EXPECT_EQ(slope_at("soft_shrink", 0.5), 0); }

TEST(Shrinks, RejectInvalidArguments) {
  using namespace activations;
  const Tensor<double> x{1., 2., 3.};
  EXPECT_TRUE(expect::error<ValueError>([&] { HardShrink{.threshold = -1}(x); }, {"hard_shrink", "threshold >= 0"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { SoftShrink{.threshold = -1}(x); }, {"soft_shrink", "threshold >= 0"}));
  EXPECT_TRUE(expect::error<ValueError>([&] { Activation<double>("threshold")(x); }, {"activations::Threshold{"}));
}
