#pragma once
#include "lamina/models/graph.hpp"
#include "lamina/models/model.hpp"

// A graph of layers to and from Keras's configuration: every layer with the calls that were made of it, each naming
// where its inputs come from, as [layer, number of the call, number of the output].

namespace lamina {

namespace detail {

/// {"class_name": "__keras_tensor__", ...}: an output of a call.
inline Config history_config(const Shape& shape, const char* dtype, const std::string& layer, Index call,
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
inline TensorSource source_of(const Config& history) {
  return {history[0].as_string(), history[1].as_integer<std::size_t>(), history[2].as_integer<std::size_t>()};
}
inline bool is_source(const Config& c) { return c.is_list() && c.size() >= 3 && c[0].is_string(); }

/// All tensors that a call's arguments name, in their order.
inline void collect_sources(const Config& argument, std::vector<TensorSource>& found) {
  if (argument.is_map()) {
    const Config* name = argument.find("class_name");
    if (name != nullptr && name->is_string() && name->as_string() == "__keras_tensor__") {
      found.push_back(source_of(argument.at("config").at("keras_history")));
    } else {
      for (const Config::Member& member : argument.members()) collect_sources(member.second, found);
    }
  } else if (argument.is_list()) {
    for (const Config& element : argument.elements()) collect_sources(element, found);
  }
}

/// `input_layers` and `output_layers`: one place, a list of places, or a map of them.
inline void collect_places(const Config& places, std::vector<TensorSource>& found) {
  if (is_source(places)) {
    found.push_back(source_of(places));
  } else if (places.is_map()) {
    for (const Config::Member& member : places.members()) collect_places(member.second, found);
  } else {
    for (const Config& place : places.elements()) collect_places(place, found);
  }
}

/// What is said with a call beside its tensors.
inline CallOptions options_of(const Config& arguments, const std::string& layer) {
  CallOptions options;
  for (const auto& [name, value] : arguments.members()) {
    std::vector<TensorSource> tensors;
    collect_sources(value, tensors);
    if (value.is_null() || (!tensors.empty() && name != "mask" && name != "attention_mask")) continue;
    if (name == "training")
      options.training = value.as_bool();
    else if (name == "use_causal_mask")
      options.use_causal_mask = value.as_bool();
    else if (name == "return_attention_scores")
      options.return_attention_scores = value.as_bool();
    else
      raise<ValueError>("layer \"", layer, "\": the argument \"", name,
                        "\" of a call is not supported in a graph, got ", value);
  }
  return options;
}

}  // namespace detail

template <class S>
void detail::Graph<S>::add_config(Config& config) const {
  const char* dtype = sizeof(S) == 4 ? "float32" : "float64";
  const auto history = [&](const SymbolicTensor<S>& t) {
    return history_config(t.shape(), dtype, name_of(t), call_number(SymbolicAccess::node(t)),
                          static_cast<Index>(SymbolicAccess::index(t)));
  };
  const auto places = [&](const std::vector<SymbolicTensor<S>>& tensors) {
    Config all = Config::list();
    for (const SymbolicTensor<S>& t : tensors) all.push_back(history(t).at("config").at("keras_history"));
    return all.size() == 1 ? Config(all[0]) : all;
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
        continue;
      }
      Config tensors = Config::list(), arguments = Config::list(), named = Config::map(), call = Config::map();
      for (const SymbolicTensor<S>& input : node->inputs) tensors.push_back(history(input));
      if (tensors.size() == 1 || layer->takes_arguments())
        arguments = std::move(tensors);
      else
        arguments.push_back(std::move(tensors));
      if (node->options.training) named["training"] = *node->options.training;
      if (node->options.use_causal_mask) named["use_causal_mask"] = true;
      if (node->options.return_attention_scores) named["return_attention_scores"] = true;
      call["args"] = std::move(arguments);
      call["kwargs"] = std::move(named);
      calls.push_back(std::move(call));
    }
    // A model that begins inside another begins with an Input of that name.
    Config entry = begins && layer->declared_input() == nullptr
                       ? named_config("InputLayer", InputLayer<S>(InputArguments{shape}).get_config())
                       : named_config(layer->class_name(), layer->get_config());
    entry["config"]["name"] = layer->name();
    entry["name"] = layer->name();
    entry["inbound_nodes"] = std::move(calls);
    layers.push_back(std::move(entry));
  }
  config["layers"] = std::move(layers);
  config["input_layers"] = places(inputs_);
  config["output_layers"] = places(outputs_);
}

template <class Scalar>
template <class Other>
std::shared_ptr<Model<Other>> Model<Scalar>::astype() const {
  auto other = std::static_pointer_cast<Model<Other>>(
      model_from_config<Other>(named_config(this->class_name(), this->get_config())));
  if (!this->built()) return other;
  std::vector<Tensor<Other>> weights;
  for (const Tensor<Scalar>& w : this->get_weights()) weights.push_back(w.template cast<Other>());
  other->set_weights(weights);
  // A weight may be frozen by itself, as those of a frozen layer are.
  const auto mine = this->variables();
  const auto theirs = other->variables();
  for (std::size_t i = 0; i < mine.size(); ++i) theirs[i].set_trainable(mine[i].trainable());
  return other;
}

template <class Scalar>
template <int>
std::shared_ptr<Model<Scalar>> Model<Scalar>::from_config(const Config& config) {
  struct Entry {
    std::string name;
    std::shared_ptr<Layer<Scalar>> layer;
    std::vector<Config> pending;  // calls that are not made yet, the next one last
    std::vector<Symbols> calls;   // what those made gave
  };
  std::vector<Entry> entries;
  std::size_t left = 0;
  for (const Config& described : config.at("layers").elements()) {
    Entry entry;
    entry.layer = model_from_config<Scalar>(described);
    const Config* name = described.find("name");
    entry.name = name != nullptr && name->is_string() ? name->as_string() : entry.layer->name();
    for (const Entry& other : entries)
      if (other.name == entry.name)
        raise<ValueError>("Model, from_config: two layers have the name \"", entry.name, "\"");
    entry.layer->set_name(entry.name);
    if (const Config* calls = described.find("inbound_nodes"))
      for (const Config& call : calls->elements()) entry.pending.insert(entry.pending.begin(), call);
    left += entry.pending.size();
    if (const Shape* declared = entry.layer->declared_input()) {
      auto node = std::make_shared<detail::SymbolicNode<Scalar>>();
      node->shapes = {*declared};
      node->owner = entry.layer;
      node->anchor = std::make_shared<detail::LayerAnchor<Scalar>>(detail::LayerAnchor<Scalar>{entry.layer.get(), {}});
      entry.calls.push_back({detail::SymbolicAccess::make(std::move(node), 0)});
    }
    entries.push_back(std::move(entry));
  }
  // The tensor where it is made already; null where it is not yet.
  const auto find = [&](const detail::TensorSource& source) -> const SymbolicTensor<Scalar>* {
    for (const Entry& entry : entries) {
      if (entry.name != source.layer) continue;
      if (source.call >= entry.calls.size() + entry.pending.size() ||
          (source.call < entry.calls.size() && source.output >= entry.calls[source.call].size()))
        raise<ValueError>("Model, from_config: layer \"", source.layer, "\" has no output ", source.output, " of call ",
                          source.call);
      return source.call < entry.calls.size() ? &entry.calls[source.call][source.output] : nullptr;
    }
    raise<ValueError>("Model, from_config: there is no layer \"", source.layer, "\"");
  };
  while (left > 0) {
    const std::size_t before = left;
    for (Entry& entry : entries) {
      while (!entry.pending.empty()) {
        const Config call = entry.pending.back();
        std::vector<detail::TensorSource> sources;
        detail::collect_sources(call.at("args"), sources);
        detail::collect_sources(call.at("kwargs"), sources);
        Symbols inputs;
        for (const detail::TensorSource& source : sources)
          if (const SymbolicTensor<Scalar>* tensor = find(source)) inputs.push_back(*tensor);
        if (inputs.size() < sources.size()) break;
        const CallOptions options = detail::options_of(call.at("kwargs"), entry.name);
        entry.pending.pop_back();
        entry.calls.push_back(std::as_const(*entry.layer).apply(inputs, options));
        --left;
      }
    }
    if (left == before) {
      std::string waiting;
      for (const Entry& entry : entries)
        if (!entry.pending.empty()) waiting += (waiting.empty() ? "\"" : ", \"") + entry.name + "\"";
      raise<ValueError>("Model, from_config: the layers ", waiting, " form a cycle: each waits for another's output");
    }
  }
  const auto tensors = [&](const char* member) {
    std::vector<detail::TensorSource> places;
    detail::collect_places(config.at(member), places);
    Symbols found;
    for (const detail::TensorSource& place : places) found.push_back(*find(place));
    return found;
  };
  const Config* name = config.find("name");
  auto model = std::make_shared<Model>(tensors("input_layers"), tensors("output_layers"),
                                       name != nullptr && name->is_string() ? name->as_string() : std::string());
  if (const Config* trainable = config.find("trainable"); trainable != nullptr && !trainable->as_bool())
    model->set_trainable(false);
  return model;
}

}  // namespace lamina
