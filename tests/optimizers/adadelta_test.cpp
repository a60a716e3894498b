#include <lamina/optimizers/adadelta.hpp>
#include "support/follows.hpp"

using namespace lamina;
using follows::check;
using follows::Element;

TEST(Adadelta, AgreesWithItsFormula) {
  check<Adadelta>(AdadeltaOptions{.learning_rate = 0.5, .rho = 0.8, .epsilon = 1e-3}, [](Element& e, double g, int) {
    e.v = 0.8 * e.v + 0.2 * g * g;
    const double step = -std::sqrt(e.m + 1e-3) * g / std::sqrt(e.v + 1e-3);
    e.m = 0.8 * e.m + 0.2 * step * step;
    e.w += 0.5 * step;
  });
}

TEST(Adadelta, BadArgumentsAreErrors) {
  EXPECT_TRUE(expect::error<ValueError>([] { Adadelta<float>({.rho = 2.0}); }, {"Adadelta", "rho", "2"}));
}
