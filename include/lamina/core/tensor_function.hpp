#pragma once
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "lamina/core/strategy.hpp"
#include "lamina/core/tensor.hpp"

// Options that are functions of a tensor and independent of the scalar type: regularizers and constraints.

namespace lamina {

/// A function from tensor to tensor for float and double: the base class of strategies that do not depend on the scalar
/// type.
struct TensorFunction {
  using StrategyBase = const TensorFunction;  ///< The base class, for registration.
  virtual ~TensorFunction() = default;
  /// The class name, for configurations. Throws ValueError for a plain function.
  virtual std::string class_name() const = 0;
  /// The arguments, for configurations.
  virtual Config get_config() const = 0;
  /// The function for float tensors; empty if it does not accept them.
  virtual std::function<Tensor<float>(const Tensor<float>&)> for_scalar(float) const = 0;
  /// The function for double tensors; empty if it does not accept them.
  virtual std::function<Tensor<double>(const Tensor<double>&)> for_scalar(double) const = 0;
};

namespace detail {

/// A callable as a TensorFunction.
template <class Function>
struct TensorFunctionOf : TensorFunction {
  TensorFunctionOf() = default;
  explicit TensorFunctionOf(Function f) : function(std::move(f)) {}
  static TensorFunctionOf from_config(const Config& config) {
    return TensorFunctionOf(
        Function(arguments_from<typename Function::Arguments>(Function::class_name(), config, {"name"})));
  }
  std::string class_name() const override {
    if constexpr (requires { Function::class_name(); })
      return Function::class_name();
    else
      raise<ValueError>(
          "a function has no configuration. Write it as a class with class_name, Arguments and arguments, ",
          "and register it with register_custom_function.");
  }
  Config get_config() const override {
    if constexpr (requires { typename Function::Arguments; })
      return config_of(function.arguments());
    else
      return Config::map();
  }
  std::function<Tensor<float>(const Tensor<float>&)> for_scalar(float) const override {
    if constexpr (std::is_invocable_v<const Function&, const Tensor<float>&>) return function;
    return nullptr;
  }
  std::function<Tensor<double>(const Tensor<double>&)> for_scalar(double) const override {
    if constexpr (std::is_invocable_v<const Function&, const Tensor<double>&>) return function;
    return nullptr;
  }
  Function function;
};

/// Adapts any callable from tensor to tensor.
struct AdaptsTensorFunctions {
  template <class Function>
    requires(std::is_invocable_v<const Function&, const Tensor<float>&> ||
             std::is_invocable_v<const Function&, const Tensor<double>&>)
  static std::shared_ptr<const TensorFunction> adapt(Function function) {
    return std::make_shared<const TensorFunctionOf<Function>>(std::move(function));
  }
};

/// Returns the function of an option for tensors of S; empty if none was given. Throws ValueError if it does not accept
/// them.
template <class S, class Argument>
std::function<Tensor<S>(const Tensor<S>&)> resolve_function(const Argument& argument) {
  const std::shared_ptr<const TensorFunction> function = argument.resolve();
  if (function == nullptr) return nullptr;
  auto result = function->for_scalar(S());
  if (!result)
    raise<ValueError>("the function does not accept tensors of the layer's scalar type (",
                      sizeof(S) == 4 ? "float" : "double", "). Make it generic: [](const auto& x) { ... }");
  return result;
}

}  // namespace detail

/// Registers a custom regularizer or constraint under a name, as `register_custom_object` registers classes. The class
/// has a static `class_name()` and, if it has arguments, a struct `Arguments` and a member function `arguments()`.
template <class Function>
void register_custom_function(const std::string& name) {
  register_custom_object<detail::TensorFunctionOf<Function>>(name);
}

}  // namespace lamina
