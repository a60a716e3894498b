#pragma once
#include <memory>
#include <string>
#include <vector>

#include "lamina/core/arguments.hpp"
#include "lamina/core/custom_object_scope.hpp"
#include "lamina/models/compile_config.hpp"
#include "lamina/models/model_from_config.hpp"
#include "lamina/models/saving.hpp"

namespace lamina {

/// Options of `load_model`, under Keras's names.
struct LoadModelOptions {
  /// Custom classes of the model that are not registered, such as {custom_object<Scale>("Scale")}. Default: none.
  std::vector<CustomObject> custom_objects = {};
  /// If true, a model that was compiled when it was saved is compiled, and its optimizer gets its state back: training
  /// continues where it stopped. Default: true.
  bool compile = true;
};

namespace detail {

/// While it exists, error texts start with the path of the file and how to load the model without its training
/// configuration.
struct TrainingScope {
  explicit TrainingScope(const std::string& path) noexcept
      : scope(describe, &path, "load_model", ErrorScope::Described::always) {}
  static std::string describe(const void* path, const char* action) {
    return FileScope::describe(path, action) +
           ", training configuration (pass .compile = false to load the model without it)";
  }
  ErrorScope scope;
};

/// Throws IoError if a layer was saved as built for another input shape than the one that the model passes to it.
template <class S>
void check_build_shapes(const Layer<S>& model, const Config& described) {
  const Config* config = described.find("config");
  const Config* layers = config == nullptr ? nullptr : config->find("layers");
  if (layers == nullptr || !layers->is_list()) return;
  for (const Config& one : layers->elements()) {
    const Config* arguments = one.find("config");
    const Config* name = arguments == nullptr ? nullptr : arguments->find("name");
    const Config* build = one.find("build_config");
    const Config* saved = build == nullptr ? nullptr : build->find("input_shape");
    for (const Layer<S>* layer : model.sublayers()) {
      if (name == nullptr || !name->is_string() || layer->name() != name->as_string()) continue;
      check_build_shapes(*layer, one);
      const Shape& built = layer->build_shape();
      if (saved == nullptr || !saved->is_list() || saved->size() == 0 || (*saved)[0].is_list() || built.empty())
        continue;
      Shape shape;
      argument_from_config(*saved, shape);
      bool same = shape.rank() == built.rank();
      for (Index i = 1; same && i < shape.rank(); ++i)
        same = shape[i] == built[i] || shape[i] == unknown_size || built[i] == unknown_size;
      if (!same)
        raise<IoError>(layer->class_name(), " \"", layer->name(), "\": the file says that it was built for input ",
                       shape, ", and the model passes ", built, " to it. The configuration is damaged.");
    }
  }
}

/// Returns the model of a file, built, with any weights.
template <class S>
std::shared_ptr<Model<S>> stored_architecture(StoredFile& file, const std::string& path) {
  const FileScope errors("load_model", path);
  const Config config = file.config();
  if (config.is_null())
    raise<IoError>("the file contains weights, but no model. Create the model, and call load_weights.");
  const LoadingWeights loading(file.most_elements());
  std::shared_ptr<Model<S>> model = model_of_config<S>(config);
  if (!model->built())
    raise<IoError>("the file does not store for which input shape the model \"", model->name(),
                   "\" is built. Save a built model.");
  check_build_shapes<S>(*model, config);
  return model;
}

/// Compiles a model as it was when it was saved, and restores the state of its optimizer.
template <class S>
void restore_training(Model<S>& model, StoredFile& file, const std::string& path) {
  const Config compiled = [&] {
    const TrainingScope errors(path);
    return file.compile_config();
  }();
  if (compiled.is_null() || compiled.size() == 0) return;
  const auto compile = [&] {
    const TrainingScope errors(path);
    model.compile(compile_options_from_config<S>(compiled, model.output_names()));
  };
  compile();
  model.optimizer().build_once(model.trainable_variables());
  const StoredOptimizer stored = stored_optimizer(model.optimizer());
  const std::optional<OptimizerState> state = file.optimizer_state(stored);
  if (!state) return;
  if (state->values.empty() && !stored.variables.empty()) compile();  // its optimizer has no variables yet, either
  const TrainingScope errors(path);
  Optimizer<S>& optimizer = model.optimizer();
  const bool constant = optimizer.has_constant_learning_rate();
  for (std::size_t i = 0; i < state->values.size(); ++i)
    std::visit([&](const auto& value) { optimizer.variables()[i].assign(value.template cast<S>()); }, state->values[i]);
  optimizer.set_steps(state->steps);
  if (constant && state->learning_rate) optimizer.set_learning_rate(*state->learning_rate);
}

}  // namespace detail

/// Reads a model from a file written by `save_model` or by Keras. The model is built, with its weights, and compiled if
/// it was compiled when it was saved. Keras: `keras.saving.load_model`.
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
  const CustomObjectScope custom(options.custom_objects);
  const std::shared_ptr<Model<S>> model = detail::stored_architecture<S>(*file, path);
  detail::read_weights("load_model", *model, *file, path);
  if (options.compile) detail::restore_training(*model, *file, path);
  return model;
}

}  // namespace lamina
