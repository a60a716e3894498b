#pragma once
#include <string>
#include <utility>

#include "lamina/core/list.hpp"
#include "lamina/layers/base/layer.hpp"

namespace lamina::detail {

/// The attribute `trainable` of all layers and variables of a model when it was compiled. `fit` warns if it has
/// changed.
template <class S>
class CompiledTrainable {
 public:
  /// Records `trainable` of all layers and variables.
  LAMINA_COLD void remember(const Layer<S>& model) {
    layers_.clear();
    variables_.clear();
    reported_.clear();
    add_layers(model);
    remember_variables(model);
  }
  /// Records `trainable` of the variables of a model that was built after `compile`.
  LAMINA_COLD void remember_variables(const Layer<S>& model) {
    if (variables_.empty())
      for (const Variable<S>& v : model.variables()) variables_.emplace_back(v.serial(), v.trainable());
  }

  /// Returns a string that lists the changes since; empty if there are none, or if the last call returned the same one.
  /// `trains`: whether the optimizer has already created its state for the recorded trainable variables.
  LAMINA_COLD std::string changes(const Layer<S>& model, bool trains) {
    std::string frozen, unfrozen;
    if (variables_.empty()) {
      compare_layers(model, frozen, unfrozen);
    } else {
      for (const Variable<S>& v : model.variables())
        for (const auto& [serial, trainable] : variables_)
          if (serial == v.serial() && trainable != v.trainable()) add_name(trainable ? frozen : unfrozen, v.path());
    }
    std::string text;
    if (!frozen.empty()) text += " Frozen since, and not trained: " + frozen + ".";
    if (!unfrozen.empty())
      text += " Unfrozen since, and " +
              std::string(trains ? "not trained before compile is called again: " : "trained: ") + unfrozen + ".";
    if (text == reported_) return {};
    reported_ = text;
    return text;
  }

 private:
  static void add_name(std::string& names, const std::string& name) {
    names += (names.empty() ? "\"" : ", \"") + name + "\"";
  }
  LAMINA_COLD void add_layers(const Layer<S>& layer) {
    layers_.emplace_back(&layer, layer.trainable());
    for (const Layer<S>* inner : layer.sublayers()) add_layers(*inner);
  }
  LAMINA_COLD void compare_layers(const Layer<S>& layer, std::string& frozen, std::string& unfrozen) const {
    for (const auto& [known, trainable] : layers_)
      if (known == &layer && trainable != layer.trainable())
        return add_name(trainable ? frozen : unfrozen,
                        layer.name());  // setting `trainable` also sets it for the sublayers
    for (const Layer<S>* inner : layer.sublayers()) compare_layers(*inner, frozen, unfrozen);
  }

  List<std::pair<const Layer<S>*, bool>> layers_;
  List<std::pair<std::uint64_t, bool>> variables_;  // by serial number
  std::string reported_;                            // result of the last call of `changes`
};

}  // namespace lamina::detail
