#include <lamina/optimizers/nadam.hpp>
#include "support/follows.hpp"

using namespace lamina;
using follows::check;
using follows::Element;

TEST(Nadam, AgreesWithItsFormula) {
  check<Nadam>(NadamOptions{.learning_rate = 0.1, .beta_1 = 0.8, .beta_2 = 0.9, .epsilon = 1e-3},
               [](Element& e, double g, int s) {
                 const auto u = [](int t) { return 0.8 * (1 - 0.5 * std::pow(0.96, t)); };
                 double product = 1;
                 for (int t = 1; t <= s + 1; ++t) product *= u(t);
                 e.m += 0.2 * (g - e.m);
                 e.v += 0.1 * (g * g - e.v);
                 const double mean = u(s + 2) * e.m / (1 - product * u(s + 2)) + (1 - u(s + 1)) * g / (1 - product);
                 e.w -= 0.1 * mean / (std::sqrt(e.v / (1 - std::pow(0.9, s + 1))) + 1e-3);
               });
}
