#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "lamina/core/config.hpp"
#include "lamina/core/list.hpp"
#include "lamina/core/names.hpp"

// The arguments of layers and strategies, to and from configurations.
//
// What can be configured has a struct of arguments with one static function that goes through them by their Keras
// names, for reading as for writing:
//
//     struct SGDOptions {
//       LearningRate learning_rate = 0.01;
//       double momentum = 0.0;
//
//       template <class Self, class Field>
//       static void fields(Self& self, Field&& field) {
//         field("learning_rate", self.learning_rate);
//         field("momentum", self.momentum);
//       }
//     };
//
// A field's type is known to `argument_to_config` and `argument_from_config`: numbers, texts, lists, std::optional,
// enumerations that have `enumeration_names`, strategies, or a type with functions of these two names of its own.

namespace lamina {

namespace detail {
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsList : std::false_type {};
template <class T>
struct IsList<std::vector<T>> : std::true_type {};
template <class T, std::size_t N>
struct IsList<std::array<T, N>> : std::true_type {};
}  // namespace detail

/// An enumeration with Keras's names for its values, in their order: a function
/// `constexpr auto enumeration_names(Reduction) { return std::array<std::string_view, 3>{...}; }` beside it.
template <class T>
concept NamedEnumeration = std::is_enum_v<T> && requires(T t) { enumeration_names(t)[0]; };

/// A type that brings its own way into a configuration and back.
template <class T>
concept Configurable = requires(const T& constant, T& variable, const Config& config) {
  { constant.to_config() } -> std::convertible_to<Config>;
  variable.from_config(config);
};

template <class T>
LAMINA_COLD Config argument_to_config(const T& value) {
  if constexpr (Configurable<T>) {
    return value.to_config();
  } else if constexpr (detail::IsOptional<T>::value) {
    return value ? argument_to_config(*value) : Config();
  } else if constexpr (NamedEnumeration<T>) {
    return enumeration_names(value)[static_cast<std::size_t>(value)];
  } else if constexpr (std::is_same_v<T, Shape>) {
    Config sizes = Config::list();
    for (const Index size : value)
      sizes.push_back(size == unknown_size ? Config() : Config(size));  // Keras's None is null
    return sizes;
  } else if constexpr (detail::IsList<T>::value) {
    Config list = Config::list();
    for (const auto& element : value) list.push_back(argument_to_config(element));
    return list;
  } else {
    return Config(value);
  }
}

template <class T>
LAMINA_COLD void argument_from_config(const Config& config, T& value) {
  if constexpr (Configurable<T>) {
    value.from_config(config);
  } else if constexpr (detail::IsOptional<T>::value) {
    if (config.is_null()) {
      value.reset();
    } else {
      value.emplace();
      argument_from_config(config, *value);
    }
  } else if constexpr (NamedEnumeration<T>) {
    constexpr auto names = enumeration_names(T());
    const std::string& name = config.as_string();
    std::size_t i = 0;
    while (i < names.size() && names[i] != name) ++i;
    if (i == names.size()) raise_unknown_name("value", name, names);
    value = static_cast<T>(i);
  } else if constexpr (std::is_same_v<T, Config>) {
    value = config;
  } else if constexpr (std::is_same_v<T, bool>) {
    value = config.as_bool();
  } else if constexpr (std::is_integral_v<T>) {
    value = config.as_integer<T>();
  } else if constexpr (std::is_floating_point_v<T>) {
    value = static_cast<T>(config.as_real());
  } else if constexpr (std::is_same_v<T, std::string>) {
    value = config.as_string();
  } else if constexpr (std::is_same_v<T, Shape>) {
    value = Shape();
    for (const Config& size : config.elements())
      value.push_back(size.is_null() ? unknown_size : size.as_integer<Index>());
  } else if constexpr (requires { value.clear(); }) {
    value.clear();
    for (const Config& element : config.elements()) argument_from_config(element, value.emplace_back());
  } else {
    // One number for all axes, or one for each.
    if (config.is_list() && config.size() != value.size())
      raise<ValueError>("expected ", value.size(), " numbers, got ", config.to_string());
    for (std::size_t i = 0; i < value.size(); ++i)
      argument_from_config(config.is_list() ? config[i] : config, value[i]);
  }
}

namespace detail {
/// Reads an integer, which is a list of one, or a list of integers.
template <int = 0>
LAMINA_COLD void integers_from_config(const Config& config, std::vector<Index>& integers) {
  if (config.is_list())
    argument_from_config(config, integers);
  else
    integers = {config.as_integer<Index>()};
}
}  // namespace detail

/// Writes arguments into a configuration.
class ArgumentWriter {
 public:
  /// `before`: the configuration that the arguments are added to.
  explicit ArgumentWriter(Config before = Config::map()) : config_(std::move(before)) {}
  template <class T>
  LAMINA_COLD void operator()(const char* name, const T& value) {
    config_[name] = argument_to_config(value);
  }
  template <class T>
  void required(const char* name, const T& value) {
    (*this)(name, value);
  }
  void ignored(const char*) {}
  void unsupported(const char*) {}
  Config take() && { return std::move(config_); }

 private:
  Config config_;
};

/// Reads arguments from a configuration; one that is not there keeps its default. `finish` raises an error for what the
/// configuration has and nothing asked for.
class ArgumentReader {
 public:
  /// `class_name`: whose arguments these are, for errors. `common`: names that are no one's fault.
  LAMINA_COLD ArgumentReader(std::string class_name, const Config& config, List<std::string_view> common = {})
      : class_name_(std::move(class_name)), config_(config), known_(std::move(common)), scope_(describe, this, "") {
    if (!config.is_map() && !config.is_null())
      raise<ValueError>("expected a map of arguments, got ", config.to_string());
  }

  template <class T>
  LAMINA_COLD void operator()(const char* name, T& value) {
    if (const Config* given = look(name)) {
      argument_ = name;
      argument_from_config(*given, value);
      argument_ = nullptr;
    }
  }
  template <class T>
  LAMINA_COLD void required(const char* name, T& value) {
    if (look(name) == nullptr) {
      known_.pop_back();
      raise<ValueError>("the argument \"", name, "\" is missing");
    }
    known_.pop_back();
    (*this)(name, value);
  }
  /// An argument that Keras writes and that changes nothing here.
  LAMINA_COLD void ignored(const char* name) { known_.emplace_back(name); }
  /// An argument of Keras that changes what is computed, in a way that is not supported: only null is accepted.
  LAMINA_COLD void unsupported(const char* name) {
    if (const Config* value = look(name); value != nullptr && !value->is_null())
      raise<ValueError>("the argument \"", name, "\" is not supported; expected null, got ", value->to_string());
  }
  LAMINA_COLD void finish() const {
    if (!config_.is_map()) return;
    for (const Config::Member& m : config_.members()) {
      bool found = false;
      for (std::string_view name : known_) found = found || name == m.first;
      if (!found) raise_unknown_name("argument", m.first, known_);
    }
  }

 private:
  LAMINA_COLD static std::string describe(const void* self, const char*) {
    const auto& reader = *static_cast<const ArgumentReader*>(self);
    std::string where = reader.class_name_;
    if (reader.argument_ != nullptr) where.append(", argument \"").append(reader.argument_).append("\"");
    return where;
  }
  LAMINA_COLD const Config* look(const char* name) {
    known_.emplace_back(name);
    return config_.find(name);
  }
  std::string class_name_;
  const Config& config_;
  List<std::string_view> known_;
  const char* argument_ = nullptr;
  ErrorScope scope_;
};

/// The configuration of arguments that name their fields.
template <class Arguments>
LAMINA_COLD Config config_of(const Arguments& arguments) {
  ArgumentWriter writer;
  Arguments::fields(arguments, writer);
  return std::move(writer).take();
}

/// Arguments from their configuration, which may leave out what has a default.
template <class Arguments>
LAMINA_COLD Arguments arguments_from(const std::string& class_name, const Config& config,
                                     List<std::string_view> common = {}) {
  Arguments arguments{};
  ArgumentReader reader(class_name, config, std::move(common));
  Arguments::fields(arguments, reader);
  reader.finish();
  return arguments;
}

/// `{"class_name": ..., "config": {...}}`
LAMINA_COLD inline Config named_config(std::string_view class_name, Config arguments) {
  Config c;
  c["class_name"] = class_name;
  c["config"] = std::move(arguments);
  return c;
}

}  // namespace lamina
