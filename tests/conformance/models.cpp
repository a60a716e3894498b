// Whole models from their architecture and their weights: outputs, and the gradients of inputs and weights.
#include "models.hpp"
#include "case.hpp"
#include "json.hpp"

namespace lamina::conformance {

namespace {

template <class S>
void compare(const Case& c, Check& check, Tolerance tolerance) {
  const Config architecture = read_json(c.folder() + "/architecture.json");
  const auto model = model_of<S>(architecture);
  const Config& d = c.description();
  std::vector<Tensor<S>> inputs;
  std::vector<Shape> shapes;
  for (Index i = 0; i < d.at("n_inputs").as_integer(); ++i) {
    inputs.push_back(c.array<S>(text("x", i)));
    shapes.push_back(inputs.back().shape());
  }
  model->ensure_built(shapes);
  const auto variables = model->variables();
  const auto& weights = d.at("weights").elements();
  check.that("weights", variables.size() == weights.size(),
             text("got ", variables.size(), ", expected ", weights.size()));
  std::vector<Tensor<S>> values;
  for (std::size_t i = 0; i < weights.size(); ++i) values.push_back(c.array<S>(text("w", i)));
  model->set_weights(values);

  GradientTape<S> tape({.persistent = true});
  for (Tensor<S>& x : inputs) tape.watch(x);
  const std::vector<Tensor<S>> outputs = model->apply(inputs);
  Tensor<S> loss = S(0);
  check.that("outputs", static_cast<Index>(outputs.size()) == d.at("n_outputs").as_integer(),
             text("got ", outputs.size()));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    check.near(text("y", i), outputs[i], tolerance);
    if (c.contains(text("r", i))) loss = loss + sum(outputs[i] * c.array<S>(text("r", i)));
  }
  const auto compare_gradient = [&](const std::string& array, const Tensor<S>& gradient, const Shape& shape) {
    if (c.contains(array)) check.near(array, gradient.defined() ? gradient : Tensor<S>::zeros(shape), tolerance);
  };
  for (std::size_t i = 0; i < inputs.size(); ++i)
    compare_gradient(text("dx", i), tape.gradient(loss, inputs[i]), inputs[i].shape());
  for (std::size_t i = 0; i < variables.size(); ++i)
    compare_gradient(text("dw", i), tape.gradient(loss, variables[i]), variables[i].shape());
}

}  // namespace

void run_model(const Case& c, Check& check) {
  compare<float>(c, check, whole_model);
  check.set_label("in double, ");
  compare<double>(c, check, whole_model);
}

}  // namespace lamina::conformance
