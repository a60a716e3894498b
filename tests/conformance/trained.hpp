#pragma once
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "case.hpp"

namespace lamina::conformance {

/// Returns the arrays x0, x1 and so on of a case.
template <class S>
TensorList<S> list_of(const Case& c, const char* prefix) {
  TensorList<S> list;
  for (std::size_t i = 0; c.contains(text(prefix, i)); ++i) list.append(c.array<S>(text(prefix, i)));
  return list;
}

/// The arrays that a training run is compared with.
struct Trained {
  std::string history;            ///< Prefix of the arrays of logs per epoch: `history` + "loss".
  std::vector<std::string> logs;  ///< Names of the logs that have an array.
  Tolerance of_history;
  std::string ending;  ///< Suffix of the arrays of weights after training: "w0" + `ending`.
};

/// Trains a compiled model and compares its history and its weights. `tolerance(i)` is the tolerance of the i-th
/// weight, or nullopt to skip it.
template <class S, class ToleranceOf>
void compare_training(const Case& c, Check& check, Model<S>& model, const TensorList<S>& x, const TensorList<S>& y,
                      const FitOptions<S>& options, const Trained& expected, const ToleranceOf& tolerance) {
  const History history = model.fit(x, y, options);
  for (const std::string& name : expected.logs) {
    const std::string array = expected.history + name;
    if (!history.contains(name)) {
      check.fail(array, "there is no such history");
      continue;
    }
    const std::vector<double>& values = history[name];
    Tensor<double> got = Tensor<double>::zeros({static_cast<Index>(values.size())});
    std::copy(values.begin(), values.end(), got.mutable_data());
    check.near(array, got, c.array<double>(array), expected.of_history);
  }
  const std::vector<Tensor<S>> weights = model.get_weights();
  for (std::size_t i = 0; i < weights.size(); ++i)
    if (const std::optional<Tolerance> within = tolerance(i))
      check.near(text("w", i, expected.ending), weights[i], *within);
}

}  // namespace lamina::conformance
