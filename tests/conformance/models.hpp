#pragma once
#include "case.hpp"
#include "json.hpp"

namespace lamina::conformance {

/// Throws Unsupported if lamina lacks a class of the model.
template <class S>
void require_layers(const Config& layers) {
  for (const Config& layer : layers.elements()) {
    const Config* inside = layer.at("config").find("layers");
    if (inside != nullptr)
      require_layers<S>(*inside);
    else
      make_layer<S>(layer);
  }
}

/// Returns the model of a configuration; throws Unsupported if lamina lacks a class in it.
template <class S>
std::shared_ptr<Model<S>> model_of(const Config& described) {
  require_layers<S>(described.at("config").at("layers"));
  auto model = std::dynamic_pointer_cast<Model<S>>(model_from_config<S>(described));
  if (model == nullptr) throw Unsupported{text("unknown model ", described.at("class_name"), ".")};
  return model;
}

/// Returns the model of `architecture.json` with the weights of `data.npz`.
template <class S>
std::shared_ptr<Model<S>> model_with_weights(const Case& c, Check& check) {
  const std::shared_ptr<Model<S>> model = model_of<S>(read_json(c.folder() + "/architecture.json"));
  const Config& d = c.description();
  std::vector<Shape> shapes;
  for (Index i = 0; i < d.at("n_inputs").as_integer(); ++i) shapes.push_back(c.array<S>(text("x", i)).shape());
  model->ensure_built(shapes);
  const std::size_t count = model->variables().size(), expected = d.at("weights").elements().size();
  check.that("weights", count == expected, text("got ", count, ", expected ", expected));
  std::vector<Tensor<S>> values;
  for (std::size_t i = 0; i < expected; ++i) values.push_back(c.array<S>(text("w", i)));
  model->set_weights(values);
  return model;
}

/// Compares outputs, and the gradients of inputs and weights, with the arrays whose names start with `prefix`, each
/// within `tolerance(name)`.
template <class S, class ToleranceOf>
void compare_model(const Case& c, Check& check, const std::string& prefix, bool training,
                   const ToleranceOf& tolerance) {
  const std::shared_ptr<Model<S>> model = model_with_weights<S>(c, check);
  const Config& d = c.description();
  std::vector<Tensor<S>> inputs;
  for (Index i = 0; i < d.at("n_inputs").as_integer(); ++i) inputs.push_back(c.array<S>(text("x", i)));
  GradientTape<S> tape({.persistent = true});
  for (Tensor<S>& x : inputs) tape.watch(x);
  const std::vector<Tensor<S>> outputs = model->apply(inputs, {.training = training});
  Tensor<S> loss = S(0);
  check.that("outputs", static_cast<Index>(outputs.size()) == d.at("n_outputs").as_integer(),
             text("got ", outputs.size()));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const std::string array = text(prefix, "y", i);
    if (c.contains(array)) check.near(array, outputs[i], tolerance(array));
    if (c.contains(text("r", i))) loss = loss + sum(outputs[i] * c.array<S>(text("r", i)));
  }
  const auto compare_gradient = [&](const std::string& name, const Tensor<S>& gradient, const Shape& shape) {
    const std::string array = prefix + name;
    if (c.contains(array)) check.near(array, gradient.defined() ? gradient : Tensor<S>::zeros(shape), tolerance(array));
  };
  for (std::size_t i = 0; i < inputs.size(); ++i)
    compare_gradient(text("dx", i), tape.gradient(loss, inputs[i]), inputs[i].shape());
  const auto variables = model->variables();
  for (std::size_t i = 0; i < variables.size(); ++i)
    compare_gradient(text("dw", i), tape.gradient(loss, variables[i]), variables[i].shape());
}

}  // namespace lamina::conformance
