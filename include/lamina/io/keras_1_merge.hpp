#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lamina/io/config_edit.hpp"

// The class Merge of Keras 1: a layer with a mode, or the first layer of a Sequential, with the models that it merges.

namespace lamina::detail {

class Keras1Merge : ConfigEdit {
 public:
  /// Returns the layer of later versions for an entry of a functional model's "layers". Throws ValueError for a mode that
  /// none has.
  static Config layer(const Config& object) {
    Config made = object;
    Config& config = made["config"];
    const std::string name = config.find("name") != nullptr && config.at("name").is_string()
                                 ? text("Merge \"", config.at("name").as_string(), "\"")
                                 : std::string("Merge");
    if (const Config* type = config.find("mode_type"); type != nullptr && !(*type == Config("raw")))
      raise<ValueError>(name,
                        ": the mode is a function of Python, which is not run. Write a custom layer, or in Python ",
                        "replace it by layers such as Add and Concatenate, and save the model again.");
    const std::string mode = config.find("mode") == nullptr ? "sum" : config.at("mode").as_string();
    Config arguments = Config::map();
    for (const char* kept : {"name", "trainable"})
      if (const Config* value = config.find(kept); value != nullptr) arguments[kept] = *value;
    struct Mode {
      std::string_view name, class_name;
    };
    static constexpr Mode modes[] = {{"sum", "Add"},     {"mul", "Multiply"}, {"ave", "Average"},
                                     {"max", "Maximum"}, {"dot", "Dot"},      {"concat", "Concatenate"}};
    for (const Mode& m : modes) {
      if (mode != m.name) continue;
      if (mode == "concat") arguments["axis"] = config.find("concat_axis") == nullptr ? -1 : config.at("concat_axis");
      if (mode == "dot") arguments["axes"] = dot_axes(config);
      made["class_name"] = m.class_name;
      config = std::move(arguments);
      return made;
    }
    raise<ValueError>(name, ": the mode \"", mode,
                      "\" is not supported: expected sum, mul, ave, max, dot or concat. In ",
                      "Python, replace it by layers of Keras 2, and save the model again.");
  }

  /// Returns the functional model for the layers of a Sequential that begins with a Merge of models.
  static Config functional(const Config& layers) {
    Keras1Merge graph;
    Config merge = layers[0],
           branches = merge.at("config").find("layers") == nullptr ? Config::list() : merge.at("config").at("layers");
    drop(merge["config"], "layers");
    std::vector<std::string> ends;
    for (const Config& branch : branches.elements()) ends.push_back(graph.add_branch(branch));
    if (ends.size() < 2) raise<ValueError>("Merge: expected at least two models to merge, got ", ends.size());
    std::string last = graph.add(layer(merge), ends);
    for (std::size_t i = 1; i < layers.size(); ++i) last = graph.add(layers[i], {last});
    Config config = Config::map();
    config["layers"] = graph.layers_;
    config["input_layers"] = graph.inputs_;
    config["output_layers"] = Config::list({place(last)});
    return object("Functional", std::move(config));
  }

 private:
  static Config dot_axes(const Config& config) {
    Config axes = config.find("dot_axes") == nullptr ? Config(-1) : config.at("dot_axes");
    for (std::size_t i = 0; axes.is_list() && i < axes.size(); ++i)  // [[1], [1]] in early versions
      if (axes[i].is_list() && axes[i].size() == 1) axes[i] = Config(axes[i][0]);
    return axes;
  }
  static Config place(const std::string& layer) { return Config::list({layer, 0, 0}); }

  /// Adds a model that is merged, and an input for each of its inputs; returns its name.
  std::string add_branch(const Config& branch) {
    std::vector<std::string> inputs;
    for (const Config& shape : input_shapes(branch)) {
      const std::string name = unused("merge_input");
      Config input = object("InputLayer", Config::map());
      input["config"]["batch_input_shape"] = shape;
      input["config"]["name"] = input["name"] = name;
      input["inbound_nodes"] = Config::list();
      layers_.push_back(std::move(input));
      inputs_.push_back(place(name));
      inputs.push_back(name);
    }
    return add(branch, inputs);
  }
  static std::vector<Config> input_shapes(const Config& model) {
    const Config& config = model.at("config");
    std::vector<Config> shapes;
    const auto add = [&](const Config& layer) {
      for (const char* name : {"batch_input_shape", "batch_shape"})
        if (const Config* shape = layer.at("config").find(name); shape != nullptr) return shapes.push_back(*shape);
      raise<ValueError>("Merge: expected models that state the shape of their input, got the first layer ", layer,
                        " without batch_input_shape");
    };
    if (config.is_list() && config.size() > 0) {
      if (class_of(config[0]) == "Sequential" || class_of(config[0]) == "Model") return input_shapes(config[0]);
      add(config[0]);
    } else if (config.is_map() && config.find("input_layers") != nullptr) {
      for (const Config& input : config.at("input_layers").elements())
        for (const Config& layer : config.at("layers").elements())
          if (layer.find("name") != nullptr && layer.at("name") == input[0]) add(layer);
    } else {
      raise<ValueError>("Merge: expected a Sequential or a Model to merge, got ", class_of(model));
    }
    return shapes;
  }
  /// Adds a layer that is called with outputs of others; returns its name.
  std::string add(Config layer, const std::vector<std::string>& inputs) {
    const Config* name = layer.at("config").is_map() ? layer.at("config").find("name") : nullptr;
    if (name == nullptr || !name->is_string()) name = layer.find("name");
    const std::string called = name != nullptr && name->is_string() ? name->as_string() : unused("merge_model");
    layer["name"] = called;
    if (layer.at("config").is_map()) layer["config"]["name"] = called;
    Config node = Config::list();
    for (const std::string& input : inputs) node.push_back(place(input));
    layer["inbound_nodes"] = Config::list({std::move(node)});
    layers_.push_back(std::move(layer));
    return called;
  }
  /// A name that no layer of the model has: Keras's own names do not begin so.
  std::string unused(const std::string& prefix) { return text(prefix, "_", ++count_); }

  Config layers_ = Config::list(), inputs_ = Config::list();
  int count_ = 0;
};

}  // namespace lamina::detail
