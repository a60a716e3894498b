#include <lamina/optimizers/adam.hpp>
#include "support/follows.hpp"

using namespace lamina;
using follows::check;
using follows::Element;

namespace {

auto adam_rule(double rate, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-7, bool amsgrad = false,
               double decay = 0) {
  return [=](Element& e, double g, int step) {
    const double t = step + 1, corrected = rate * std::sqrt(1 - std::pow(beta2, t)) / (1 - std::pow(beta1, t));
    e.w -= rate * decay * e.w;
    e.m = beta1 * e.m + (1 - beta1) * g;
    e.v = beta2 * e.v + (1 - beta2) * g * g;
    e.highest = std::max(e.highest, e.v);
    e.w -= corrected * e.m / (std::sqrt(amsgrad ? e.highest : e.v) + epsilon);
  };
}

}  // namespace

TEST(Adam, AgreesWithItsFormula) {
  check<Adam>(AdamOptions{}, adam_rule(0.001));
  check<Adam>(0.05, adam_rule(0.05));
  check<Adam>(AdamOptions{.learning_rate = 0.1, .beta_1 = 0.8, .beta_2 = 0.9, .epsilon = 1e-3},
              adam_rule(0.1, 0.8, 0.9, 1e-3));
}

TEST(Adam, WithAmsgrad) {
  check<Adam>(AdamOptions{.learning_rate = 0.1, .beta_2 = 0.5, .amsgrad = true}, adam_rule(0.1, 0.9, 0.5, 1e-7, true));
}

TEST(Adam, WithWeightDecay) {
  check<Adam>(AdamOptions{.learning_rate = 0.1, .weight_decay = 0.3}, adam_rule(0.1, 0.9, 0.999, 1e-7, false, 0.3));
}
