#pragma once
#include "support/check_gradient.hpp"
#include "support/expect.hpp"

namespace lamina::testing::activations {

inline Tensor<double> slope(const Activation<double>& f, Tensor<double> x) {
  GradientTape<double> tape;
  tape.watch(x);
  return tape.gradient(sum(f(x)), x);
}

struct Formula {
  const char* name;
  double (*value)(double);
};

/// Checks values and derivatives of the activations with these names, with default arguments.
inline void check_formulas(const std::vector<Formula>& formulas) {
  const Tensor<double> x = 7 * expect::scattered({3, 17});
  for (const Formula& formula : formulas) {
    SCOPED_TRACE(formula.name);
    const Activation<double> f(formula.name);
    Tensor<double> expected = x.copy();
    for (Index i = 0; i < x.size(); ++i) expected.mutable_data()[i] = formula.value(x[i]);
    EXPECT_TRUE(expect::near(f(x), expected, {1e-13, 1e-15}));
    EXPECT_TRUE(expect::near(Activation<float>(formula.name)(x.cast<float>()), expected, {1e-5, 1e-6}));
    EXPECT_EQ(f.name(), formula.name);
    EXPECT_EQ(f.to_config(), Config(formula.name));
    EXPECT_EQ(Activation<double>::from_config(formula.name).to_config(), Config(formula.name));
    // First and second derivatives, away from kinks.
    EXPECT_TRUE(lamina::testing::check_gradient(f, {x}, {.second_order = true}));
  }
}

struct ActivationCase {
  Activation<double> f;
  double (*value)(double);
};

/// Checks values, derivatives and configurations of activations with other arguments.
inline void check_arguments(const std::vector<ActivationCase>& cases) {
  const Tensor<double> x = 4 * expect::scattered({3, 17});
  for (const ActivationCase& c : cases) {
    SCOPED_TRACE(c.f.to_config().to_string());
    Tensor<double> expected = x.copy();
    for (Index i = 0; i < x.size(); ++i) expected.mutable_data()[i] = c.value(x[i]);
    EXPECT_TRUE(expect::near(c.f(x), expected, {1e-13, 1e-15}));
    EXPECT_TRUE(lamina::testing::check_gradient(c.f, {x}, {.second_order = true}));
    // A round trip through the configuration.
    const Activation<double> again = Activation<double>::from_config(c.f.to_config());
    EXPECT_TRUE(expect::same(again(x), c.f(x)));
    EXPECT_EQ(again.to_config(), c.f.to_config());
  }
}

inline double slope_at(const Activation<double>& f, double x) { return slope(f, Tensor<double>{x, x})[0]; }

}  // namespace lamina::testing::activations
