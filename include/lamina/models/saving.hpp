#pragma once
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lamina/core/arguments.hpp"
#include "lamina/models/file_format.hpp"
#include "lamina/models/model.hpp"

// Models to files, and weights to files and back, in the format of the file's extension.

namespace lamina {

namespace detail {

template <class S>
std::vector<StoredVariable> stored_variables(const std::vector<Variable<S>>& variables) {
  std::vector<StoredVariable> stored;
  for (const Variable<S>& v : variables) stored.push_back({v.name(), v.path(), v.value().detached()});
  return stored;
}

template <class S>
void require_weights(const char* action, const Layer<S>& layer) {
  if (!layer.built())
    raise<StateError>(action, ": \"", layer.name(), "\" has no weights yet. Build it, or call it once.");
}

/// Converts the values that a file has for these variables, their number and shapes checked.
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

template <class S>
void read_weights(const char* action, Layer<S>& layer, StoredFile& file, const std::string& path) {
  const std::vector<StoredVariable> variables = stored_variables(layer.variables());
  layer.set_weights(checked_values<S>(action, path, variables, file.weights(variables)));
}

}  // namespace detail

/// Writes all weights of a built layer or model to a file, in the format of its extension. Throws StateError if the
/// layer is not built, ValueError if no format is registered for the extension (the error names the header to include),
/// IoError if the file cannot be written. Keras's `save_weights`.
///
///     #include <lamina/models/weights_file.hpp>   // .npz
///     save_weights(model, "weights.npz");
template <class S>
void save_weights(const Layer<S>& layer, const std::string& path) {
  const auto format = detail::find_file_format("save_weights", path);
  detail::require_weights("save_weights", layer);
  format->save_weights(path, detail::stored_variables(layer.variables()));
}

/// Reads the weights of a file into a built layer or model of the same structure. If anything does not fit, it throws
/// and changes nothing: StateError if the layer is not built, ValueError if no format is registered for the extension,
/// IoError if the file cannot be read or holds other weights, ShapeError if a shape differs. Keras's `load_weights`.
template <class S>
void load_weights(Layer<S>& layer, const std::string& path) {
  const auto format = detail::find_file_format("load_weights", path);
  detail::require_weights("load_weights", layer);
  const std::unique_ptr<StoredFile> file = format->open(path);
  detail::read_weights("load_weights", layer, *file, path);
}

/// Writes a built model to a file, in the format of its extension: the configuration and the weights. Throws as
/// `save_weights`, and ValueError if the format holds weights only. Keras's `save_model`.
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
