#pragma once
#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lamina/core/config.hpp"
#include "lamina/core/error.hpp"
#include "lamina/io/config_edit.hpp"
#include "lamina/io/keras_1_config.hpp"
#include "lamina/io/keras_2_config.hpp"
#include "lamina/io/tensorflow_operation.hpp"

// Configurations of Keras 1 and 2 as configurations of Keras 3. What is of Keras 3 already stays as it is.

namespace lamina::detail {

/// Upgrades the configuration of a model.
class LegacyConfig : ConfigEdit {
 public:
  /// Returns {"class_name": ..., "config": ...} of a layer or model as Keras 3 writes it. Throws ValueError for what cannot
  /// be expressed there.
  static Config upgraded(Config object) {
    object = Keras1Config::upgraded(std::move(object));
    upgrade_layer(object);
    return object;
  }

 private:
  static void upgrade_layer(Config& object) {
    std::string class_name = class_of(object);
    if (class_name.empty() || object.find("config") == nullptr) return;
    if (class_name == "Sequential" && object.at("config").is_list()) {  // Keras before 2.2
      Config layers = object.at("config");
      object["config"] = Config::map();
      object["config"]["layers"] = std::move(layers);
    }
    if (!object.at("config").is_map()) return;
    Keras2Config::upgrade(object);
    class_name = class_of(object);
    Config& config = object["config"];
    for (const char* inside : {"layer", "backward_layer", "cell"})
      if (is_object(config.find(inside))) upgrade_layer(config[inside]);
    if (class_name == "Sequential") add_input_layer(config);
    for (const char* inside : {"layers", "cells"})
      if (const Config* list = config.find(inside); list != nullptr && list->is_list())
        for (std::size_t i = 0; i < list->size(); ++i) upgrade_layer(config[inside][i]);
    if (const Config* layers = config.find("layers");
        layers != nullptr && layers->is_list() && class_name != "Sequential")
      upgrade_graph(config);
    if (class_name != "InputLayer") drop(config, "batch_input_shape");
  }
  /// In Keras 2 the first layer of a Sequential states the shape of the input.
  static void add_input_layer(Config& config) {
    const Config* layers = config.find("layers");
    if (layers == nullptr || !layers->is_list() || layers->size() == 0 || class_of((*layers)[0]) == "InputLayer")
      return;
    const Config shape = input_shape((*layers)[0]);
    if (!shape.is_list()) return;
    Config input = object("InputLayer", Config::map());
    input["config"]["batch_shape"] = shape;
    Config all = Config::list({std::move(input)});
    for (const Config& layer : layers->elements()) all.push_back(layer);
    config["layers"] = std::move(all);
  }
  /// Returns the shape of the input that a layer states; for a model, its first layer. Null if there is none.
  static Config input_shape(const Config& layer) {
    const Config* config = layer.find("config");
    if (config == nullptr) return {};
    if (const Config* shape = config->find("batch_input_shape"); shape != nullptr) return *shape;
    const Config* layers = config->is_list() ? config : config->find("layers");
    if (layers == nullptr || !layers->is_list() || layers->size() == 0) return {};
    const Config* inputs = config->find("input_layers");
    if (inputs == nullptr || !inputs->is_list() || inputs->size() == 0) return input_shape((*layers)[0]);
    const Config first = is_place(*inputs) ? *inputs : (*inputs)[0];
    for (const Config& inside : layers->elements())
      if (is_place(first) && inside.find("name") != nullptr && inside.at("name") == first[0])
        return input_shape(inside);
    return {};
  }

  // ---- Graphs

  /// Nodes of Keras 2 are lists of [layer, call, output, {arguments}]; it counts the calls of nested models from 1.
  static void upgrade_graph(Config& config) {
    Config& layers = config["layers"];
    bool old = false;
    for (const Config& layer : layers.elements())
      if (const Config* nodes = layer.find("inbound_nodes"); nodes != nullptr && nodes->is_list())
        for (const Config& node : nodes->elements()) old = old || node.is_list();
    if (!old) return;
    std::vector<FirstCall> first_calls;
    for (const Config& layer : layers.elements()) {
      const Config* name = layer.find("name");
      if (name != nullptr && name->is_string()) first_calls.push_back({name->as_string(), class_of(layer), no_call});
    }
    for (const Config& layer : layers.elements())
      if (const Config* nodes = layer.find("inbound_nodes"); nodes != nullptr)
        for (const Config& node : nodes->elements()) find_first_calls(node, first_calls);
    for (const char* ends : {"input_layers", "output_layers"})
      if (const Config* places = config.find(ends); places != nullptr) find_first_calls(*places, first_calls);
    for (std::size_t i = 0; i < layers.size(); ++i) {
      if (layers[i].find("inbound_nodes") == nullptr) continue;
      if (TensorFlowOperation::is_known(layers[i])) {
        layers[i] = TensorFlowOperation::upgraded(layers[i]);
        for (std::size_t call = 0; call < layers[i].at("inbound_nodes").size(); ++call)
          upgrade_tensors(layers[i]["inbound_nodes"][call]["args"], first_calls);
        continue;
      }
      const std::string class_name = class_of(layers[i]);
      Config nodes = Config::list();
      for (const Config& node : layers[i].at("inbound_nodes").elements())
        nodes.push_back(upgraded_node(class_name, node, first_calls));
      layers[i]["inbound_nodes"] = std::move(nodes);
    }
    for (const char* ends : {"input_layers", "output_layers"})
      if (const Config* places = config.find(ends); places != nullptr) {
        Config upgraded = *places;
        upgrade_places(upgraded, first_calls);
        config[ends] = std::move(upgraded);
      }
  }
  struct FirstCall {
    std::string layer, class_name;
    std::int64_t call;
  };
  static constexpr std::int64_t no_call = (std::numeric_limits<std::int64_t>::max)();
  static bool is_place(const Config& c) {
    return c.is_list() && (c.size() == 3 || (c.size() == 4 && c[3].is_map())) && c[0].is_string() && c[1].is_number() &&
           c[2].is_number();
  }
  static FirstCall* find(const std::string& layer, std::vector<FirstCall>& first_calls) {
    for (FirstCall& f : first_calls)
      if (f.layer == layer) return &f;
    return nullptr;
  }
  static std::int64_t call_of(const Config& place) {
    const std::int64_t call = place[1].as_integer();
    if (call < 0 || call > (std::numeric_limits<std::int32_t>::max)())
      raise<ValueError>("layer \"", place[0].as_string(), "\": expected the number of a call, in [0, 2^31), got ",
                        call);
    return call;
  }
  static void find_first_calls(const Config& c, std::vector<FirstCall>& first_calls) {
    if (is_place(c)) {
      if (FirstCall* f = find(c[0].as_string(), first_calls)) f->call = (std::min)(f->call, call_of(c));
      if (c.size() == 4) find_first_calls(c[3], first_calls);
    } else if (c.is_list()) {
      for (const Config& element : c.elements()) find_first_calls(element, first_calls);
    } else if (c.is_map()) {
      for (const Config::Member& m : c.members()) find_first_calls(m.second, first_calls);
    }
  }
  static std::int64_t upgraded_call(const Config& place, std::vector<FirstCall>& first_calls) {
    const FirstCall* f = find(place[0].as_string(), first_calls);
    return call_of(place) - (f == nullptr ? 0 : f->call);
  }
  static Config tensor(const Config& place, std::vector<FirstCall>& first_calls) {
    Config made = Config::map();
    made["class_name"] = "__keras_tensor__";
    Config history = Config::list();
    history.push_back(place[0]);
    history.push_back(upgraded_call(place, first_calls));
    history.push_back(place[2]);
    made["config"]["keras_history"] = std::move(history);
    return made;
  }
  static void upgrade_tensors(Config& value, std::vector<FirstCall>& first_calls) {
    if (is_place(value)) {
      value = tensor(Config(value), first_calls);
    } else if (value.is_list()) {
      for (std::size_t i = 0; i < value.size(); ++i) upgrade_tensors(value[i], first_calls);
    }
  }
  static Config upgraded_node(const std::string& class_name, const Config& node, std::vector<FirstCall>& first_calls) {
    if (!node.is_list()) return node;
    Config tensors = Config::list(), kwargs = Config::map();
    const std::vector<Config> places = is_place(node) ? std::vector<Config>{node} : node.elements();
    for (const Config& place : places) {
      if (!is_place(place))
        raise<ValueError>("layer ", class_name, ": expected a call [[layer, call, output, {...}], ...], got ", node);
      tensors.push_back(tensor(place, first_calls));
      if (place.size() == 4)
        for (const Config::Member& m : place[3].members()) {
          kwargs[m.first] = m.second;
          upgrade_tensors(kwargs[m.first], first_calls);
        }
    }
    Config args = Config::list();
    if (tensors.size() == 1 && !takes_list(class_name))
      args.push_back(Config(tensors[0]));
    else
      args.push_back(std::move(tensors));
    Config call = Config::map();
    call["args"] = std::move(args);
    call["kwargs"] = std::move(kwargs);
    return call;
  }
  static bool takes_list(const std::string& class_name) {
    for (const char* merging : {"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot",
                                "Attention", "AdditiveAttention"})
      if (class_name == merging) return true;
    return false;
  }
  static void upgrade_places(Config& places, std::vector<FirstCall>& first_calls) {
    if (is_place(places)) {
      const FirstCall* f = find(places[0].as_string(), first_calls);
      // Keras 3 counts the calls of functional models from 1 here.
      const bool from_one = f != nullptr && (f->class_name == "Functional" || f->class_name == "Model");
      places[1] = upgraded_call(places, first_calls) + (from_one ? 1 : 0);
    } else if (places.is_list()) {
      for (std::size_t i = 0; i < places.size(); ++i) upgrade_places(places[i], first_calls);
    } else if (places.is_map()) {
      for (const Config::Member& m : Config(places).members()) upgrade_places(places[m.first], first_calls);
    }
  }
};

}  // namespace lamina::detail
