#pragma once
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
  std::shared_ptr<Base> layer;
  for (const KnownClass<Base>& known : classes)
    if (same_name(known.name, given.name)) {
      layer = known.make(given);
      break;
    }
  if (layer == nullptr) {
    const auto custom = CustomObjects<Base>::find(given.name);
    if (!custom) {
      std::vector<std::string_view> names;
      for (const KnownClass<Base>& known : classes) names.push_back(known.name);
      raise_unknown_name(kind, given.name, names);
    }
    layer = custom(given.arguments);
  }
  if (const Config* name = given.arguments.find("name"); name != nullptr && !name->is_null())
    layer->set_name(name->as_string());
  if (const Config* trainable = given.arguments.find("trainable"); trainable != nullptr && !trainable->as_bool())
    layer->set_trainable(false);
  return layer;
}

}  // namespace lamina::detail
