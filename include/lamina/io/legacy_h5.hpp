#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lamina/core/warning.hpp"
#include "lamina/io/hdf5_reader.hpp"
#include "lamina/io/json.hpp"
#include "lamina/io/legacy_config.hpp"
#include "lamina/io/legacy_training.hpp"
#include "lamina/io/legacy_weights.hpp"
#include "lamina/models/file_format.hpp"

// Legacy HDF5 files of Keras 0 to 3: whole models, and weights.

namespace lamina::detail {

/// A legacy .h5 file. The weights of a layer are listed by `weight_names`, those of the model by `layer_names`; both are
/// assigned by their order, as Keras does, not by their names.
class LegacyH5 final : public StoredFile {
 public:
  static bool is_legacy(const Hdf5Reader& file) {
    return file.attribute("", "model_config").has_value() || file.is_group("model_weights") ||
           file.string_list("", "layer_names").has_value() || file.integer("", "nb_layers").has_value();
  }
  explicit LegacyH5(std::unique_ptr<Hdf5Reader> file) : file_(std::move(file)) {}

  Config config() override {
    const auto json = file_->attribute("", "model_config");
    if (!json) return {};
    const Config config = LegacyConfig::upgraded(parse_json(file_->who() + ", model_config", *json));
    const auto version = file_->attribute("", "keras_version");
    if (version && *version < "3" && uses(config, "hard_sigmoid"))
      warn(file_->who(), ": hard_sigmoid is relu6(x + 3) / 6, as Keras 3 loads the model; Keras ", *version,
           " computed clip(0.2 x + 0.5, 0, 1). The outputs differ from those of that version.");
    return config;
  }
  Config compile_config() override {
    const auto json = file_->attribute("", "training_config");
    if (!json) return {};
    Config compiled = LegacyTraining::compile_config(parse_json(file_->who() + ", training_config", *json));
    const auto version = file_->attribute("", "keras_version");
    if (const auto model = file_->attribute("", "model_config"); model && (!version || *version < "3"))
      LegacyTraining::fit_to_outputs(compiled, parse_json(file_->who() + ", model_config", *model));
    return compiled;
  }
  std::optional<OptimizerState> optimizer_state(const StoredOptimizer& optimizer) override {
    return LegacyTraining::optimizer_state(*file_, optimizer);
  }
  std::uint64_t most_elements() const override { return file_->most_elements(); }
  std::vector<AnyTensor> weights(const StoredModel& model) override {
    const std::string root = file_->is_group("model_weights") ? "model_weights" : "";
    const std::vector<StoredWeights> stored = stored_layers(root);
    const LegacyWeights conversion = conversion_of(root, stored);
    const std::vector<LayerWeights> layers = layers_with_weights(model, stored);
    if (stored.size() != layers.size())
      raise<IoError>(file_->who(), ": the file has ", stored.size(), " layers with weights, and the model has ",
                     layers.size(), ". The file was written for another model.");
    std::vector<AnyTensor> values(model.weights.size());
    for (std::size_t i = 0; i < layers.size(); ++i) read_layer(model, stored[i], layers[i], conversion, values);
    read_own_weights(root, model, values);
    return values;
  }

 private:
  struct StoredWeights {
    std::string layer;
    std::vector<std::string> datasets;  // paths
  };
  struct LayerWeights {
    std::string name;
    std::vector<LegacyOwner> owners;
    std::size_t count() const {
      std::size_t n = 0;
      for (const LegacyOwner& owner : owners) n += owner.weights.size();
      return n;
    }
  };

  /// Returns whether an activation of a configuration has this name.
  static bool uses(const Config& config, const char* activation) {
    if (config.is_list()) {
      for (const Config& element : config.elements())
        if (uses(element, activation)) return true;
    } else if (config.is_map()) {
      for (const Config::Member& m : config.members())
        if (m.first.ends_with("activation") ? m.second == Config(activation) : uses(m.second, activation)) return true;
    }
    return false;
  }

  // ---- The file

  std::vector<StoredWeights> stored_layers(const std::string& root) const {
    std::vector<StoredWeights> stored;
    const auto add = [&](StoredWeights found) {
      if (!found.datasets.empty()) stored.push_back(std::move(found));
    };
    if (const auto names = file_->string_list(root, "layer_names")) {
      for (const std::string& layer : *names) add(stored_weights(root, layer));
      return stored;
    }
    const auto count = file_->integer(root, "nb_layers");  // before Keras 0.3
    if (!count) raise<IoError>(file_->who(), ": there are no weights: the attribute \"layer_names\" is missing");
    for (std::int64_t k = 0; k < *count; ++k) {
      StoredWeights found{text("layer_", k), {}};
      const auto parameters = file_->integer(found.layer, "nb_params");
      if (!parameters) raise<IoError>(file_->who(), ": the group \"", found.layer, "\" has no attribute \"nb_params\"");
      for (std::int64_t p = 0; p < *parameters; ++p) {
        found.datasets.push_back(text(found.layer, "/param_", p));
        if (!file_->is_dataset(found.datasets.back()))
          raise<IoError>(file_->who(), ": there is no dataset \"", found.datasets.back(), "\"");
      }
      add(std::move(found));
    }
    return stored;
  }
  /// Returns whether the statistics of BatchNormalization are standard deviations, as in Keras 0.
  bool stores_deviations() const { return file_->integer("", "nb_layers").has_value(); }
  StoredWeights stored_weights(const std::string& root, const std::string& layer) const {
    const std::string group = root.empty() ? layer : root + "/" + layer;
    const auto names = file_->string_list(group, "weight_names");
    if (!names) raise<IoError>(file_->who(), ": the layer \"", layer, "\" has no attribute \"weight_names\"");
    StoredWeights found{layer, {}};
    for (const std::string& name : *names) found.datasets.push_back(group + "/" + name);
    return found;
  }
  /// Keras 1 does not write its version to the weights. Its weights are called "dense_1_W"; later "dense_1/kernel:0".
  LegacyWeights conversion_of(const std::string& root, const std::vector<StoredWeights>& stored) const {
    const auto version = file_->attribute(root, "keras_version");
    bool keras_1 = !version || version->starts_with("0.") || version->starts_with("1.");
    if (!version)
      for (const StoredWeights& layer : stored)
        for (const std::string& dataset : layer.datasets)
          if (dataset.find('/', prefix_of(root, layer)) != std::string::npos) keras_1 = false;
    const auto backend = file_->attribute(root, "backend");
    if (keras_1 && !backend && has_kernels(stored))
      warn(file_->who(),
           ": the file does not state its backend. The kernels of convolutions are read as TensorFlow's; ",
           "those of Theano have their axes reversed.");
    // Keras before 1.0.7, which stores no models, has standard deviations.
    if (keras_1 && root.empty() && !stores_deviations() && has_statistics(stored))
      warn(file_->who(),
           ": the file does not state its version. \"running_std\" is read as a variance, as Keras 1.0.7 and ",
           "later store it; earlier versions store a standard deviation.");
    return {keras_1, backend == std::optional<std::string>("theano")};
  }
  /// Returns whether a weight of Keras 1 is the kernel of a convolution.
  bool has_kernels(const std::vector<StoredWeights>& stored) const {
    for (const StoredWeights& layer : stored)
      for (const std::string& dataset : layer.datasets)
        if (file_->is_dataset(dataset) && file_->shape(dataset).rank() >= 4) return true;
    return false;
  }
  static bool has_statistics(const std::vector<StoredWeights>& stored) {
    for (const StoredWeights& layer : stored)
      for (const std::string& dataset : layer.datasets)
        if (dataset.find("_running_std") != std::string::npos) return true;
    return false;
  }
  static std::size_t prefix_of(const std::string& root, const StoredWeights& layer) {
    return (root.empty() ? 0 : root.size() + 1) + layer.layer.size() + 1;
  }

  // ---- The model

  static const Config* find_layers(const Config& config) {
    const Config* layers = config.find("layers");
    return layers != nullptr && layers->is_list() ? layers : nullptr;
  }
  static const Config& arguments_of(const Config& described) {
    static const Config none;
    const Config* config = described.find("config");
    return config == nullptr ? none : *config;
  }
  /// Calls `visit(layer, its arguments)` for the layers of a model in the order of its configuration.
  template <class Visit>
  static void visit_layers(const StoredLayer& model, const Config& config, const Visit& visit) {
    const Config* layers = find_layers(config);
    if (layers == nullptr) {
      for (const StoredLayer& layer : model.layers) visit(layer, wrapped_config(config));
      return;
    }
    for (const Config& described : layers->elements()) {
      const Config& arguments = arguments_of(described);
      const Config* name = arguments.find("name");
      if (name == nullptr || !name->is_string()) name = described.find("name");
      for (const StoredLayer& layer : model.layers)
        if (name != nullptr && name->is_string() && layer.name == name->as_string()) visit(layer, arguments);
    }
  }
  /// The arguments of a wrapper's layer; a cell follows its layer.
  static const Config& wrapped_config(const Config& config) {
    const Config* layer = config.find("layer");
    return layer == nullptr ? config : arguments_of(*layer);
  }
  static void collect(const StoredLayer& layer, const Config& config, std::vector<LegacyOwner>& owners,
                      std::vector<std::size_t>& seen) {
    const Config* format = config.find("data_format");
    const Config* epsilon = config.find("epsilon");
    LegacyOwner owner{layer.class_name,
                      layer.name,
                      format != nullptr && *format == Config("channels_first"),
                      epsilon != nullptr && epsilon->is_number() ? epsilon->as_real() : 0,
                      {}};
    for (const std::size_t w : layer.own_weights) {
      if (std::find(seen.begin(), seen.end(), w) != seen.end()) continue;
      seen.push_back(w);
      owner.weights.push_back(w);
    }
    if (!owner.weights.empty()) owners.push_back(std::move(owner));
    visit_layers(layer, config,
                 [&](const StoredLayer& inside, const Config& arguments) { collect(inside, arguments, owners, seen); });
  }
  /// The weights of a layer: first the trainable ones of all layers inside of it, then the others.
  static LayerWeights weights_of(const StoredModel& model, const StoredLayer& layer, const Config& config) {
    std::vector<LegacyOwner> owners;
    std::vector<std::size_t> seen;
    collect(layer, config, owners, seen);
    LayerWeights found{layer.name, {}};
    for (const bool trainable : {true, false})
      for (const LegacyOwner& owner : owners) {
        LegacyOwner part = owner;
        part.weights.clear();
        for (const std::size_t w : owner.weights)
          if (model.weights[w].trainable == trainable) part.weights.push_back(w);
        if (!part.weights.empty()) found.owners.push_back(std::move(part));
      }
    return found;
  }
  /// The layers of the model in the order of its configuration. A Sequential of Keras 1 that begins with a Merge stores the
  /// layers of the merged models as its own: they replace models whose names the file does not have.
  static std::vector<LayerWeights> layers_with_weights(const StoredModel& model,
                                                       const std::vector<StoredWeights>& stored) {
    const Config& config = arguments_of(model.config);
    const std::vector<LayerWeights> layers = layers_of(model, config, nullptr);
    if (layers.size() == stored.size()) return layers;
    if (find_layers(config) == nullptr && stored.size() == 1) return {weights_of(model, model.structure, config)};
    std::vector<LayerWeights> expanded = layers_of(model, config, &stored);
    return expanded.size() == stored.size() ? expanded : layers;
  }
  static std::vector<LayerWeights> layers_of(const StoredModel& model, const Config& config,
                                             const std::vector<StoredWeights>* stored) {
    std::vector<LayerWeights> all;
    add_layers(model, model.structure, config, stored, all);
    return all;
  }
  static void add_layers(const StoredModel& model, const StoredLayer& of, const Config& config,
                         const std::vector<StoredWeights>* stored, std::vector<LayerWeights>& all) {
    visit_layers(of, config, [&](const StoredLayer& layer, const Config& arguments) {
      bool known = stored == nullptr || find_layers(arguments) == nullptr;
      if (!known)
        for (const StoredWeights& s : *stored) known = known || s.layer == layer.name;
      if (!known) return add_layers(model, layer, arguments, stored, all);
      if (LayerWeights found = weights_of(model, layer, arguments); !found.owners.empty())
        all.push_back(std::move(found));
    });
  }

  // ---- Values

  void read_layer(const StoredModel& model, const StoredWeights& stored, const LayerWeights& layer,
                  const LegacyWeights& conversion, std::vector<AnyTensor>& values) const {
    std::size_t split = 0;  // number of weights if all gates are stored one by one
    for (const LegacyOwner& owner : layer.owners)
      split += owner.weights.size() * (owner.has_gates() ? static_cast<std::size_t>(owner.gates()) : 1);
    std::size_t at = 0;
    for (const LegacyOwner& owner : layer.owners) {
      const bool by_gate = owner.has_gates() && owner.weights.size() == 3 &&
                           ((stored.datasets.size() == split && split != layer.count()) ||
                            (at < stored.datasets.size() && is_gate(stored.datasets[at])));
      const auto gates = static_cast<std::size_t>(by_gate ? owner.gates() : 1);
      if (stored.datasets.size() - at < gates * owner.weights.size()) raise_count(stored, layer);
      read_owner(model, stored, layer, owner, gates, at, conversion, values);
      at += gates * owner.weights.size();
    }
    if (at != stored.datasets.size()) raise_count(stored, layer);
  }
  [[noreturn]] void raise_count(const StoredWeights& stored, const LayerWeights& layer) const {
    raise<IoError>(file_->who(), ": the layer \"", stored.layer, "\" has ", stored.datasets.size(),
                   " weights in the file, and \"", layer.name, "\" of the model has ", layer.count(),
                   ". The file was written for another model.");
  }
  /// Returns whether a dataset is the kernel of the first gate: "lstm_1_W_i" or "gru_1_W_z".
  static bool is_gate(std::string_view dataset) {
    if (dataset.ends_with(":0")) dataset.remove_suffix(2);
    return dataset.ends_with("_W_i") || dataset.ends_with("_W_z");
  }
  /// Reads the weights of an owner, which begin at number `at` of the layer. Stored by gate, they are W U b of each gate; the
  /// gates of an LSTM are in the order i c f o, here i f c o.
  void read_owner(const StoredModel& model, const StoredWeights& stored, const LayerWeights& layer,
                  const LegacyOwner& owner, std::size_t gates, std::size_t at, const LegacyWeights& conversion,
                  std::vector<AnyTensor>& values) const {
    static constexpr std::size_t order[] = {0, 2, 1, 3};
    std::vector<std::vector<AnyTensor>> found;
    std::vector<Shape> expected, shapes;
    std::vector<std::string> datasets;
    for (std::size_t i = 0; i < owner.weights.size(); ++i) {
      found.emplace_back();
      expected.push_back(model.weights[owner.weights[i]].shape());
      for (std::size_t gate = 0; gate < gates; ++gate) {
        const std::size_t from = gates == 4 ? order[gate] : gate;
        const std::string& dataset = stored.datasets[at + i + from * owner.weights.size()];
        const Shape shape = file_->shape(dataset);
        if (gate == 0) {
          datasets.push_back(dataset);
          shapes.push_back(shape);
        }
        // The conversions keep the number of elements, but for the two biases of a CuDNNLSTM: others are not read.
        if (shape.size() > 2 * expected[i].size()) raise_shape(layer, model.weights[owner.weights[i]], dataset, shape);
        found[i].push_back(file_->read(dataset, shape));
      }
    }
    std::vector<AnyTensor> converted = conversion.converted(owner, expected, std::move(found));
    for (std::size_t i = 0; i < converted.size(); ++i) {
      const StoredVariable& variable = model.weights[owner.weights[i]];
      const Shape shape = std::visit([](const auto& tensor) { return tensor.shape(); }, converted[i]);
      if (shape != expected[i]) raise_shape(layer, variable, datasets[i], shapes[i]);
      if (stores_deviations() && owner.class_name == "BatchNormalization" && variable.name == "moving_variance")
        converted[i] = LegacyWeights::variance(converted[i], owner.epsilon);
      values[owner.weights[i]] = std::move(converted[i]);
    }
  }
  [[noreturn]] void raise_shape(const LayerWeights& layer, const StoredVariable& variable, const std::string& dataset,
                                const Shape& shape) const {
    raise<ShapeError>(file_->who(), ": layer \"", layer.name, "\", weight \"", variable.name, "\" (dataset \"", dataset,
                      "\"): expected shape ", variable.shape(), ", got ", shape,
                      ". The file was written for another model.");
  }
  /// Weights that the model itself owns, without a layer.
  void read_own_weights(const std::string& root, const StoredModel& model, std::vector<AnyTensor>& values) const {
    const std::string layer = "top_level_model_weights", group = root.empty() ? layer : root + "/" + layer;
    if (find_layers(arguments_of(model.config)) == nullptr || !file_->is_group(group)) return;
    const StoredWeights stored = stored_weights(root, layer);
    LayerWeights own{model.structure.name, {}};
    for (const bool trainable : {true, false})
      for (const std::size_t w : model.structure.own_weights)
        if (model.weights[w].trainable == trainable)
          own.owners.push_back({model.structure.class_name, model.structure.name, false, 0, {w}});
    if (stored.datasets.size() != own.count()) raise_count(stored, own);
    for (std::size_t i = 0; i < own.owners.size(); ++i)
      read_owner(model, stored, own, own.owners[i], 1, i, LegacyWeights(false, false), values);
  }

  std::unique_ptr<Hdf5Reader> file_;
};

}  // namespace lamina::detail
