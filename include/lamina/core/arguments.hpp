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

// Conversion between the arguments of layers and strategies and their configurations.
//
// Every configurable class has a struct of arguments with one static function, `fields`, which visits the arguments by
// their Keras names. It serves both reading and writing:
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
// `argument_to_config` and `argument_from_config` support these field types: numbers, strings, lists, std::optional,
// enumerations with `enumeration_names`, strategies, and types with member functions `to_config` and `from_config`.

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

/// An enumeration whose values have Keras names, in the order of the enumerators. The names are returned by a function
/// in the namespace of the enumeration: `constexpr auto enumeration_names(Reduction) { return
/// std::array<std::string_view, 3>{...}; }`
template <class T>
concept NamedEnumeration = std::is_enum_v<T> && requires(T t) { enumeration_names(t)[0]; };

/// A type with member functions `to_config` and `from_config`.
template <class T>
concept Configurable = requires(const T& constant, T& variable, const Config& config) {
  { constant.to_config() } -> std::convertible_to<Config>;
  variable.from_config(config);
};

/// Converts an argument to a configuration value. An empty std::optional and an unknown size become null.
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

/// Sets an argument from a configuration value: the inverse of `argument_to_config`. Throws ValueError if the value has
/// the wrong type.
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
    // std::array: one number for all axes, or one number per axis.
    if (config.is_list() && config.size() != value.size())
      raise<ValueError>("expected ", value.size(), " numbers or a single one, got ", config.to_string());
    for (std::size_t i = 0; i < value.size(); ++i)
      argument_from_config(config.is_list() ? config[i] : config, value[i]);
  }
}

namespace detail {
/// Reads a list of integers; a single integer is a list of one.
template <int = 0>
LAMINA_COLD void integers_from_config(const Config& config, std::vector<Index>& integers) {
  if (config.is_list())
    argument_from_config(config, integers);
  else
    integers = {config.as_integer<Index>()};
}
}  // namespace detail

/// Writes arguments to a configuration. Pass it to the `fields` function of an arguments struct.
class ArgumentWriter {
 public:
  /// Adds the arguments to `before`. Default: an empty map.
  explicit ArgumentWriter(Config before = Config::map()) : config_(std::move(before)) {}
  /// Writes one argument.
  template <class T>
  LAMINA_COLD void operator()(const char* name, const T& value) {
    config_[name] = argument_to_config(value);
  }
  /// Writes one argument that has no default.
  template <class T>
  void required(const char* name, const T& value) {
    (*this)(name, value);
  }
  void ignored(const char*) {}      ///< Writes nothing. See ArgumentReader.
  void unsupported(const char*) {}  ///< Writes nothing. See ArgumentReader.
  /// Returns the configuration.
  Config take() && { return std::move(config_); }

 private:
  Config config_;
};

/// Reads arguments from a configuration. Pass it to the `fields` function of an arguments struct, then call `finish`,
/// which throws if the configuration has unknown arguments. An argument that is missing keeps its default. Errors name
/// the class and the argument.
class ArgumentReader {
 public:
  /// `class_name`: the class that the arguments belong to, for error texts. `config`: a map of arguments, or null for
  /// none; throws ValueError otherwise. `common`: names of further arguments to ignore. The reader refers to `config`,
  /// which must outlive it.
  LAMINA_COLD ArgumentReader(std::string class_name, const Config& config, List<std::string_view> common = {})
      : class_name_(std::move(class_name)), config_(config), known_(std::move(common)), scope_(describe, this, "") {
    if (!config.is_map() && !config.is_null())
      raise<ValueError>("expected a map of arguments, got ", config.to_string(), ". Pass {} for the defaults.");
  }

  /// Reads an optional argument.
  template <class T>
  LAMINA_COLD void operator()(const char* name, T& value) {
    if (const Config* given = look(name)) {
      argument_ = name;
      argument_from_config(*given, value);
      argument_ = nullptr;
    }
  }
  /// Reads a required argument; throws ValueError if it is missing.
  template <class T>
  LAMINA_COLD void required(const char* name, T& value) {
    if (look(name) == nullptr) {
      known_.pop_back();
      raise<ValueError>("the argument \"", name, "\" is missing. It has no default: add it to the configuration.");
    }
    known_.pop_back();
    (*this)(name, value);
  }
  /// Declares an argument that Keras writes and that has no effect in lamina.
  LAMINA_COLD void ignored(const char* name) { known_.emplace_back(name); }
  /// Declares a Keras argument that is not supported. Throws ValueError if its value is not null.
  LAMINA_COLD void unsupported(const char* name) {
    if (const Config* value = look(name); value != nullptr && !value->is_null())
      raise<ValueError>("the argument \"", name, "\" is not supported; expected null, got ", value->to_string());
  }
  /// Throws ValueError if the configuration has an argument that was neither read nor declared.
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

/// Returns the configuration of a struct of arguments that has a `fields` function.
template <class Arguments>
LAMINA_COLD Config config_of(const Arguments& arguments) {
  ArgumentWriter writer;
  Arguments::fields(arguments, writer);
  return std::move(writer).take();
}

/// Reads a struct of arguments from its configuration. Missing arguments keep their defaults. Throws ValueError for an
/// unknown argument, a missing required one, or a value of the wrong type. `class_name` and `common`: see
/// ArgumentReader.
template <class Arguments>
LAMINA_COLD Arguments arguments_from(const std::string& class_name, const Config& config,
                                     List<std::string_view> common = {}) {
  Arguments arguments{};
  ArgumentReader reader(class_name, config, std::move(common));
  Arguments::fields(arguments, reader);
  reader.finish();
  return arguments;
}

/// Returns `{"class_name": class_name, "config": arguments}`, Keras's format of a serialized object.
LAMINA_COLD inline Config named_config(std::string_view class_name, Config arguments) {
  Config c;
  c["class_name"] = class_name;
  c["config"] = std::move(arguments);
  return c;
}

}  // namespace lamina
