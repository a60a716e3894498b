#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "lamina/data/npz.hpp"
#include "lamina/layers/base/layer.hpp"

namespace lamina {

namespace detail {

/// A variable's name in a file: its position, and its own name for the reader.
template <class Scalar>
std::string stored_name(const std::string& kind, std::size_t position, const Variable<Scalar>& variable) {
  return text(kind, "/", position, "/", variable.name());
}

template <class Scalar>
void add_variables(std::vector<NamedArray>& arrays, const std::string& kind,
                   const std::vector<Variable<Scalar>>& variables) {
  for (std::size_t i = 0; i < variables.size(); ++i)
    arrays.emplace_back(stored_name(kind, i, variables[i]), variables[i].value().detached());
}

/// The values for these variables, every shape checked. The arrays of this kind in the file must be those of the
/// variables, no fewer and no more.
template <class Scalar>
std::vector<Tensor<Scalar>> read_variables(const char* who, const NpzFile& file, const std::string& path,
                                           const std::string& kind, const std::vector<Variable<Scalar>>& variables) {
  const auto stored = static_cast<std::size_t>(std::count_if(
      file.names().begin(), file.names().end(), [&](const std::string& name) { return name.starts_with(kind + "/"); }));
  if (stored != variables.size())
    raise<IoError>(who, " \"", path, "\" has ", stored, " arrays of ", kind, ", and the model has ", variables.size(),
                   ": it was written for another model");
  std::vector<Tensor<Scalar>> values;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const std::string name = stored_name(kind, i, variables[i]);
    if (!file.contains(name))
      raise<IoError>(who, " \"", path, "\" has no array \"", name, "\": it was written for another model");
    values.push_back(file.read<Scalar>(name));
    if (values.back().shape() != variables[i].shape())
      raise<ShapeError>(who, " \"", path, "\": \"", name, "\" has shape ", values.back().shape(), ", but variable \"",
                        variables[i].path(), "\" has shape ", variables[i].shape(),
                        ": it was written for another model");
  }
  return values;
}

}  // namespace detail

/// Writes all weights of a built layer or model to a .npz file, whole or not at all.
template <class Scalar>
void save_weights(const Layer<Scalar>& layer, const std::string& path) {
  if (!layer.built())
    raise<StateError>("save_weights: \"", layer.name(), "\" has no weights yet. Build it, or call it once.");
  std::vector<NamedArray> arrays;
  detail::add_variables(arrays, "weights", layer.variables());
  write_npz(path, arrays);
}

/// Reads what `save_weights` wrote into a built layer or model of the same form; where anything does not fit, nothing
/// is changed.
template <class Scalar>
void load_weights(Layer<Scalar>& layer, const std::string& path) {
  if (!layer.built())
    raise<StateError>("load_weights: \"", layer.name(), "\" has no weights yet. Build it, or call it once.");
  const NpzFile file(path);
  const std::vector<Variable<Scalar>> variables = layer.variables();
  layer.set_weights(detail::read_variables("load_weights", file, path, "weights", variables));
}

}  // namespace lamina
