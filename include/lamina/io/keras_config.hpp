#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "lamina/core/config.hpp"
#include "lamina/layers/layers.hpp"

// Configurations as Keras writes them to files: objects with the module and the registered name of their class.

namespace lamina::detail {

class KerasConfig {
 public:
  /// Returns {"module": ..., "class_name": ..., "config": ..., "registered_name": ...} of a layer or model.
  static Config layer(const Config& object) {
    const Config* name = object.find("class_name");
    if (name == nullptr || !name->is_string()) return object;
    const std::string class_name = name->as_string();
    Config made = Config::map();
    for (const char* member : {"module", "class_name", "config", "registered_name"}) made[member] = nullptr;
    for (const Config::Member& m : object.members()) made[m.first] = m.second;
    Config& config = made["config"];
    if (config.is_map()) {
      for (const char* inside : {"layer", "backward_layer", "cell"})
        if (config.find(inside) != nullptr) config[inside] = layer(config.at(inside));
      for (const char* inside : {"layers", "cells"})
        if (const Config* list = config.find(inside); list != nullptr && list->is_list()) {
          Config all = Config::list();
          for (const Config& one : list->elements()) all.push_back(layer(one));
          config[inside] = std::move(all);
        }
      for (const Config::Member& m : Config(config).members())
        if (const char* module = module_of_argument(m.first); module != nullptr)
          config[m.first] = strategy(module, m.second);
    }
    if (object.find("module") != nullptr) return made;  // an operation
    if (class_name == "InputLayer") {
      Config input = Config::map();
      input["batch_shape"] = config.at("batch_shape");
      input["dtype"] = config.at("dtype");
      input["sparse"] = input["ragged"] = false;
      input["name"] = config.at("name");
      config = std::move(input);
    }
    if (class_name == "Functional" || class_name == "Model") {
      made["module"] = "keras.src.models.functional";
      made["class_name"] = made["registered_name"] = "Functional";
    } else if (class_name == "Sequential") {
      made["module"] = "keras";
    } else if (is_known_layer(class_name)) {
      made["module"] = "keras.layers";
      if (class_name == "GroupedQueryAttention") made["class_name"] = "GroupQueryAttention";  // Keras's name in files
    } else {
      register_custom(made, class_name);
    }
    return made;
  }
  /// Returns an initializer, loss, optimizer or the like with its module; null and names as they are.
  static Config strategy(const char* module, const Config& object) {
    const Config* name = object.find("class_name");
    if (name == nullptr || !name->is_string()) return object;
    Config made = Config::map();
    made["module"] = module;
    made["class_name"] = *name;
    if (const Config* config = object.find("config"); config != nullptr) made["config"] = *config;
    made["registered_name"] = nullptr;
    if (made.find("config") != nullptr)
      if (const Config* rate = made.at("config").find("learning_rate"); rate != nullptr && rate->is_map())
        made["config"]["learning_rate"] = strategy("keras.optimizers.schedules", *rate);
    if (made.find("config") != nullptr)
      if (const Config* inner = made.at("config").find("inner_optimizer"); inner != nullptr)
        made["config"]["inner_optimizer"] = strategy(module, *inner);
    return made;
  }

  /// Returns `compile_config`; an empty map for a model that is not compiled.
  static Config compile_config(const Config& given) {
    if (given.is_null()) return Config::map();
    Config made = given;
    made["optimizer"] = strategy("keras.optimizers", given.at("optimizer"));
    made["loss"] = strategies("keras.losses", given.at("loss"));
    for (const char* metrics : {"metrics", "weighted_metrics"})
      made[metrics] = strategies("keras.metrics", given.at(metrics));
    return made;
  }

 private:
  /// The same for one, lists of them, and maps of them by output.
  static Config strategies(const char* module, const Config& given) {
    if (given.is_list()) {
      Config all = Config::list();
      for (const Config& one : given.elements()) all.push_back(strategies(module, one));
      return all;
    }
    if (!given.is_map() || given.find("class_name") != nullptr) return strategy(module, given);
    Config by_output = Config::map();
    for (const Config::Member& m : given.members()) by_output[m.first] = strategies(module, m.second);
    return by_output;
  }
  static const char* module_of_argument(std::string_view name) {
    if (name.ends_with("_initializer")) return "keras.initializers";
    if (name.ends_with("_regularizer")) return "keras.regularizers";
    if (name.ends_with("_constraint")) return "keras.constraints";
    return nullptr;
  }
  static bool is_known_layer(const std::string& class_name) {
    const std::string snake = to_snake_case(class_name);
    const auto& names = LayerTable<float>::names;
    return std::find(names.begin(), names.end(), snake) != names.end();
  }
  static void register_custom(Config& made, const std::string& class_name) {
    const std::size_t end = class_name.find('>');
    made["registered_name"] = end == std::string::npos ? "Custom>" + class_name : class_name;
    if (end != std::string::npos) made["class_name"] = class_name.substr(end + 1);
  }
};

}  // namespace lamina::detail
