// Regularizers and constraints, which are functions of a weight.
#include "case.hpp"

namespace lamina::conformance {

namespace {

/// Compares in float, and in double if Keras computed it; without such an array, double is compared with float.
template <class S>
Tolerance tolerance_of(const Case& c, std::string& array) {
  if (c.contains(array + ending_of<S>)) {
    array += ending_of<S>;
    return precision_of<S>;
  }
  return single_precision;
}

template <class S>
void penalty(const Case& c, Check& check, const TensorFunction& regularizer) {
  const auto f = regularizer.for_scalar(S());
  Tensor<S> x = c.array<S>("x");
  GradientTape<S> tape;
  tape.watch(x);
  const Tensor<S> value = f(x);
  std::string values = "value", gradients = "dx";
  const Tolerance value_tolerance = tolerance_of<S>(c, values), gradient_tolerance = tolerance_of<S>(c, gradients);
  check.near(values, value, value_tolerance);
  if (c.contains(gradients)) check.near(gradients, tape.gradient(value, x), gradient_tolerance);
}

template <class S>
void constrained(const Case& c, Check& check, const TensorFunction& constraint) {
  std::string out = "out";
  const Tolerance tolerance = tolerance_of<S>(c, out);
  check.near(out, constraint.for_scalar(S())(c.array<S>("w")), tolerance);
}

}  // namespace

void run_regularizer(const Case& c, Check& check) {
  by_constructor_and_config(c, check, [&](const Config& object) {
    const auto regularizer = make<RegularizerFamily>(object);
    penalty<float>(c, check, *regularizer);
    penalty<double>(c, check, *regularizer);
  });
}

void run_constraint(const Case& c, Check& check) {
  by_constructor_and_config(c, check, [&](const Config& object) {
    const auto constraint = make<ConstraintFamily>(object);
    constrained<float>(c, check, *constraint);
    constrained<double>(c, check, *constraint);
  });
}

}  // namespace lamina::conformance
