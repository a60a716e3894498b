#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lamina/core/config.hpp"
#include "lamina/core/names.hpp"
#include "lamina/core/tensor.hpp"

// The interface of file formats. It is not a template over the scalar type, so that a program compiles a format once.

namespace lamina {

/// A tensor of either scalar type.
using AnyTensor = std::variant<Tensor<float>, Tensor<double>>;

/// A variable in the interface of file formats.
struct StoredVariable {
  std::string name;       ///< Name in its layer, such as "kernel".
  std::string path;       ///< Name with the names of the enclosing layers, such as "sequential/dense/kernel".
  AnyTensor value;        ///< Value, in the scalar type of the model; refers to the memory of the variable.
  bool trainable = true;  ///< Whether training changes it: false also in a frozen layer.
  bool integer = false;   ///< Whether Keras stores it as an integer, such as a counter of an optimizer.
  /// Returns the shape of the value.
  const Shape& shape() const {
    return std::visit([](const auto& tensor) -> const Shape& { return tensor.shape(); }, value);
  }
};

/// A layer in the interface of file formats, with the layers inside it.
struct StoredLayer {
  std::string name;                ///< Name of the layer.
  std::string class_name;          ///< Class name of the layer, without the package of "package>name".
  const void* identity = nullptr;  ///< The same for the same layer: a shared layer is listed at each of its places.
  std::vector<std::size_t> own_weights;  ///< Indices of its own weights in StoredModel::weights, trainable ones first.
  std::vector<StoredLayer> layers;       ///< Its sublayers, in the order of their first call.
};

/// An optimizer in the interface of file formats.
struct StoredOptimizer {
  Config config;                          ///< {"class_name": ..., "config": {...}}.
  Index steps = 0;                        ///< Number of calls of `apply_gradients`, see `Optimizer::steps`.
  std::optional<double> learning_rate;    ///< Learning rate; none if it is a schedule.
  std::vector<StoredVariable> variables;  ///< The state of the optimizer, in the order of `Optimizer::variables()`.
  /// For an optimizer that wraps another one, such as LossScaleOptimizer: the number of its own variables, which come
  /// before those of the inner optimizer. Steps and learning rate are those of the inner optimizer.
  std::optional<std::size_t> own_variables = {};
};

/// A model, or a layer, in the interface of file formats.
struct StoredModel {
  /// {"class_name": ..., "config": {...}}, where config is the result of `get_config`; for a built model also
  /// "build_config" with the "input_shape". For files of weights, C++ functions in it may have any name.
  Config config;
  std::vector<StoredVariable> weights;  ///< Weights, in the order of `variables()`.
  StoredLayer structure;                ///< The model itself as a layer, and its layers.
  Config compile_config = {};           ///< The arguments of `compile`, under Keras's names; null if it was not called.
  std::optional<StoredOptimizer> optimizer = {};  ///< The optimizer of a compiled model.
};

/// The state of an optimizer in a file.
struct OptimizerState {
  Index steps = 0;                      ///< Number of calls of `apply_gradients`.
  std::optional<double> learning_rate;  ///< Learning rate; none if it is a schedule.
  /// Values of `StoredOptimizer::variables`; none if the model was saved before the first step, which creates them.
  std::vector<AnyTensor> values;
};

/// A file opened for reading by FileFormat::open.
class StoredFile {
 public:
  virtual ~StoredFile() = default;
  /// Returns the configuration of the model, see StoredModel; null if the file contains weights only.
  virtual Config config() { return {}; }
  /// Returns the largest number of elements that the weights can have by the size of the file: a model with more is not
  /// built. Default: no limit.
  virtual std::uint64_t most_elements() const { return ~std::uint64_t{0}; }
  /// Returns the arguments of `compile` as Keras writes them, {"optimizer": ..., "loss": ...}; null if the model was not
  /// compiled.
  virtual Config compile_config() { return {}; }
  /// Returns the state of the optimizer; none if the file contains none. `optimizer`: the model's, with its variables.
  virtual std::optional<OptimizerState> optimizer_state(const StoredOptimizer& /*optimizer*/) { return std::nullopt; }
  /// Returns the values of the weights of a model, in the order of `model.weights`; their `value` is ignored. The caller
  /// checks the shapes and converts the values to its scalar type. Throws IoError if the file does not contain these
  /// weights.
  virtual std::vector<AnyTensor> weights(const StoredModel& model) = 0;
};

/// Base class of file formats, which `save_model`, `load_model`, `save_weights` and `load_weights` call. A format is
/// registered under a file extension, and overrides the functions that it supports; the others throw ValueError. The
/// functions are const and must be thread-safe.
///
///     struct MyFormat : FileFormat {
///       bool holds_models() const noexcept override { return true; }
///       void save_model(const std::string& path, const StoredModel& model) const override { ... }
///       std::unique_ptr<StoredFile> open(const std::string& path) const override { ... }
///     };
///     register_file_format(".mine", std::make_shared<MyFormat>());
class FileFormat {
 public:
  virtual ~FileFormat() = default;
  /// Returns whether files contain whole models; if false, they contain weights only.
  virtual bool holds_models() const noexcept = 0;
  /// Writes a model to a file, atomically. Throws IoError if the file cannot be written.
  virtual void save_model(const std::string& path, const StoredModel& /*model*/) const {
    raise<ValueError>("save_model \"", path, "\": files of this format contain weights only. Call save_weights.");
  }
  /// Writes weights to a file, atomically. Throws IoError if the file cannot be written.
  virtual void save_weights(const std::string& path, const StoredModel& /*model*/) const {
    raise<ValueError>("save_weights \"", path, "\": files of this format contain whole models only. Call save_model.");
  }
  /// Opens a file for reading. Throws IoError if it cannot be read or is not of this format.
  virtual std::unique_ptr<StoredFile> open(const std::string& path) const {
    raise<ValueError>("\"", path, "\": files of this format can be written, not read. Use another format.");
  }
};

namespace detail {

/// A file extension of a built-in format, and the header that registers it.
struct KnownExtension {
  std::string_view extension, header;
};
inline constexpr KnownExtension known_extensions[] = {
    {".npz", "lamina/models/weights_file.hpp"},    {".keras", "lamina/io/keras.hpp"},
    {".weights.h5", "lamina/io/keras.hpp"},        {".h5", "lamina/io/keras.hpp"},
    {".safetensors", "lamina/io/safetensors.hpp"}, {".onnx", "lamina/io/onnx.hpp"}};

/// The registered file formats by extension.
class FileFormats {
 public:
  /// Registers a format under an extension; replaces an earlier one.
  static void add(std::string extension, std::shared_ptr<const FileFormat> format) {
    const std::lock_guard lock(mutex());
    for (Entry& entry : entries())
      if (entry.extension == extension) {
        entry.format = std::move(format);
        return;
      }
    entries().push_back({std::move(extension), std::move(format)});
  }
  /// Returns the format of an extension; null if there is none.
  static std::shared_ptr<const FileFormat> find(std::string_view extension) {
    const std::lock_guard lock(mutex());
    for (const Entry& entry : entries())
      if (entry.extension == extension) return entry.format;
    return nullptr;
  }
  /// Returns the extensions of the built-in formats and of the other registered formats.
  static std::vector<std::string> extensions() {
    std::vector<std::string> all;
    for (const KnownExtension& known : known_extensions) all.emplace_back(known.extension);
    const std::lock_guard lock(mutex());
    for (const Entry& entry : entries())
      if (std::find(all.begin(), all.end(), entry.extension) == all.end()) all.push_back(entry.extension);
    return all;
  }

 private:
  struct Entry {
    std::string extension;
    std::shared_ptr<const FileFormat> format;
  };
  static std::mutex& mutex() {
    static auto& m = *new std::mutex;  // never destroyed: destructors of static objects may still save models
    return m;
  }
  static std::vector<Entry>& entries() {
    static auto& all = *new std::vector<Entry>;
    return all;
  }
};

/// Returns the format of a file: that of the longest registered extension of its name, ignoring case. Throws ValueError
/// if there is none. `action`: prefix of the error text, before the path.
LAMINA_COLD inline std::shared_ptr<const FileFormat> find_file_format(std::string_view action,
                                                                      const std::string& path) {
  std::string name = path.substr(path.find_last_of("/\\") + 1);  // npos + 1 is 0
  for (char& c : name) c = to_lower(c);
  const std::string who = text(action, " \"", path, "\": ");
  // A leading dot marks a hidden file, not an extension.
  const std::size_t first = name.find('.', 1);
  if (first == std::string::npos || name.back() == '.') {
    std::string known;
    for (const std::string& extension : FileFormats::extensions()) known += (known.empty() ? "" : ", ") + extension;
    raise<ValueError>(who, "expected a name with an extension, which selects the file format. Known: ", known, ".");
  }
  for (std::size_t point = first; point != std::string::npos; point = name.find('.', point + 1))
    if (auto format = FileFormats::find(std::string_view(name).substr(point))) return format;
  for (const KnownExtension& known : known_extensions)
    if (name.ends_with(known.extension))
      raise<ValueError>(who, "no format for ", known.extension, " files is registered. #include <", known.header,
                        ">, which registers it.");
  raise_unknown_name(text(who, "file extension"), name.substr(name.rfind('.')), FileFormats::extensions());
}

}  // namespace detail

/// Registers a file format under an extension, such as ".mine"; case is ignored. Replaces an earlier format of the
/// extension. A header registers its format in the initializer of a variable:
///
///     inline const bool registered = (register_file_format(".mine", std::make_shared<MyFormat>()), true);
///
/// Throws ValueError if the extension does not start with a dot, has no other characters, ends with a dot or contains a
/// path separator, or if the pointer is empty.
LAMINA_COLD inline void register_file_format(std::string extension, std::shared_ptr<const FileFormat> format) {
  if (extension.size() < 2 || extension.front() != '.' || extension.back() == '.' ||
      extension.find_first_of("/\\") != std::string::npos)
    raise<ValueError>("register_file_format: expected an extension such as \".mine\", got \"", extension, "\"");
  if (format == nullptr)
    raise<ValueError>("register_file_format \"", extension, "\": expected a format, got an empty pointer");
  for (char& c : extension) c = detail::to_lower(c);
  detail::FileFormats::add(std::move(extension), std::move(format));
}

}  // namespace lamina
