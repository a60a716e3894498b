#pragma once
#include <memory>
#include <string>

#include "lamina/core/arguments.hpp"
#include "lamina/core/error.hpp"
#include "lamina/core/strategy.hpp"
#include "lamina/layers/layers.hpp"
#include "lamina/models/model_config.hpp"
#include "lamina/models/sequential.hpp"

// Creates models of any class from configurations. Includes every layer.

namespace lamina {

/// Creates a Sequential from a configuration.
template <class Scalar>
template <int>
Sequential<Scalar> Sequential<Scalar>::from_config(const Config& config) {
  Sequential model;
  if (const Config* name = config.find("name"); name != nullptr && !name->is_null()) model.set_name(name->as_string());
  for (const Config& layer : config.at("layers").elements()) model.push(model_from_config<Scalar>(layer));
  if (const Config* input = config.find("build_input_shape"); input != nullptr && !input->is_null()) {
    Shape shape;
    argument_from_config(*input, shape);
    model.ensure_built(shape);
  } else if (!model.chain_.entries().empty()) {
    model.build_if_declared();
  }
  if (const Config* trainable = config.find("trainable"); trainable != nullptr && !trainable->as_bool())
    model.set_trainable(false);
  return model;
}

template <class S>
std::shared_ptr<Layer<S>> model_from_config(const Config& config) {
  // Models are registered like custom classes, so that wrappers such as TimeDistributed can contain them.
  [[maybe_unused]] static const bool known = [] {
    using Base = Layer<S>;
    detail::CustomObjects<Base>::add("Sequential", [](const Config& c) -> std::shared_ptr<Base> {
      return std::make_shared<Sequential<S>>(Sequential<S>::from_config(c));
    });
    for (const char* name : {"Functional", "Model"})
      detail::CustomObjects<Base>::add(
          name, [](const Config& c) -> std::shared_ptr<Base> { return Model<S>::from_config(c); });
    return true;
  }();
  return layer_from_config<S>(config);
}

namespace detail {

/// Creates the model of a configuration, and builds it for the input shape that the configuration states, if any. Throws
/// IoError if it is the configuration of a layer.
template <class S>
std::shared_ptr<Model<S>> model_of_config(const Config& config) {
  const std::shared_ptr<Layer<S>> layer = model_from_config<S>(config);
  if (layer_cast<Model<S>>(*layer) == nullptr)
    raise<IoError>("expected a model, got the layer ", layer->class_name(), " \"", layer->name(),
                   "\". Call model_from_config.");
  std::shared_ptr<Model<S>> model = std::static_pointer_cast<Model<S>>(layer);
  const Config* build = config.find("build_config");
  if (const Config* input = build == nullptr ? nullptr : build->find("input_shape");
      !model->built() && input != nullptr && !input->is_null()) {
    Shape shape;
    argument_from_config(*input, shape);
    model->ensure_built(shape);
  }
  return model;
}

}  // namespace detail

}  // namespace lamina
