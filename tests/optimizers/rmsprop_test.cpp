#include <lamina/optimizers/rmsprop.hpp>
#include "support/follows.hpp"

#include "support/optimizer_rules.hpp"

using namespace lamina;
using follows::check;
using follows::Element;

namespace {

using namespace lamina::testing::optimizer_rules;

auto rmsprop_rule(double rate, double rho, double momentum, double epsilon, bool centered) {
  return [=](Element& e, double g, int) {
    e.v = rho * e.v + (1 - rho) * g * g;
    e.highest = rho * e.highest + (1 - rho) * g;  // stores the mean gradient here
    e.m = momentum * e.m + rate * g / std::sqrt(e.v - (centered ? square(e.highest) : 0) + epsilon);
    e.w -= e.m;
  };
}

}  // namespace

TEST(RMSprop, AgreesWithItsFormula) {
  check<RMSprop>(RMSpropOptions{}, rmsprop_rule(0.001, 0.9, 0, 1e-7, false));
  check<RMSprop>(RMSpropOptions{.learning_rate = 0.02, .rho = 0.7, .momentum = 0.6, .epsilon = 1e-3},
                 rmsprop_rule(0.02, 0.7, 0.6, 1e-3, false));
  check<RMSprop>(RMSpropOptions{.learning_rate = 0.02, .momentum = 0.5, .epsilon = 1e-3, .centered = true},
                 rmsprop_rule(0.02, 0.9, 0.5, 1e-3, true));
}
