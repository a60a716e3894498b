#pragma once
#include "lamina/core/list.hpp"
#include "lamina/models/graph.hpp"

// The configuration of a functional model in Keras's format: every layer with its calls (`inbound_nodes`). A tensor is
// identified by its `keras_history`: [layer, index of the call, index of the output]. The functions are templates so
// that only programs that call them compile them.

namespace lamina::detail {

/// Returns {"class_name": "__keras_tensor__", ...}, which describes an output of a call.
template <int = 0>
LAMINA_COLD Config history_config(const Shape& shape, const char* dtype, const std::string& layer, Index call,
                                  Index output) {
  Config history = Config::list();
  history.push_back(layer);
  history.push_back(call);
  history.push_back(output);
  Config tensor = Config::map();
  tensor["shape"] = argument_to_config(shape);
  tensor["dtype"] = dtype;
  tensor["keras_history"] = std::move(history);
  return named_config("__keras_tensor__", std::move(tensor));
}

/// The `keras_history` of a tensor: the layer, the index of its call and the index of the output.
struct TensorSource {
  std::string layer;
  std::size_t call = 0, output = 0;
};
/// Reads a `keras_history`. Throws ValueError if an index is negative.
template <int = 0>
TensorSource source_of(const Config& history) {
  const auto count = [&](int i) {
    const std::int64_t number = history[i].as_integer();
    if (number < 0)
      raise<ValueError>("expected keras_history as [layer, call, output] with indices >= 0, got ", history.to_string());
    return static_cast<std::size_t>(number);
  };
  return {history[0].as_string(), count(1), count(2)};
}
/// Reads the `keras_history` of several tensors.
template <int = 0>
std::vector<TensorSource> sources_of(const std::vector<Config>& tensors) {
  std::vector<TensorSource> sources;
  for (const Config& tensor : tensors) sources.push_back(source_of(tensor.at("config").at("keras_history")));
  return sources;
}

/// Reads `input_layers` or `output_layers`: one reference to a tensor, or lists and dictionaries of references.
template <int = 0>
void collect_references(const Config& references, std::vector<TensorSource>& found) {
  if (references.is_list() && references.size() >= 3 && references[0].is_string()) {
    found.push_back(source_of(references));
  } else if (references.is_map()) {
    for (const Config::Member& member : sorted_members(references)) collect_references(member.second, found);
  } else {
    for (const Config& reference : references.elements()) collect_references(reference, found);
  }
}

/// Returns whether a class is a functional model. In Keras, construction counts as its first call, so that
/// `input_layers` and `output_layers` count its other calls from 1; `keras_history` counts them from 0.
inline bool has_initial_call(const std::string& class_name) {
  return class_name == "Functional" || class_name == "Model";
}

/// Returns the configuration of a constant mask, as Keras serializes arrays.
template <int = 0>
LAMINA_COLD Config array_config(const Tensor<float>& values) {
  std::vector<Config> level;
  for (Index i = 0; i < values.size(); ++i) level.emplace_back(values[i]);
  for (Index axis = values.rank(); axis-- > 0;) {
    const auto length = static_cast<std::size_t>(values.shape()[axis]);
    std::vector<Config> lists(length == 0 ? 0 : level.size() / length, Config::list());
    for (std::size_t i = 0; i < level.size(); ++i) lists[i / length].push_back(std::move(level[i]));
    level = std::move(lists);
  }
  Config array = Config::map();
  array["value"] = level.empty() ? Config::list() : std::move(level.front());
  array["dtype"] = "float32";
  return named_config("__numpy__", std::move(array));
}

/// Adds the keyword arguments of a call: the masks of the inputs, the attention mask, and flags.
template <int = 0>
LAMINA_COLD void add_call_options(Config& kwargs, std::string_view signature, const std::vector<Config>& masks,
                                  const Config& attention_mask, const CallOptions& options) {
  const List<CallParameter> parameters = parameters_of(signature);
  bool masked = false, named = false;
  for (const Config& mask : masks) masked = masked || !mask.is_null();
  for (const CallParameter& p : parameters) named = named || p.name == parameters.front().name + "_mask";
  if (masked && named) {
    for (std::size_t i = 0; i < masks.size(); ++i)
      if (!masks[i].is_null()) kwargs[parameters[i].name + "_mask"] = masks[i];
  } else if (masked) {
    // The signature has one mask, for the first parameter; if this is a list of tensors, the mask is a list.
    kwargs["mask"] = parameters.front().list && masks.size() > 1 ? Config::list(masks) : masks.front();
  }
  if (!attention_mask.is_null()) kwargs["attention_mask"] = attention_mask;
  if (options.training) kwargs["training"] = *options.training;
  if (options.use_causal_mask) kwargs["use_causal_mask"] = true;
  if (options.return_attention_scores) kwargs["return_attention_scores"] = true;
}

template <class S>
void Graph<S>::add_config(const Model<S>& /*model*/, Config& config) const {
  const char* dtype = sizeof(S) == 4 ? "float32" : "float64";
  const auto history = [&](const SymbolicTensor<S>& t) {
    return history_config(t.shape(), dtype, name_of(t), call_number(SymbolicAccess::node(t)),
                          static_cast<Index>(SymbolicAccess::index(t)));
  };
  const auto references = [&](const std::vector<SymbolicTensor<S>>& tensors) {
    Config all = Config::list();
    for (const SymbolicTensor<S>& t : tensors) {
      const Node& node = SymbolicAccess::node(t);
      Config reference = history(t).at("config").at("keras_history");
      if (!is_input(node) && has_initial_call(layer_of(*node).class_name()))
        reference[1] = reference[1].as_integer() + 1;
      all.push_back(std::move(reference));
    }
    return all.size() == 1 ? Config(all[0]) : all;
  };
  const auto call_of = [&](const Node& node, const Layer<S>& layer) {
    std::vector<Config> tensors, masks(node->tensor_count());
    Config attention_mask;
    for (std::size_t i = 0; i < node->tensor_count(); ++i) tensors.push_back(history(node->inputs[i]));
    for (std::size_t i = 0; i < node->options.mask.size() && i < masks.size(); ++i)
      if (node->options.mask[i].defined()) masks[i] = array_config(node->options.mask[i]);
    if (node->options.attention_mask.defined()) attention_mask = array_config(node->options.attention_mask);
    for (std::size_t i = 0; i < node->masked.size(); ++i) {
      const Index input = node->masked[i];
      (input < 0 ? attention_mask : masks[static_cast<std::size_t>(input)]) =
          history(node->inputs[node->tensor_count() + i]);
    }
    Config call = layer.call_config(std::move(tensors));
    add_call_options(call["kwargs"], layer.call_signature(), masks, attention_mask, node->options);
    return call;
  };

  Config layers = Config::list();
  for (const auto& anchor : layers_) {
    Config calls = Config::list();
    const Layer<S>* layer = nullptr;
    Shape shape;
    bool is_model_input = false;
    for (const Node& node : nodes_) {
      if (node->anchor != anchor) continue;
      layer = &layer_of(*node);
      if (is_input(node)) {
        is_model_input = true;
        shape = node->shapes.front();
      } else {
        calls.push_back(call_of(node, *layer));
      }
    }
    // A model whose inputs are outputs of layers of another model gets an InputLayer with the name of the layer.
    const bool replaced = is_model_input && declared_input(*layer) == nullptr;
    Config entry = replaced ? named_config("InputLayer", InputLayer<S>(InputArguments{shape}).get_config())
                            : named_config(layer->class_name(), layer->get_config());
    if (!replaced && layer->module() != nullptr) {
      entry["module"] = layer->module();
      entry["registered_name"] = layer->class_name();
    }
    entry["config"]["name"] = layer->name();
    entry["name"] = layer->name();
    entry["inbound_nodes"] = std::move(calls);
    layers.push_back(std::move(entry));
  }
  config["layers"] = std::move(layers);
  config["input_layers"] = references(inputs_);
  config["output_layers"] = references(outputs_);
}

}  // namespace lamina::detail
