#pragma once
// Every layer.
#include "lamina/layers/activation.hpp"
#include "lamina/layers/dense.hpp"
#include "lamina/layers/dropout.hpp"
#include "lamina/layers/flatten.hpp"
#include "lamina/layers/input.hpp"
#include "lamina/layers/lambda.hpp"
#include "lamina/layers/layer.hpp"
#include "lamina/layers/reshape.hpp"
#include "lamina/layers/simple_dense.hpp"

namespace lamina {

/// The classes that `layer_from_config` knows, beside those registered with register_custom_object.
template <class S>
struct LayerFamily {
  static constexpr const char* kind = "layer";
  using Table =
      StrategyTable<Layer<S>, Named<"activation", ActivationLayer<S>>, Named<"dense", Dense<S>>,
                    Named<"dropout", Dropout<S>>, Named<"flatten", Flatten<S>>, Named<"input_layer", InputLayer<S>>,
                    Named<"reshape", Reshape<S>>, Named<"simple_dense", SimpleDense<S>>>;
};

/// The layer that `{"class_name": ..., "config": {...}}` describes, as `get_config` and Keras write it. All layers are
/// compiled with a call of this: it belongs in one file of a program.
template <class S = float>
std::shared_ptr<Layer<S>> layer_from_config(const Config& config) {
  std::shared_ptr<Layer<S>> layer = LayerFamily<S>::Table::from_config(LayerFamily<S>::kind, config);
  if (const Config* given = config.find("config")) {
    if (const Config* name = given->find("name"); name != nullptr && !name->is_null())
      layer->set_name(name->as_string());
    if (const Config* trainable = given->find("trainable"); trainable != nullptr && !trainable->as_bool())
      layer->set_trainable(false);
  }
  return layer;
}

}  // namespace lamina
