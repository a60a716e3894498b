#pragma once
#include <memory>
#include <string>
#include <vector>

#include "lamina/core/arguments.hpp"
#include "lamina/core/custom_object_scope.hpp"
#include "lamina/models/model_from_config.hpp"
#include "lamina/models/saving.hpp"

namespace lamina {

/// Options of `load_model`, under Keras's names.
struct LoadModelOptions {
  /// Custom classes of the model that are not registered, such as {custom_object<Scale>("Scale")}. Default: none.
  std::vector<CustomObject> custom_objects = {};
};

namespace detail {

/// While it exists, error texts start with the action and the path of the file.
struct LoadScope {
  explicit LoadScope(const std::string& path) noexcept : scope(describe, &path, "load_model") {}
  static std::string describe(const void* path, const char* action) {
    return text(action, " \"", *static_cast<const std::string*>(path), "\"");
  }
  ErrorScope scope;
};

}  // namespace detail

/// Reads a model from a file written by `save_model` or by Keras. The model is built, with its weights, and not
/// compiled with an optimizer. Keras: `keras.saving.load_model`.
///
/// Throws ValueError if no format is registered for the extension or the format contains weights only, IoError if the
/// file cannot be read or contains no model, and the errors of `model_from_config`. It instantiates every layer, which
/// takes long to compile: call it in one source file.
///
///     const auto model = load_model<float>("m.keras", {.custom_objects = {custom_object<Scale>("Scale")}});
template <class S = float>
std::shared_ptr<Model<S>> load_model(const std::string& path, const LoadModelOptions& options = {}) {
  const auto format = detail::find_file_format("load_model", path);
  if (!format->holds_models())
    raise<ValueError>("load_model \"", path,
                      "\": files of this format contain weights only. Create the model, and call ", "load_weights.");
  const std::unique_ptr<StoredFile> file = format->open(path);
  const Config config = file->config();
  if (config.is_null())
    raise<IoError>("load_model \"", path, "\": the file contains weights, but no model. Create the model, and call ",
                   "load_weights.");
  std::shared_ptr<Model<S>> model;
  {
    const detail::LoadScope errors(path);
    const CustomObjectScope custom(options.custom_objects);
    const std::shared_ptr<Layer<S>> layer = model_from_config<S>(config);
    if (detail::layer_cast<Model<S>>(*layer) == nullptr)
      raise<IoError>("expected a model, got the layer ", layer->class_name(), " \"", layer->name(),
                     "\". Call model_from_config.");
    model = std::static_pointer_cast<Model<S>>(layer);
    const Config* build = config.find("build_config");
    if (const Config* input = build == nullptr ? nullptr : build->find("input_shape");
        !model->built() && input != nullptr && !input->is_null()) {
      Shape shape;
      argument_from_config(*input, shape);
      model->ensure_built(shape);
    }
    if (!model->built())
      raise<IoError>("the file does not store for which input shape the model \"", model->name(),
                     "\" is built. Save a built model.");
  }
  detail::read_weights("load_model", *model, *file, path);
  return model;
}

}  // namespace lamina
