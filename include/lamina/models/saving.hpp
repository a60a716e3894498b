#pragma once
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lamina/core/arguments.hpp"
#include "lamina/models/file_format.hpp"
#include "lamina/models/model.hpp"

// Saves models and weights, and loads weights, in the file format selected by the extension.

namespace lamina {

namespace detail {

/// Returns variables in the interface of file formats.
template <class S>
std::vector<StoredVariable> stored_variables(const std::vector<Variable<S>>& variables) {
  std::vector<StoredVariable> stored;
  for (const Variable<S>& v : variables) stored.push_back({v.name(), v.path(), v.value().detached()});
  return stored;
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
  const std::vector<StoredVariable> variables = stored_variables(layer.variables());
  layer.set_weights(checked_values<S>(action, path, variables, file.weights(variables)));
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
  format->save_weights(path, detail::stored_variables(layer.variables()));
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
/// extension. Throws the errors of `save_weights`, and ValueError if the format contains weights only. Keras:
/// `keras.saving.save_model`.
template <class S>
void save_model(const Model<S>& model, const std::string& path) {
  const auto format = detail::find_file_format("save_model", path);
  detail::require_weights("save_model", model);
  StoredModel stored{named_config(model.class_name(), model.get_config()), detail::stored_variables(model.variables())};
  if (!model.build_shape().empty())
    stored.config["build_config"]["input_shape"] = argument_to_config(model.build_shape());
  format->save_model(path, stored);
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
