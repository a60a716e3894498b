#include <lamina/optimizers/adagrad.hpp>
#include "support/follows.hpp"

using namespace lamina;
using follows::check;
using follows::Element;

TEST(Adagrad, AgreesWithItsFormula) {
  check<Adagrad>(AdagradOptions{.learning_rate = 0.1, .initial_accumulator_value = 0.3, .epsilon = 1e-3},
                 [](Element& e, double g, int s) {
                   if (s == 0) e.v = 0.3;
                   e.v += g * g;
                   e.w -= 0.1 * g / std::sqrt(e.v + 1e-3);
                 });
}

TEST(Adagrad, BadArgumentsAreErrors) {
  EXPECT_TRUE(expect::error<ValueError>([] { Adagrad<float>({.initial_accumulator_value = -1.0}); }, {"Adagrad"}));
}
