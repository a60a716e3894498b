#include <lamina/optimizers/sgd.hpp>
#include "support/follows.hpp"

using namespace lamina;
using follows::check;
using follows::Element;

TEST(SGD, AgreesWithItsFormula) {
  check<SGD>(SGDOptions{}, [](Element& e, double g, int) { e.w -= 0.01 * g; });
  check<SGD>(0.3, [](Element& e, double g, int) { e.w -= 0.3 * g; });
}

TEST(SGD, WithMomentum) {
  check<SGD>(SGDOptions{.learning_rate = 0.1, .momentum = 0.9}, [](Element& e, double g, int) {
    e.m = 0.9 * e.m - 0.1 * g;
    e.w += e.m;
  });
}

TEST(SGD, WithNesterovMomentum) {
  check<SGD>(SGDOptions{.learning_rate = 0.1, .momentum = 0.9, .nesterov = true}, [](Element& e, double g, int) {
    e.m = 0.9 * e.m - 0.1 * g;
    e.w += 0.9 * e.m - 0.1 * g;
  });
}

TEST(SGD, WithWeightDecay) {
  check<SGD>(SGDOptions{.learning_rate = 0.1, .weight_decay = 0.2}, [](Element& e, double g, int) {
    e.w -= 0.1 * 0.2 * e.w;
    e.w -= 0.1 * g;
  });
}
