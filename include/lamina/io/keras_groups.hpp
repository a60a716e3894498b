#pragma once
#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lamina/core/names.hpp"
#include "lamina/models/file_format.hpp"

// The groups of Keras's weight files: which group of the HDF5 file stores the weights of which layer.

namespace lamina::detail {

/// A group `.../vars`, whose datasets "0", "1" and so on are the own weights of a layer.
struct KerasGroup {
  std::string path;                  ///< Path of the group, such as "layers/dense/vars".
  std::string layer;                 ///< Name of the layer.
  std::string class_name;            ///< Class name of the layer.
  std::vector<std::size_t> weights;  ///< Indices of the weights in StoredModel::weights.
};

/// Finds the groups of a model, as Keras's saving_lib walks through it: the layers of a Sequential or Functional model by
/// their class in snake case, counted within the model, in the order of the configuration; the sublayers of other layers by
/// the names of Keras's attributes. A layer that is reached twice has the group of its first place.
///
/// The sublayers of custom layers have their own names, which can be those of the attributes in Python. Automatic names
/// depend on the layers that the program created before: such sublayers are numbered by class, as in a list.
class KerasGroups {
 public:
  /// Returns whether a file has a group of this path.
  using HasGroup = std::function<bool(const std::string& path)>;
  /// `has_group`: for reading. If a file does not have the numbered groups of a custom layer, it has the layers' names.
  static std::vector<KerasGroup> of(const StoredModel& model, HasGroup has_group = {}) {
    KerasGroups groups;
    groups.has_group_ = std::move(has_group);
    const Config* config = model.config.find("config");
    groups.walk(model.structure, config == nullptr ? Config() : *config, "");
    return std::move(groups.found_);
  }

 private:
  void walk(const StoredLayer& layer, const Config& config, const std::string& path) {
    if (std::find(visited_.begin(), visited_.end(), layer.identity) != visited_.end()) return;
    visited_.push_back(layer.identity);
    found_.push_back({path + "vars", layer.name, layer.class_name, layer.own_weights});
    if (const Config* layers = config.find("layers"); layers != nullptr && layers->is_list())
      return walk_model(layer, *layers, path + "layers/");
    if (layer.class_name == "StackedRNNCells") return walk_list(layer, path + "cells/");
    const std::vector<std::string> names = names_of_sublayers(layer, path);
    for (std::size_t i = 0; i < layer.layers.size(); ++i)
      walk(layer.layers[i], config_of_sublayer(config, i), path + names[i] + "/");
  }
  void walk_model(const StoredLayer& model, const Config& layers, const std::string& path) {
    Counts counts;
    for (const Config& described : layers.elements()) {
      const Config* config = described.find("config");
      const Config* name = described.find("name");
      if ((name == nullptr || !name->is_string()) && config != nullptr) name = config->find("name");
      const StoredLayer* layer = nullptr;
      for (const StoredLayer& inside : model.layers)
        if (name != nullptr && name->is_string() && inside.name == name->as_string()) layer = &inside;
      // A Sequential does not count its Input among its layers.
      if (layer == nullptr || (model.class_name == "Sequential" && layer->class_name == "InputLayer")) continue;
      // Operations are no layers in Keras, and have no group.
      if (const Config* module = described.find("module");
          module != nullptr && module->is_string() && module->as_string().starts_with("keras.src.ops"))
        continue;
      walk(*layer, config == nullptr ? Config() : *config,
           path + numbered(counts, to_snake_case(layer->class_name)) + "/");
    }
  }
  void walk_list(const StoredLayer& layer, const std::string& path) {
    Counts counts;
    for (const StoredLayer& inside : layer.layers)
      walk(inside, Config(), path + numbered(counts, to_snake_case(inside.class_name)) + "/");
  }

  using Counts = std::vector<std::pair<std::string, Index>>;
  static std::string numbered(Counts& counts, const std::string& name) {
    for (auto& [counted, count] : counts)
      if (counted == name) return text(name, "_", ++count);
    counts.emplace_back(name, 0);
    return name;
  }
  std::vector<std::string> names_of_sublayers(const StoredLayer& layer, const std::string& path) const {
    Counts counts{{"vars", 0}};
    std::vector<std::string> names, own;
    bool are_numbered = true;
    for (std::size_t i = 0; i < layer.layers.size(); ++i) {
      const StoredLayer& inside = layer.layers[i];
      own.push_back(inside.name);
      const std::string known = attribute(layer.class_name, i), automatic = to_snake_case(inside.class_name);
      names.push_back(!known.empty() ? known : numbered(counts, is_numbered(own[i], automatic) ? automatic : own[i]));
      if (has_group_ && has_weights(inside) && !has_group_(path + names[i])) are_numbered = false;
    }
    return are_numbered ? names : own;
  }
  /// Whether a name is that of a class, or that with a number.
  static bool is_numbered(std::string_view name, std::string_view automatic) {
    if (!name.starts_with(automatic)) return false;
    name.remove_prefix(automatic.size());
    return name.empty() ||
           (name.size() > 1 && name[0] == '_' && name.find_first_not_of("0123456789", 1) == std::string_view::npos);
  }
  static bool has_weights(const StoredLayer& layer) {
    return !layer.own_weights.empty() || std::any_of(layer.layers.begin(), layer.layers.end(), has_weights);
  }
  /// The name of the attribute that is sublayer number `i` in Keras's class; empty for another class.
  static std::string attribute(std::string_view class_name, std::size_t i) {
    struct Attributes {
      std::string_view class_name;
      std::vector<std::string_view> names;
    };
    static const Attributes known[] = {
        {"RNN", {"cell"}},
        {"SimpleRNN", {"cell"}},
        {"LSTM", {"cell"}},
        {"GRU", {"cell"}},
        {"ConvLSTM1D", {"cell"}},
        {"ConvLSTM2D", {"cell"}},
        {"ConvLSTM3D", {"cell"}},
        {"Bidirectional", {"forward_layer", "backward_layer"}},
        {"TimeDistributed", {"layer"}},
        {"SpectralNormalization", {"layer"}},
        {"MultiHeadAttention", {"query_dense", "key_dense", "value_dense", "output_dense"}},
        {"GroupedQueryAttention", {"_query_dense", "_key_dense", "_value_dense", "_output_dense"}}};
    for (const Attributes& a : known)
      if (a.class_name == class_name && i < a.names.size()) return std::string(a.names[i]);
    return {};
  }
  /// The configuration of a wrapper's layer, which can be a model.
  static Config config_of_sublayer(const Config& config, std::size_t i) {
    const Config* layer = config.find(i == 1 && config.find("backward_layer") != nullptr ? "backward_layer" : "layer");
    const Config* inner = layer == nullptr ? nullptr : layer->find("config");
    return inner == nullptr ? Config() : *inner;
  }

  HasGroup has_group_;
  std::vector<KerasGroup> found_;
  std::vector<const void*> visited_;
};

}  // namespace lamina::detail
