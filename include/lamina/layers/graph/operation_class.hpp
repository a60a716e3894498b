#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lamina/core/arguments.hpp"
#include "lamina/layers/base/call_signature.hpp"
#include "lamina/ops/get_item.hpp"
#include "lamina/ops/reductions.hpp"

// The names, parameters and options of Keras's operations, and the functions that read the options. Nothing here
// depends on the scalar type. The functions are templates, so that a program compiles only those that it calls.

namespace lamina {

/// An operand of an operation: a tensor or a constant.
struct OperationOperand {
  bool is_tensor = true;  ///< True for a tensor of the graph, false for a constant.
  Config value = {};      ///< Value of the constant: a number, a list of numbers or an index; null for a tensor.
};

/// The arguments of an Operation.
struct OperationArguments {
  std::string operation = {};     ///< Keras's class name, such as "TrueDivide".
  Config config = Config::map();  ///< Options under Keras's names, such as {"axis": 1}.
  /// Operands in order. Default: one tensor for each required parameter.
  std::vector<OperationOperand> operands = {};
};

namespace detail {

/// The options of an operation, read from its configuration.
struct OperationSettings {
  enum class Type { real, integer, boolean };
  Type type = Type::real;
  ReduceOptions reduce = {};
  std::optional<double> initial = std::nullopt;
  std::vector<Index> axes = {};
  bool has_axes = false;
  Index axis = -1, other_axis = 0, count = 0;
  bool keepdims = false;
  Shape shape = {};
  std::vector<Index> positions = {};
  double low = 0, high = 0;
  std::string equation = {};
  std::vector<Subscript> index = {};
  std::shared_ptr<const void> function = nullptr;  // an activation; the operation casts it to its class
};

/// Reads the options of an operation and its constant operands.
struct OperationReader {
  ArgumentReader& field;
  const Config& config;
  std::vector<Config> constants;
  OperationSettings& settings;

  /// Reads one axis or several; null stands for no axes.
  template <int = 0>
  void read_axes(const char* name) {
    Config axis;
    field(name, axis);
    settings.has_axes = !axis.is_null();
    settings.axes.clear();
    if (axis.is_null()) return;
    if (axis.is_list() && axis.size() == 0)
      raise<ValueError>("the argument \"", name, "\": expected at least one axis, got []");
    integers_from_config(axis, settings.axes);
  }
  /// Reads exactly one axis.
  template <int = 0>
  void read_axis(const char* name, Index otherwise) {
    settings.axis = otherwise;
    field(name, settings.axis);
  }
  /// Reads a shape. One size can be -1 or null; the operation computes it from the other sizes.
  template <int = 0>
  void read_shape(const char* name) {
    Config sizes;
    field.required(name, sizes);
    settings.shape = Shape();
    if (sizes.is_list()) {
      for (const Config& size : sizes.elements())
        settings.shape.push_back(size.is_null() ? -1 : size.as_integer<Index>());
    } else {
      settings.shape.push_back(sizes.as_integer<Index>());
    }
  }
  /// Throws a ValueError unless an option that is not supported has its default value.
  template <int = 0>
  void require_default(const char* name, const Config& standard = Config()) {
    Config given = standard;
    field(name, given);
    if (given != standard)
      raise<ValueError>("the argument \"", name, "\": other values are not supported: expected ", standard.to_string(),
                        ", got ", given.to_string());
  }
};

/// A class of operations: Keras's name and module, the signature of its call, and the function that reads its options.
struct OperationClass {
  const char* name;
  const char* module;
  const char* signature;
  void (*read)(OperationReader&);
};

inline constexpr const char* keras_numpy = "keras.src.ops.numpy";
inline constexpr const char* keras_nn = "keras.src.ops.nn";
inline constexpr const char* keras_core = "keras.src.ops.core";
inline constexpr const char* keras_math = "keras.src.ops.math";

// The functions that read the options of each family.

template <int = 0>
void read_no_options(OperationReader&) {}
template <int = 0>
void read_reduction(OperationReader& r) {
  r.read_axes("axis");
  r.field("keepdims", r.settings.keepdims);
  r.settings.reduce = {.axes = r.settings.axes, .keepdims = r.settings.keepdims};
}
template <int = 0>
void read_extreme(OperationReader& r) {
  read_reduction(r);
  r.field("initial", r.settings.initial);
}
template <int = 0>
void read_last_axis(OperationReader& r) {
  r.read_axis("axis", -1);
}
template <int = 0>
void read_first_axis(OperationReader& r) {
  r.read_axis("axis", 0);
}
/// Reads one axis; null stands for the flattened tensor.
template <int = 0>
void read_optional_axis(OperationReader& r) {
  r.read_axes("axis");
  if (r.settings.axes.size() > 1)
    raise<ValueError>("the argument \"axis\": expected one axis, got ", r.settings.axes.size());
  if (r.settings.has_axes) r.settings.axis = r.settings.axes.front();
}
template <int = 0>
void read_optional_axis_kept(OperationReader& r) {
  read_optional_axis(r);
  r.field("keepdims", r.settings.keepdims);
}
template <int = 0>
void read_axes_alone(OperationReader& r) {
  r.read_axes("axis");
}
/// Reads an element type. All tensors have floating-point elements: integers have no fraction, booleans are 0 or 1.
template <int = 0>
void read_type(OperationReader& r) {
  Config type;
  r.field("dtype", type);
  if (type.is_null()) return;
  const std::string_view name = type.as_string();
  const auto begins = [&](std::string_view with) { return name.substr(0, with.size()) == with; };
  if (begins("float") || begins("bfloat"))
    r.settings.type = OperationSettings::Type::real;
  else if (begins("int") || begins("uint"))
    r.settings.type = OperationSettings::Type::integer;
  else if (name == "bool")
    r.settings.type = OperationSettings::Type::boolean;
  else
    raise<ValueError>("the argument \"dtype\": expected a floating-point, integer or boolean type, got \"", name, "\"");
}
template <int = 0>
void read_bounds(OperationReader& r) {
  r.field.required("x_min", r.settings.low);
  r.field.required("x_max", r.settings.high);
}

/// Returns the options of a reduction as Keras writes them: one axis, a list of axes, or null for all axes.
template <int = 0>
Config reduction_config(const ReduceOptions& options) {
  Config config = Config::map();
  config["axis"] = options.axes.empty()       ? Config()
                   : options.axes.size() == 1 ? Config(options.axes.front())
                                              : argument_to_config(options.axes);
  config["keepdims"] = options.keepdims;
  return config;
}
template <int = 0>
Config extreme_config(const ReduceOptions& options) {
  Config config = reduction_config(options);
  config["initial"] = Config();
  return config;
}

/// Reads one subscript as Keras writes it: an integer, null for a new axis, `__ellipsis__` or `__slice__`.
template <int = 0>
Subscript subscript_from_config(const Config& c) {
  if (c.is_null()) return newaxis;
  if (has_class(c, "__ellipsis__")) return ellipsis;
  if (!has_class(c, "__slice__")) return c.as_integer<Index>();
  const Config& range = c.at("config");
  Slice slice;
  argument_from_config(range.at("start"), slice.start);
  argument_from_config(range.at("stop"), slice.stop);
  std::optional<Index> step;
  argument_from_config(range.at("step"), step);
  slice.step = step.value_or(1);
  return slice;
}
/// The inverse of subscript_from_config.
template <int = 0>
Config subscript_to_config(const Subscript& s) {
  if (s.kind() == Subscript::Kind::position) return s.position();
  if (s.kind() == Subscript::Kind::new_axis) return {};
  if (s.kind() == Subscript::Kind::remaining_axes) return named_config("__ellipsis__", Config::map());
  Config range = Config::map();
  range["start"] = argument_to_config(s.slice().start);
  range["stop"] = argument_to_config(s.slice().stop);
  range["step"] = s.slice().step == 1 ? Config() : Config(s.slice().step);
  return named_config("__slice__", std::move(range));
}
template <int = 0>
Config axes_config(const std::vector<Index>& axes) {
  Config config = Config::map();
  config["axis"] = axes.empty() ? Config() : axes.size() == 1 ? Config(axes.front()) : argument_to_config(axes);
  return config;
}
/// Returns the subscripts of the block at `begin` with this size, where -1 means the remaining elements of the axis.
/// The shape can have axes None. Throws a ShapeError for a block outside of the shape.
template <int = 0>
std::vector<Subscript> index_of_block(const Shape& shape, const Shape& begin, const Shape& size) {
  if (begin.rank() != shape.rank() || size.rank() != shape.rank())
    raise<ShapeError>("slice: expected a begin and a size for each of the ", shape.rank(), " axes of shape ", shape,
                      ", got ", begin, " and ", size);
  std::vector<Subscript> index;
  for (Index i = 0; i < shape.rank(); ++i) {
    const bool open = size[i] == -1, known = shape[i] != unknown_size;
    if (begin[i] < 0 || size[i] < -1 || (known && begin[i] + (open ? 0 : size[i]) > shape[i]))
      raise<ShapeError>("slice: expected a block inside of shape ", shape, ", got begin ", begin, " and size ", size);
    Slice slice;
    if (begin[i] > 0) slice.start = begin[i];
    if (!open && !(known && begin[i] + size[i] == shape[i])) slice.stop = begin[i] + size[i];
    index.push_back(slice);
  }
  return index;
}
template <int = 0>
void read_index(OperationReader& r) {
  const Config& key = r.constants.at(0);
  if (!key.is_list()) {
    r.settings.index = {subscript_from_config(key)};
    return;
  }
  for (const Config& element : key.elements()) r.settings.index.push_back(subscript_from_config(element));
}

}  // namespace detail

}  // namespace lamina
