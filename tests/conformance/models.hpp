#pragma once
#include "case.hpp"

namespace lamina::conformance {

/// A class that is missing in the model is one that the case cannot be run without.
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

/// The model of a configuration; `Unsupported` where the library lacks a class in it.
template <class S>
std::shared_ptr<Model<S>> model_of(const Config& described) {
  require_layers<S>(described.at("config").at("layers"));
  const std::shared_ptr<Layer<S>> layer = model_from_config<S>(described);
  if (layer->as_model() == nullptr) throw Unsupported{text("unknown model ", described.at("class_name"), ".")};
  return std::static_pointer_cast<Model<S>>(layer);
}

}  // namespace lamina::conformance
