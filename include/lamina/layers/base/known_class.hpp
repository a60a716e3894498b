#pragma once
#include "lamina/core/list.hpp"
#include "lamina/core/strategy.hpp"

// Lists of layer classes, by the names that configurations have for them.

namespace lamina::detail {

/// T under a name in snake case.
template <class T>
struct Known {
  std::string_view name;
};
template <class T>
constexpr Known<T> known(std::string_view name) {
  return {name};
}

template <class Base, class T>
std::shared_ptr<Base> make_known(const NamedArguments& given) {
  return make_from_config<T>(given.name, given.arguments, {"name", "trainable", "dtype"});
}

/// An entry of a list of classes that derive from Base: written `known<Dense<S>>("dense")`.
template <class Base>
struct KnownClass {
  template <class T>
  constexpr KnownClass(Known<T> known) : name(known.name), make(make_known<Base, T>) {}  // NOLINT
  std::string_view name;
  std::shared_ptr<Base> (*make)(const NamedArguments&);
};

/// What `{"class_name": ..., "config": {...}}` describes, a class of the list or one that was registered, with the name
/// and the state that it gives to layers. `kind` is the word for errors.
template <class Base, std::size_t N>
std::shared_ptr<Base> from_known(const char* kind, const Config& described, const KnownClass<Base> (&classes)[N]) {
  const NamedArguments given(described);
  // A class of another module than Keras's, or registered as "package>name", is a custom one, whatever its name.
  const auto text_of = [&](const char* key) {
    const Config* value = described.is_string() ? nullptr : described.find(key);
    return value != nullptr && value->is_string() ? value->as_string() : std::string();
  };
  const std::string module = text_of("module"), registered = text_of("registered_name");
  const bool custom_only =
      registered.find('>') != std::string::npos || (!module.empty() && !module.starts_with("keras"));
  const std::string& custom_name = custom_only && !registered.empty() ? registered : given.name;
  std::shared_ptr<Base> layer;
  for (const KnownClass<Base>& known : classes)
    if (!custom_only && same_name(known.name, given.name)) {
      layer = known.make(given);
      break;
    }
  if (layer == nullptr) {
    auto custom = CustomObjects<Base>::find(custom_name);
    if (!custom) custom = CustomObjects<Base>::find(given.name);
    if (!custom) {
      List<std::string_view> names;
      for (const KnownClass<Base>& known : classes) names.push_back(known.name);
      raise_unknown_name(kind, custom_name, names, "Register a custom class with register_custom_object.");
    }
    layer = (*custom)(given.arguments);
  }
  if (const Config* name = given.arguments.find("name"); name != nullptr && !name->is_null())
    layer->set_name(name->as_string());
  if (const Config* trainable = given.arguments.find("trainable"); trainable != nullptr && !trainable->as_bool())
    layer->set_trainable(false);
  return layer;
}

}  // namespace lamina::detail
