#pragma once
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lamina/core/arguments.hpp"
#include "lamina/core/describing_weights.hpp"
#include "lamina/models/compile_config.hpp"
#include "lamina/models/file_format.hpp"
#include "lamina/models/model.hpp"

// Saves models and weights, and loads weights, in the file format selected by the extension.

namespace lamina {

namespace detail {

/// While it exists, error texts start with the action and the path of the file.
struct FileScope {
  /// Both must outlive the scope.
  FileScope(const char* action, const std::string& path) noexcept
      : scope(describe, &path, action, ErrorScope::Described::always) {}
  static std::string describe(const void* path, const char* action) {
    return text(action, " \"", *static_cast<const std::string*>(path), "\"");
  }
  ErrorScope scope;
};

/// Returns variables in the interface of file formats.
template <class S>
std::vector<StoredVariable> stored_variables(const std::vector<Variable<S>>& variables) {
  std::vector<StoredVariable> stored;
  for (const Variable<S>& v : variables) stored.push_back({v.name(), v.path(), v.value().detached(), v.trainable()});
  return stored;
}

/// Returns a layer in the interface of file formats; `variables` are all weights of the model.
template <class S>
StoredLayer stored_layer(const Layer<S>& layer, const std::vector<Variable<S>>& variables) {
  StoredLayer stored{layer.name(), std::string(without_package(layer.class_name())), &layer, {}, {}};
  for (const Variable<S>& own : layer.own_variables())
    stored.own_weights.push_back(
        static_cast<std::size_t>(std::find(variables.begin(), variables.end(), own) - variables.begin()));
  for (const Layer<S>* inside : layer.sublayers()) stored.layers.push_back(stored_layer(*inside, variables));
  return stored;
}

/// Returns an optimizer in the interface of file formats.
template <class S>
StoredOptimizer stored_optimizer(const Optimizer<S>& optimizer) {
  const std::vector<Variable<S>>& variables = optimizer.variables();
  StoredOptimizer stored{
      named_config(optimizer.class_name(), optimizer.get_config()), optimizer.steps(),
      optimizer.has_constant_learning_rate() ? std::optional(optimizer.learning_rate()) : std::nullopt,
      stored_variables(variables)};
  for (std::size_t i = 0; i < variables.size(); ++i) stored.variables[i].integer = optimizer.is_integer(variables[i]);
  if (const Optimizer<S>* inner = optimizer.inner_optimizer().get(); inner != nullptr)
    stored.own_variables = variables.empty() ? 0 : variables.size() - inner->variables().size();
  return stored;
}

/// Returns a built layer or model in the interface of file formats.
template <class S>
StoredModel stored_model(const Layer<S>& layer) {
  const std::vector<Variable<S>> variables = layer.variables();
  StoredModel stored{named_config(layer.class_name(), layer.get_config()), stored_variables(variables),
                     stored_layer(layer, variables)};
  if (!layer.build_shape().empty())
    stored.config["build_config"]["input_shape"] = argument_to_config(layer.build_shape());
  return stored;
}

/// The same for files of weights, which can also be those of layers with C++ functions.
template <class S>
StoredModel stored_weights(const Layer<S>& layer) {
  const DescribingWeights functions_too;
  return stored_model(layer);
}

/// Returns a model with the arguments of `compile` and the optimizer, if it is compiled. Throws ValueError if a layer, loss
/// or metric has no configuration.
template <class S>
StoredModel stored_training(const Model<S>& model) {
  StoredModel stored = stored_model(model);
  if (model.compiled()) {
    stored.compile_config = compile_config_of(model);
    stored.optimizer = stored_optimizer(model.optimizer());
  }
  return stored;
}

/// Throws ValueError if a layer, loss or metric of a compiled model is a function, which has no configuration.
template <class S>
void require_configuration(const Model<S>& model) {
  model.get_config();
  compile_config_of(model);
}

/// Throws StateError if a layer is not built.
template <class S>
void require_weights(const char* action, const Layer<S>& layer) {
  if (!layer.built())
    raise<StateError>(action, ": \"", layer.name(), "\" has no weights yet. Build it, or call it once.");
}

/// Converts the values of a file to the scalar type of the variables. Throws if their number or a shape differs.
template <class S>
std::vector<Tensor<S>> checked_values(const char* action, const std::string& path,
                                      const std::vector<StoredVariable>& variables,
                                      const std::vector<AnyTensor>& values) {
  if (values.size() != variables.size())
    raise<IoError>(action, " \"", path, "\": expected ", variables.size(), " weights, got ", values.size(),
                   ". The file was written for another model.");
  std::vector<Tensor<S>> converted;
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::visit([&](const auto& value) { converted.push_back(value.template cast<S>()); }, values[i]);
    if (converted[i].shape() != variables[i].shape())
      raise<ShapeError>(action, " \"", path, "\": variable \"", variables[i].path, "\": expected shape ",
                        variables[i].shape(), ", got ", converted[i].shape(),
                        ". The file was written for another model.");
  }
  return converted;
}

/// Sets the weights of a layer to those of a file; changes nothing if they do not match.
template <class S>
void read_weights(const char* action, Layer<S>& layer, StoredFile& file, const std::string& path) {
  const StoredModel model = stored_weights(layer);
  layer.set_weights(checked_values<S>(action, path, model.weights, file.weights(model)));
}

}  // namespace detail

/// Writes all weights of a built layer or model to a file, atomically, in the format selected by the extension. Keras:
/// `Model.save_weights`.
///
/// Throws StateError if the layer is not built, ValueError if no format is registered for the extension (the error
/// names the header to include), and IoError if the file cannot be written.
///
///     #include <lamina/models/weights_file.hpp>   // .npz
///     save_weights(model, "weights.npz");
template <class S>
void save_weights(const Layer<S>& layer, const std::string& path) {
  const auto format = detail::find_file_format("save_weights", path);
  detail::require_weights("save_weights", layer);
  format->save_weights(path, detail::stored_weights(layer));
}

/// Reads all weights of a built layer or model from a file; changes nothing if it throws. Keras: `Model.load_weights`.
///
/// Throws StateError if the layer is not built, ValueError if no format is registered for the extension, IoError if the
/// file cannot be read or contains other weights, and ShapeError if a shape differs.
template <class S>
void load_weights(Layer<S>& layer, const std::string& path) {
  const auto format = detail::find_file_format("load_weights", path);
  detail::require_weights("load_weights", layer);
  const std::unique_ptr<StoredFile> file = format->open(path);
  detail::read_weights("load_weights", layer, *file, path);
}

/// Writes the configuration and the weights of a built model to a file, atomically, in the format selected by the
/// extension; of a compiled model also the arguments of `compile` and the state of the optimizer. Keras:
/// `keras.saving.save_model`.
///
/// Throws the errors of `save_weights`, and ValueError if the format contains weights only, or if a layer, loss or metric
/// is a function, which has no configuration.
template <class S>
void save_model(const Model<S>& model, const std::string& path) {
  const auto format = detail::find_file_format("save_model", path);
  detail::require_weights("save_model", model);
  format->save_model(path, detail::stored_training(model));
}

template <class Scalar>
template <int>
void Model<Scalar>::save(const std::string& path) const {
  save_model(*this, path);
}
template <class Scalar>
template <int>
void Model<Scalar>::save_weights(const std::string& path) const {
  lamina::save_weights(*this, path);
}
template <class Scalar>
template <int>
void Model<Scalar>::load_weights(const std::string& path) {
  lamina::load_weights(*this, path);
}

}  // namespace lamina
