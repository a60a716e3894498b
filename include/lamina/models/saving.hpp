#pragma once
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lamina/core/arguments.hpp"
#include "lamina/core/custom_object_scope.hpp"
#include "lamina/models/file_format.hpp"
#include "lamina/models/model.hpp"

// Models and weights to files and back, in the format of the file's extension.

namespace lamina {

/// The options of `load_model`, under Keras's names.
struct LoadModelOptions {
  /// Custom classes of the model that are not registered: {custom_object<Scale>("Scale")}. Default: none.
  std::vector<CustomObject> custom_objects = {};
};

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

/// Begins errors with what reads which file.
struct LoadScope {
  explicit LoadScope(const std::string& path) noexcept : scope(describe, &path, "load_model") {}
  static std::string describe(const void* path, const char* action) {
    return text(action, " \"", *static_cast<const std::string*>(path), "\"");
  }
  ErrorScope scope;
};

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

/// Reads a model from a file that `save_model`, or Keras, wrote. The model is not compiled. Throws ValueError if no
/// format is registered for the extension, or the format holds weights only, IoError if the file cannot be read or
/// holds no model, and the errors of `model_from_config`. All layers are compiled with a call of this: it belongs in
/// one file of a program. Keras's `load_model`.
///
///     const auto model = load_model<float>("m.keras", {.custom_objects = {custom_object<Scale>("Scale")}});
template <class S = float>
std::shared_ptr<Model<S>> load_model(const std::string& path, const LoadModelOptions& options = {}) {
  const auto format = detail::find_file_format("load_model", path);
  if (!format->holds_models())
    raise<ValueError>("load_model \"", path, "\": files of this format hold weights only. Make the model, and call ",
                      "load_weights.");
  const std::unique_ptr<StoredFile> file = format->open(path);
  const Config config = file->config();
  if (config.is_null())
    raise<IoError>("load_model \"", path, "\": the file holds weights, but no model. Make the model, and call ",
                   "load_weights.");
  std::shared_ptr<Model<S>> model;
  {
    const detail::LoadScope errors(path);
    const CustomObjectScope custom(options.custom_objects);
    const std::shared_ptr<Layer<S>> layer = model_from_config<S>(config);
    if (detail::layer_cast<Model<S>>(*layer) == nullptr)
      raise<IoError>("expected a model, got the layer ", layer->class_name(), " \"", layer->name(), "\"");
    model = std::static_pointer_cast<Model<S>>(layer);
    const Config* build = config.find("build_config");
    if (const Config* input = build == nullptr ? nullptr : build->find("input_shape");
        !model->built() && input != nullptr && !input->is_null()) {
      Shape shape;
      argument_from_config(*input, shape);
      model->ensure_built(shape);
    }
    if (!model->built())
      raise<IoError>("the file does not say which input the model \"", model->name(), "\" is built for");
  }
  detail::read_weights("load_model", *model, *file, path);
  return model;
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
