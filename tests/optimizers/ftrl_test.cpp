#include <lamina/optimizers/ftrl.hpp>
#include "support/follows.hpp"

using namespace lamina;
using follows::check;
using follows::Element;

TEST(Ftrl, AgreesWithItsFormula) {
  for (const double power : {-0.5, 0.0, -0.8, -1.0})
    check<Ftrl>(FtrlOptions{.learning_rate = 0.1,
                            .learning_rate_power = power,
                            .initial_accumulator_value = 0.2,
                            .l1_regularization_strength = 0.3,
                            .l2_regularization_strength = 0.2,
                            .l2_shrinkage_regularization_strength = 0.1,
                            .beta = 0.05,
                            .weight_decay = 0.1},
                [=](Element& e, double g, int s) {
                  if (s == 0) e.v = 0.2;
                  e.w *= 1 - 0.1 * 0.1;
                  const double total = e.v + g * g, risen = std::pow(total, -power);
                  e.m += g + 2 * 0.1 * e.w - (risen - std::pow(e.v, -power)) / 0.1 * e.w;
                  e.w = (std::clamp(e.m, -0.3, 0.3) - e.m) / (risen / 0.1 + 2 * (0.2 + 0.05 / (2 * 0.1)));
                  e.v = total;
                });
}

TEST(Ftrl, BadArgumentsAreErrors) {
  EXPECT_TRUE(expect::error<ValueError>([] { Ftrl<float>({.learning_rate_power = 0.5}); }, {"Ftrl", "<= 0", "0.5"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Ftrl<float>({.l1_regularization_strength = -1.0}); },
                                        {"Ftrl", "l1_regularization_strength"}));
}
