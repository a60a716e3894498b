#pragma once
#include <algorithm>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "lamina/data/npz.hpp"
#include "lamina/models/saving.hpp"

// The file format .npz of NumPy, for weights. Including this header registers it.

namespace lamina {

namespace detail {

/// Returns the name of a variable in a file: kind, index and name of the variable, such as "weights/0/kernel".
inline std::string stored_name(const std::string& kind, std::size_t position, const StoredVariable& variable) {
  return text(kind, "/", position, "/", variable.name);
}

/// Appends the values of variables to the arrays of a file.
inline void add_variables(std::vector<NamedArray>& arrays, const std::string& kind,
                          const std::vector<StoredVariable>& variables) {
  for (std::size_t i = 0; i < variables.size(); ++i)
    std::visit([&](const auto& value) { arrays.emplace_back(stored_name(kind, i, variables[i]), value); },
               variables[i].value);
}

/// Reads the values of variables. Throws IoError if the arrays of this kind in the file are not exactly those of the
/// variables.
inline std::vector<AnyTensor> read_variables(const char* who, const NpzFile& file, const std::string& path,
                                             const std::string& kind, const std::vector<StoredVariable>& variables) {
  const auto stored = static_cast<std::size_t>(std::count_if(
      file.names().begin(), file.names().end(), [&](const std::string& name) { return name.starts_with(kind + "/"); }));
  if (stored != variables.size())
    raise<IoError>(who, " \"", path, "\" has ", stored, " arrays of ", kind, ", and the model has ", variables.size(),
                   ". It was written for another model.");
  std::vector<AnyTensor> values;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const std::string name = stored_name(kind, i, variables[i]);
    if (!file.contains(name))
      raise<IoError>(who, " \"", path, "\" has no array \"", name, "\". It was written for another model.");
    std::visit([&]<class S>(const Tensor<S>&) { values.emplace_back(file.read<S>(name)); }, variables[i].value);
  }
  return values;
}

/// An .npz file of weights, opened for reading.
class NpzWeights final : public StoredFile {
 public:
  explicit NpzWeights(const std::string& path) : file_(path), path_(path) {}
  std::vector<AnyTensor> weights(const StoredModel& model) override {
    return read_variables("load_weights", file_, path_, "weights", model.weights);
  }

 private:
  NpzFile file_;
  std::string path_;
};

/// The file format .npz: weights as arrays `weights/0/kernel`, `weights/1/bias`, in the order of `variables()`.
class NpzFormat final : public FileFormat {
 public:
  bool holds_models() const noexcept override { return false; }
  void save_weights(const std::string& path, const StoredModel& model) const override {
    std::vector<NamedArray> arrays;
    add_variables(arrays, "weights", model.weights);
    write_npz(path, arrays);
  }
  std::unique_ptr<StoredFile> open(const std::string& path) const override {
    return std::make_unique<NpzWeights>(path);
  }
};

inline const bool npz_is_registered = (register_file_format(".npz", std::make_shared<NpzFormat>()), true);

}  // namespace detail

}  // namespace lamina
