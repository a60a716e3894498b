#include <lamina/activations/gates.hpp>

#include "support/activations.hpp"
#include "support/check_gradient.hpp"
#include "support/expect.hpp"

using namespace lamina;
using namespace lamina::testing::activations;

TEST(Gates, AgreeWithTheirFormulas) {
  check_formulas({
      {"gelu", [](double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }},
      {"silu", [](double x) { return x / (1 + std::exp(-x)); }},
      {"hard_silu", [](double x) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); }},
      {"mish", [](double x) { return x * std::tanh(std::log1p(std::exp(x))); }},
  });
}

TEST(Gates, DependOnTheirArguments) {
  using namespace activations;
  check_arguments({
      {Gelu{.approximate = true},
       [](double x) { return x / 2 * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x))); }},
  });
}

TEST(Gates, HaveTheDocumentedDerivativesAtKinks) {
  EXPECT_EQ(slope_at("hard_silu", -3), 0);
  EXPECT_EQ(slope_at("hard_silu", 3), 1);
}

TEST(Gates, RejectInvalidArguments) {
  using namespace activations;
  const Tensor<double> x{1., 2., 3.};
  EXPECT_TRUE(expect::error<ShapeError>([&] { Glu()(x); }, {"glu", "even size", "(3,)"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { Glu()(Tensor<double>(1.0)); }, {"glu"}));
}
