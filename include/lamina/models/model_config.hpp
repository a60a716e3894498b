#pragma once
#include "lamina/layers/graph/operations/operations.hpp"
#include "lamina/models/graph_config.hpp"
#include "lamina/models/model.hpp"

// Creates functional models from Keras's configurations.

namespace lamina {

namespace detail {

/// True if an entry of `layers` describes an operation. Keras's legacy files have no modules: there, a class that only
/// operations have is one unless a custom layer has its name, and a merging class is a layer if its call takes a list.
template <class S>
bool describes_operation(const Config& described) {
  const Config* name = described.find("class_name");
  if (described.find("module") != nullptr || name == nullptr || !name->is_string()) return is_operation(described);
  const std::string& class_name = name->as_string();
  if (CustomObjects<Layer<S>>::find(class_name) != nullptr || !find_operation(class_name, [](auto*) {})) return false;
  for (const char* merging : {"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot"}) {
    if (class_name != merging) continue;
    const Config* calls = described.find("inbound_nodes");
    const Config* args = calls == nullptr || calls->size() == 0 ? nullptr : (*calls)[0].find("args");
    return args != nullptr && args->size() > 0 && !(*args)[0].is_list();
  }
  const Config* config = described.find("config");
  if (class_name == "Reshape") return config == nullptr || config->find("target_shape") == nullptr;
  return class_name != "Softmax";
}

/// A call of a layer or an operation in a configuration.
struct GraphCall {
  std::vector<TensorSource> sources;  ///< Sources of the inputs, then of the masks.
  std::vector<Index> masked;          ///< Index of the input of each mask; -1: the attention mask.
  CallOptions options;                ///< Constant masks and flags of the call.
  Config operation;                   ///< The operation with this call only; null for the call of a layer.
};

/// Reads a call of a layer. Throws ValueError for an argument that is not in the signature of the layer or has another
/// type.
template <int = 0>  // a template, so that only programs that call it compile it
GraphCall layer_call(const std::string& name, std::string_view signature, const Config& config) {
  const std::string who = "layer \"" + name + "\"";
  if (!config.is_map())
    raise<ValueError>(who, ": expected a call as {\"args\": [...], \"kwargs\": {...}}, got ", config.to_string());
  const BoundCall bound = bind_call(who, signature, config);
  GraphCall call;
  std::vector<Config> tensors, masks;
  const auto take_mask = [&](const Config& value, Index input) {
    if (value.is_null()) return;
    if (is_tensor(value)) {
      masks.push_back(value);
      call.masked.push_back(input);
      return;
    }
    if (!value.is_list() && !value.is_map())
      raise<ValueError>(who, ": expected a tensor or an array as the mask of the call, got ", value.to_string());
    const Tensor<float> mask = tensor_from_config<float>(who, value);
    const auto at = static_cast<std::size_t>(input);
    if (input >= 0 && call.options.mask.size() <= at) call.options.mask.resize(at + 1);
    (input < 0 ? call.options.attention_mask : call.options.mask[at]) = mask;
  };
  const auto is_true = [](const Config& value) { return !value.is_null() && value.as_bool(); };
  for (std::size_t i = 0; i < bound.parameters.size(); ++i) {
    const std::string& parameter = bound.parameters[i].name;
    const Config& value = bound.values[i];
    Index of = -2;
    for (std::size_t k = 0; k < i; ++k)
      if (parameter == bound.parameters[k].name + "_mask") of = static_cast<Index>(k);
    if (parameter == "training") {
      if (!value.is_null()) call.options.training = value.as_bool();
    } else if (parameter == "use_causal_mask") {
      call.options.use_causal_mask = is_true(value);
    } else if (parameter == "return_attention_scores") {
      call.options.return_attention_scores = is_true(value);
    } else if (parameter == "attention_mask") {
      take_mask(value, -1);
    } else if (of >= 0) {
      take_mask(value, of);
    } else if (parameter == "mask" && value.is_list()) {
      for (std::size_t k = 0; k < value.size(); ++k) take_mask(value[k], static_cast<Index>(k));
    } else if (parameter == "mask") {
      take_mask(value, 0);
    } else if (!value.is_null() || !bound.parameters[i].optional) {
      flatten_tensors(who, parameter, value, tensors);
    }
  }
  call.sources = sources_of(tensors);
  for (TensorSource& source : sources_of(masks)) call.sources.push_back(std::move(source));
  return call;
}

/// Reads a call of an operation.
template <int = 0>
GraphCall operation_call(const Config& described, const Config& config) {
  GraphCall call;
  call.operation = described;
  call.operation["inbound_nodes"] = Config::list({config});
  std::vector<Config> tensors;
  static_cast<void>(operation_arguments(call.operation, tensors));
  call.sources = sources_of(tensors);
  return call;
}

/// Creates the layers of a configuration and applies their calls to symbolic tensors, each call after those of its
/// inputs.
template <class S>
class GraphReader {
 public:
  using Symbols = std::vector<SymbolicTensor<S>>;

  /// Creates the layers of `config["layers"]` and applies their calls.
  explicit GraphReader(const Config& config) {
    for (const Config& described : config.at("layers").elements()) add_layer(described);
    apply_calls();
  }

  /// Returns the symbolic tensors of `input_layers` or `output_layers`.
  Symbols tensors(const Config& references) const {
    std::vector<TensorSource> sources;
    collect_references(references, sources);
    Symbols found;
    for (TensorSource& source : sources) {
      if (entry(source.layer).counts_from_one) {
        if (source.call == 0)
          raise<ValueError>("Model, from_config: the first call of the model \"", source.layer,
                            "\" has the number 1 in input_layers and output_layers, got 0. Count its calls from 1.");
        --source.call;
      }
      found.push_back(*find(source));
    }
    return found;
  }

 private:
  struct Entry {
    std::string name;
    std::shared_ptr<Layer<S>> layer;  // null for an operation: each call creates a layer
    bool counts_from_one = false;
    std::vector<GraphCall> pending;  // calls to apply, the next one last
    std::vector<Symbols> calls;      // outputs of the applied calls
  };

  void add_layer(Config described) {
    Entry added;
    const bool operation = describes_operation<S>(described);
    if (operation && described.find("module") == nullptr) described["module"] = "keras.ops";
    const Config* name = described.find("name");
    if (!operation) added.layer = model_from_config<S>(described);
    if (name == nullptr || !name->is_string()) name = described.at("config").find("name");
    added.name = name != nullptr && name->is_string() ? name->as_string()
                 : operation ? unique_name(to_snake_case(described.at("class_name").as_string()))
                             : added.layer->name();
    for (const Entry& other : entries_)
      if (other.name == added.name)
        raise<ValueError>("Model, from_config: two layers have the name \"", added.name,
                          "\". Names of layers are unique in a model.");
    if (added.layer != nullptr) {
      added.layer->set_name(added.name);
      added.counts_from_one = has_initial_call(added.layer->class_name());
    }
    if (const Config* calls = described.find("inbound_nodes"))
      for (const Config& call : calls->elements())
        added.pending.insert(added.pending.begin(),
                             operation ? operation_call(described, call) : read_call(added.name, *added.layer, call));
    pending_calls_ += added.pending.size();
    if (added.layer != nullptr)
      if (const Shape* declared = declared_input(*added.layer)) {
        auto node = std::make_shared<SymbolicNode<S>>();
        node->shapes = {*declared};
        node->owner = added.layer;
        node->anchor = std::make_shared<LayerAnchor<S>>(LayerAnchor<S>{added.layer.get(), {}});
        added.calls.push_back({SymbolicAccess::make(std::move(node), 0)});
      }
    entries_.push_back(std::move(added));
  }
  static GraphCall read_call(const std::string& name, const Layer<S>& layer, const Config& config) {
    GraphCall call = layer_call(name, layer.call_signature(), config);
    // Keras also serializes `training` if it has its default value, False, which means that the context decides. For
    // models and BatchNormalization, whose default is None, False was passed explicitly.
    const bool is_explicit = layer_cast<Model<S>>(layer) != nullptr || layer.class_name() == "BatchNormalization";
    if (!is_explicit && call.options.training == std::optional(false)) call.options.training.reset();
    return call;
  }

  const Entry& entry(const std::string& name) const {
    for (const Entry& e : entries_)
      if (e.name == name) return e;
    raise<ValueError>("Model, from_config: there is no layer \"", name, "\". Add it to \"layers\".");
  }
  /// Returns the symbolic tensor of a source; null if its call is not applied yet.
  const SymbolicTensor<S>* find(const TensorSource& source) const {
    const Entry& e = entry(source.layer);
    if (source.call >= e.calls.size() + e.pending.size() ||
        (source.call < e.calls.size() && source.output >= e.calls[source.call].size()))
      raise<ValueError>("Model, from_config: layer \"", source.layer, "\" has no output ", source.output, " of call ",
                        source.call, ". Check the indices in keras_history.");
    return source.call < e.calls.size() ? &e.calls[source.call][source.output] : nullptr;
  }

  /// Returns an unused name for a further call of an operation, each of which becomes a layer.
  std::string unused_name(const std::string& name) {
    for (Index i = 1;; ++i) {
      std::string candidate = text(name, "_", i);
      bool used = std::find(added_names_.begin(), added_names_.end(), candidate) != added_names_.end();
      for (const Entry& e : entries_) used = used || e.name == candidate;
      if (used) continue;
      added_names_.push_back(candidate);
      return candidate;
    }
  }
  /// Applies a call to symbolic inputs.
  Symbols apply_call(const Entry& e, const GraphCall& call, Symbols inputs) {
    if (!call.operation.is_null()) {
      const std::shared_ptr<Layer<S>> operation = layer_from_config<S>(call.operation);
      operation->set_name(e.calls.empty() ? e.name : unused_name(e.name));
      return std::as_const(*operation).apply(inputs);
    }
    const std::size_t count = inputs.size() - call.masked.size();
    SymbolicMasks<S> masks;
    for (std::size_t i = 0; i < call.masked.size(); ++i) {
      const Index of = call.masked[i];
      if (of < 0) {
        masks.attention = inputs[count + i];
        continue;
      }
      const auto at = static_cast<std::size_t>(of);
      if (masks.inputs.size() <= at) masks.inputs.resize(at + 1);
      masks.inputs[at] = inputs[count + i];
    }
    inputs.resize(count);
    return std::as_const(*e.layer).apply(inputs, call.options, masks);
  }
  void apply_calls() {
    while (pending_calls_ > 0) {
      const std::size_t before = pending_calls_;
      for (Entry& e : entries_) {
        while (!e.pending.empty()) {
          Symbols inputs;
          for (const TensorSource& source : e.pending.back().sources)
            if (const SymbolicTensor<S>* tensor = find(source)) inputs.push_back(*tensor);
          if (inputs.size() < e.pending.back().sources.size()) break;
          const GraphCall call = std::move(e.pending.back());
          Symbols outputs = apply_call(e, call, std::move(inputs));
          e.pending.pop_back();
          e.calls.push_back(std::move(outputs));
          --pending_calls_;
        }
      }
      if (pending_calls_ == before) raise_cycle();
    }
  }
  [[noreturn]] void raise_cycle() const {
    std::string names;
    for (const Entry& e : entries_)
      if (!e.pending.empty()) names += (names.empty() ? "\"" : ", \"") + e.name + "\"";
    raise<ValueError>("Model, from_config: the layers ", names,
                      " form a cycle: each needs the output of another. Remove a connection.");
  }

  std::vector<Entry> entries_;
  std::vector<std::string> added_names_;
  std::size_t pending_calls_ = 0;  // number of calls to apply
};

}  // namespace detail

template <class Scalar>
template <class Other>
std::shared_ptr<Model<Other>> Model<Scalar>::astype() const {
  auto other = std::static_pointer_cast<Model<Other>>(
      model_from_config<Other>(named_config(this->class_name(), this->get_config())));
  if (!this->built()) return other;
  std::vector<Tensor<Other>> weights;
  for (const Tensor<Scalar>& w : this->get_weights()) weights.push_back(w.template cast<Other>());
  other->set_weights(weights);
  // Variables can be frozen one by one, not only with their layer.
  const auto mine = this->variables();
  const auto theirs = other->variables();
  for (std::size_t i = 0; i < mine.size(); ++i) theirs[i].set_trainable(mine[i].trainable());
  return other;
}

/// Creates a functional model from a configuration.
template <class Scalar>
template <int>
std::shared_ptr<Model<Scalar>> Model<Scalar>::from_config(const Config& config) {
  if (config.find("output_layers") == nullptr && config.find("layers") != nullptr)
    raise<ValueError>(
        "Model, from_config: expected the configuration of a functional model, with \"output_layers\", got that of ",
        "a Sequential. Use Sequential::from_config, or model_from_config, which reads both.");
  const detail::GraphReader<Scalar> graph(config);
  const Config* name = config.find("name");
  auto model =
      std::make_shared<Model>(graph.tensors(config.at("input_layers")), graph.tensors(config.at("output_layers")),
                              name != nullptr && name->is_string() ? name->as_string() : std::string());
  if (const Config* trainable = config.find("trainable"); trainable != nullptr && !trainable->as_bool())
    model->set_trainable(false);
  return model;
}

}  // namespace lamina
