#include <lamina/activations/sigmoids.hpp>

#include "support/activations.hpp"
#include "support/check_gradient.hpp"
#include "support/expect.hpp"

using namespace lamina;
using namespace lamina::testing::activations;

TEST(Sigmoids, AgreeWithTheirFormulas) {
  check_formulas({
      {"sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
      {"hard_sigmoid", [](double x) { return std::clamp(x / 6 + 0.5, 0.0, 1.0); }},
      {"sparse_sigmoid", [](double x) { return std::clamp(x / 2 + 0.5, 0.0, 1.0); }},
      {"log_sigmoid", [](double x) { return -std::log1p(std::exp(-x)); }},
      {"tanh", [](double x) { return std::tanh(x); }},
      {"hard_tanh", [](double x) { return std::clamp(x, -1.0, 1.0); }},
      {"softsign", [](double x) { return x / (1 + std::abs(x)); }},
  });
}

TEST(Sigmoids, HaveTheDocumentedDerivativesAtKinks) {
  for (const double kink : {-3., 3.}) EXPECT_EQ(slope_at("hard_sigmoid", kink), 0);
  for (const double kink : {-1., 1.}) EXPECT_EQ(slope_at("hard_tanh", kink), 0);
}
