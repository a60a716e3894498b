#include <lamina/optimizers/adamw.hpp>
#include "support/follows.hpp"

using namespace lamina;
using follows::check;
using follows::Element;

TEST(AdamW, ShrinksWeights) {
  check<AdamW>(AdamWOptions{.learning_rate = 0.1, .weight_decay = 0.3, .beta_2 = 0.9}, [](Element& e, double g, int s) {
    e.w -= 0.1 * 0.3 * e.w;
    e.m += 0.1 * (g - e.m);
    e.v += 0.1 * (g * g - e.v);
    e.w -= 0.1 * std::sqrt(1 - std::pow(0.9, s + 1)) / (1 - std::pow(0.9, s + 1)) * e.m / (std::sqrt(e.v) + 1e-7);
  });
}

TEST(AdamW, BadArgumentsAreErrors) {
  EXPECT_TRUE(expect::error<ValueError>([] { AdamW<float>({.weight_decay = std::nullopt}); }, {"AdamW", "use Adam"}));
}
