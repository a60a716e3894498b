#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/core/custom_object_scope.hpp"
#include "lamina/io/json.hpp"
#include "lamina/io/keras_config.hpp"
#include "lamina/io/legacy_config.hpp"
#include "lamina/models/compile_config.hpp"
#include "lamina/models/model_from_config.hpp"
#include "lamina/models/saving.hpp"

// Models without weights as JSON texts, in Keras's format. Needs nlohmann-json: link lamina::keras.

namespace lamina {

/// Options of `model_from_json`, under Keras's names.
struct ModelFromJsonOptions {
  /// Custom classes of the model that are not registered, such as {custom_object<Scale>("Scale")}. Default: none.
  std::vector<CustomObject> custom_objects = {};
};

template <class Scalar>
template <int>
std::string Model<Scalar>::to_json() const {
  const StoredModel stored = detail::stored_training(*this);
  Config config = detail::KerasConfig::layer(stored.config);
  config["compile_config"] = detail::KerasConfig::compile_config(stored.compile_config);
  return config.to_string();
}

/// Creates a model from the text of `Model::to_json`, or of Keras's, with newly initialized weights. The model is built if
/// the text states its input shape, and compiled if it was compiled. Also reads configurations of Keras 1 and 2. Keras:
/// `keras.models.model_from_json`.
///
/// Throws IoError if the text is not JSON or does not describe a model, and ValueError for an unknown class or option. It
/// instantiates every layer, which takes long to compile: call it in one source file.
///
///     const auto model = model_from_json<float>(text, {.custom_objects = {custom_object<Scale>("Scale")}});
template <class S = float>
std::shared_ptr<Model<S>> model_from_json(std::string_view json, const ModelFromJsonOptions& options = {}) {
  const Config parsed = detail::parse_json("model_from_json", json);
  const ErrorScope errors([](const void*, const char* action) { return std::string(action); }, nullptr,
                          "model_from_json");
  const Config config = detail::LegacyConfig::upgraded(parsed);
  if (!config.is_map() || config.find("class_name") == nullptr)
    raise<IoError>("expected the configuration of a model, {\"class_name\": ...}, got ",
                   config.to_string().substr(0, 100));
  const CustomObjectScope custom(options.custom_objects);
  const std::shared_ptr<Model<S>> model = detail::model_of_config<S>(config);
  if (const Config* compiled = config.find("compile_config"); compiled != nullptr && compiled->size() > 0)
    model->compile(detail::compile_options_from_config<S>(*compiled, model->output_names()));
  return model;
}

}  // namespace lamina
