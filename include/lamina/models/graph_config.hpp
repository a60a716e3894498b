#pragma once
#include "lamina/core/list.hpp"
#include "lamina/models/graph.hpp"

// A graph of layers as Keras's configuration: every layer with the calls that were made of it, each naming where its
// inputs come from, as [layer, number of the call, number of the output]. Functions are templates, so that they are
// compiled only where they are called.

namespace lamina::detail {

/// {"class_name": "__keras_tensor__", ...}: an output of a call.
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

/// Where a tensor of a configuration comes from.
struct TensorSource {
  std::string layer;
  std::size_t call = 0, output = 0;
};
template <int = 0>
TensorSource source_of(const Config& history) {
  const auto count = [&](int i) {
    const std::int64_t number = history[i].as_integer();
    if (number < 0) raise<ValueError>("expected the number of a call and of an output, got ", history.to_string());
    return static_cast<std::size_t>(number);
  };
  return {history[0].as_string(), count(1), count(2)};
}
template <int = 0>
std::vector<TensorSource> sources_of(const std::vector<Config>& tensors) {
  std::vector<TensorSource> sources;
  for (const Config& tensor : tensors) sources.push_back(source_of(tensor.at("config").at("keras_history")));
  return sources;
}

/// `input_layers` and `output_layers`: one place, or lists and dictionaries of them, in Keras's order.
template <int = 0>
void collect_places(const Config& places, std::vector<TensorSource>& found) {
  if (places.is_list() && places.size() >= 3 && places[0].is_string()) {
    found.push_back(source_of(places));
  } else if (places.is_map()) {
    for (const Config::Member& member : sorted_members(places)) collect_places(member.second, found);
  } else {
    for (const Config& place : places.elements()) collect_places(place, found);
  }
}

/// Whether a class is a model that was drawn as a graph. Keras gives such a model a first call of its own, on its own
/// inputs, so that `input_layers` and `output_layers` count its calls from 1; `keras_history` counts from 0.
inline bool has_call_of_its_own(const std::string& class_name) {
  return class_name == "Functional" || class_name == "Model";
}

/// A mask that was given as a value, as Keras writes arrays.
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

/// The arguments of a call that are no inputs: masks, of inputs by their number and for attention, and switches.
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
    // Only the first parameter has a mask; if it takes a list, there is one for each in it.
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
  const auto places = [&](const std::vector<SymbolicTensor<S>>& tensors) {
    Config all = Config::list();
    for (const SymbolicTensor<S>& t : tensors) {
      const Node& node = SymbolicAccess::node(t);
      Config place = history(t).at("config").at("keras_history");
      if (!is_input(node) && has_call_of_its_own(layer_of(*node).class_name())) place[1] = place[1].as_integer() + 1;
      all.push_back(std::move(place));
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
    bool begins = false;
    for (const Node& node : nodes_) {
      if (node->anchor != anchor) continue;
      layer = &layer_of(*node);
      if (is_input(node)) {
        begins = true;
        shape = node->shapes.front();
      } else {
        calls.push_back(call_of(node, *layer));
      }
    }
    // A model that begins inside another begins with an Input of that name.
    const bool replaced = begins && declared_input(*layer) == nullptr;
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
  config["input_layers"] = places(inputs_);
  config["output_layers"] = places(outputs_);
}

}  // namespace lamina::detail
