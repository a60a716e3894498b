#include <lamina/optimizers/adamax.hpp>
#include "support/follows.hpp"

using namespace lamina;
using follows::check;
using follows::Element;

TEST(Adamax, AgreesWithItsFormula) {
  check<Adamax>(AdamaxOptions{.learning_rate = 0.1, .beta_1 = 0.8, .beta_2 = 0.9, .epsilon = 1e-3, .weight_decay = 0.1},
                [](Element& e, double g, int s) {
                  e.w *= 1 - 0.1 * 0.1;
                  e.m += 0.2 * (g - e.m);
                  e.v = std::max(0.9 * e.v, std::abs(g));
                  e.w -= 0.1 * e.m / ((1 - std::pow(0.8, s + 1)) * (e.v + 1e-3));
                });
}
