#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "lamina/core/classify.hpp"
#include "lamina/core/warning.hpp"
#include "lamina/io/hdf5_reader.hpp"
#include "lamina/io/keras_groups.hpp"

// The weights in Keras's model.weights.h5.

namespace lamina::detail {

/// Returns the path of a group as Keras 2.12 to 2.15 write it, where layers are in "_layer_checkpoint_dependencies"; the path
/// itself if the file is not theirs.
inline std::string keras_2_path(const Hdf5Reader& file, const std::string& path) {
  const std::string layers = "_layer_checkpoint_dependencies";
  if (!file.is_group(layers)) return path;
  std::string all;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = (std::min)(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    all += (all.empty() ? "" : "/") + (part == "layers" ? layers : part);
    begin = end + 1;
  }
  return all;
}

/// Reads the weights of a model. Throws IoError if a group is missing or has other weights than the layer, and ShapeError
/// if a shape differs. Other groups of the file, such as those of an optimizer, are not read.
inline std::vector<AnyTensor> read_keras_weights(const Hdf5Reader& file, const StoredModel& model) {
  std::vector<AnyTensor> values(model.weights.size());
  std::vector<bool> known(values.size(), false);
  for (KerasGroup group : KerasGroups::of(model, [&](const std::string& path) { return file.is_group(path); })) {
    if (group.weights.empty()) continue;
    if (!file.is_group(group.path)) group.path = keras_2_path(file, group.path);
    const std::string layer = text(group.class_name, " \"", group.layer, "\"");
    if (!file.is_group(group.path))
      raise<IoError>(file.who(), ": there is no group \"", group.path, "\" with the weights of ", layer,
                     ". The file was written for another model.");
    const std::size_t stored = file.names(group.path).size();
    if (stored != group.weights.size())
      raise<IoError>(file.who(), ": the group \"", group.path, "\" has ", stored, " weights, and ", layer, " has ",
                     group.weights.size(), ". The file was written for another model.");
    for (std::size_t i = 0; i < group.weights.size(); ++i) {
      const std::size_t weight = group.weights[i];
      if (known[weight]) continue;
      values[weight] = file.read(text(group.path, "/", i), model.weights[weight].shape());
      known[weight] = true;
    }
  }
  for (std::size_t i = 0; i < known.size(); ++i)
    if (!known[i])
      raise<IoError>(file.who(), ": no layer of the model owns the weight \"", model.weights[i].path,
                     "\", by which Keras stores weights");
  return values;
}

/// Reads the state of an optimizer, the datasets of "optimizer/vars": the number of steps, the learning rate unless it is a
/// schedule, and the optimizer's variables. None if the file has no such group, or, as in Keras, one for other variables,
/// which is a warning.
///
/// An optimizer that wraps another one stores an iteration and a learning rate, which it does not use, its own variables, and
/// then the inner optimizer in the same way.
inline std::optional<OptimizerState> read_keras_optimizer(const Hdf5Reader& file, const StoredOptimizer& optimizer) {
  const std::string group = "optimizer/vars";
  if (!file.is_group(group)) return std::nullopt;
  const std::size_t stored = file.names(group).size();
  if (stored == 0) return std::nullopt;
  const auto number = [&](std::size_t i) {
    const AnyTensor value = file.read(text(group, "/", i), Shape());
    return std::visit([](const auto& tensor) { return static_cast<double>(tensor.data()[0]); }, value);
  };
  const bool wraps = optimizer.own_variables.has_value();
  const std::size_t own = optimizer.own_variables.value_or(0), others = optimizer.variables.size() - own;
  const std::size_t numbers = optimizer.learning_rate ? 2 : 1, unused = wraps ? 2 : 0;
  const bool before_first_step = stored == unused + numbers && number(unused) == 0;  // the variables did not exist yet
  // Keras 2 does not store the learning rate.
  const bool keras_2 = !wraps && !before_first_step && stored == 1 + others &&
                       (others == 0 || file.shape(text(group, "/1")) == optimizer.variables[own].shape());
  const std::size_t iteration = before_first_step ? unused : unused + own, first = iteration + (keras_2 ? 1 : numbers);
  if (!before_first_step && stored != first + others) {
    warn(file.who(), ": the optimizer has ", stored, " variables in the file, and ", first + others,
         " in the model. Its state is not restored: training starts with a new optimizer.");
    return std::nullopt;
  }
  OptimizerState state;
  const double steps = number(iteration);
  if (!within(steps, 0, 9e15))
    raise<IoError>(file.who(), ": the optimizer's iteration: expected an integer >= 0, got ", steps);
  state.steps = static_cast<Index>(steps);
  if (optimizer.learning_rate && !keras_2) {
    // It is stored as float: where it is that of the configuration, rounded, the configuration has all its digits.
    state.learning_rate = number(iteration + 1);
    if (static_cast<float>(*optimizer.learning_rate) == static_cast<float>(*state.learning_rate))
      state.learning_rate = optimizer.learning_rate;
  }
  if (before_first_step) return state;
  for (std::size_t i = 0; i < optimizer.variables.size(); ++i) {
    const std::size_t place = i < own ? unused + i : first + i - own;
    state.values.push_back(file.read(text(group, "/", place), optimizer.variables[i].shape()));
  }
  return state;
}

}  // namespace lamina::detail
