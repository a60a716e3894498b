#include <lamina/activations/ramps.hpp>

#include "support/activations.hpp"
#include "support/check_gradient.hpp"
#include "support/expect.hpp"

using namespace lamina;
using namespace lamina::testing::activations;

TEST(Ramps, AgreeWithTheirFormulas) {
  check_formulas({
      {"linear", [](double x) { return x; }},
      {"softplus", [](double x) { return std::log1p(std::exp(x)); }},
      {"squareplus", [](double x) { return (x + std::sqrt(x * x + 4)) / 2; }},
      {"sparse_plus", [](double x) { return x <= -1  ? 0
                                            : x >= 1 ? x
                                                     : (x + 1) * (x + 1) / 4; }},
      {"exponential", [](double x) { return std::exp(x); }},
  });
}

TEST(Ramps, DependOnTheirArguments) {
  using namespace activations;
  check_arguments({
      {Squareplus{.b = 1}, [](double x) { return (x + std::sqrt(x * x + 1)) / 2; }},
  });
}

TEST(Ramps, HaveTheDocumentedDerivativesAtKinks) { EXPECT_EQ(slope_at("sparse_plus", 1), 1); }
