#pragma once
#include "lamina/core/strategy.hpp"

// Constructs layers from configurations by a table of their classes.

namespace lamina::detail {

/// Constructs the layer that `{"class_name": ..., "config": {...}}` describes, of a class of the table or of a
/// registered class, and sets its name and `trainable`. Throws a ValueError for an unknown class; `kind` names it in
/// the text.
template <class Base, class... Entries>
std::shared_ptr<Base> layer_from_table(const char* kind, const Config& described, StrategyTable<Base, Entries...>) {
  using Table = StrategyTable<Base, Entries...>;
  const NamedArguments given(described);
  // A class of a module other than Keras's, or registered as "package>name", is a custom class, whatever its name.
  const auto text_of = [&](const char* key) {
    const Config* value = described.is_string() ? nullptr : described.find(key);
    return value != nullptr && value->is_string() ? value->as_string() : std::string();
  };
  const std::string module = text_of("module"), registered = text_of("registered_name");
  const bool custom_only =
      registered.find('>') != std::string::npos || (!module.empty() && !module.starts_with("keras"));
  const std::string& custom_name = custom_only && !registered.empty() ? registered : given.name;
  std::shared_ptr<Base> layer = custom_only ? nullptr : Table::make(given);
  if (layer == nullptr) {
    auto custom = CustomObjects<Base>::find(custom_name);
    if (!custom) custom = CustomObjects<Base>::find(given.name);
    if (!custom)
      raise_unknown_name(kind, custom_name, Table::names, "Register a custom class with register_custom_object.");
    layer = (*custom)(given.arguments);
  }
  if (const Config* name = given.arguments.find("name"); name != nullptr && !name->is_null())
    layer->set_name(name->as_string());
  if (const Config* trainable = given.arguments.find("trainable"); trainable != nullptr && !trainable->as_bool())
    layer->set_trainable(false);
  return layer;
}

}  // namespace lamina::detail
