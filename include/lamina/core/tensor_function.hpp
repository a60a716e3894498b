#pragma once
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "lamina/core/strategy.hpp"
#include "lamina/core/tensor.hpp"

// Functions of a tensor as options, before the scalar is known: regularizers and constraints.

namespace lamina {

/// A function from tensor to tensor, for float and double: the base of strategies that are given before the scalar is
/// known.
struct TensorFunction {
  using StrategyBase = const TensorFunction;
  virtual ~TensorFunction() = default;
  /// The name of the class and its arguments, for configurations. A plain function has neither.
  virtual std::string class_name() const = 0;
  virtual Config get_config() const = 0;
  /// The function for tensors of one scalar; empty if it does not compute in it.
  virtual std::function<Tensor<float>(const Tensor<float>&)> for_scalar(float) const = 0;
  virtual std::function<Tensor<double>(const Tensor<double>&)> for_scalar(double) const = 0;
};

namespace detail {

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
      raise<ValueError>("a function has no configuration. Make it a class with class_name, Arguments and arguments, ",
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

/// Takes any callable from tensor to tensor.
struct AdaptsTensorFunctions {
  template <class Function>
    requires(std::is_invocable_v<const Function&, const Tensor<float>&> ||
             std::is_invocable_v<const Function&, const Tensor<double>&>)
  static std::shared_ptr<const TensorFunction> adapt(Function function) {
    return std::make_shared<const TensorFunctionOf<Function>>(std::move(function));
  }
};

/// The function that an option gives, for tensors of S; empty if none was given.
template <class S, class Argument>
std::function<Tensor<S>(const Tensor<S>&)> resolve_function(const Argument& argument) {
  const std::shared_ptr<const TensorFunction> function = argument.resolve();
  if (function == nullptr) return nullptr;
  auto result = function->for_scalar(S());
  if (!result)
    raise<ValueError>("a function given to a layer computes in another scalar than the layer. Write it for any: ",
                      "[](const auto& x) { ... }");
  return result;
}

}  // namespace detail

/// Registers a custom regularizer or constraint by name, as register_custom_object does with whole classes. Its class
/// has a static `class_name()` and, if it has arguments, their struct `Arguments` and the member `arguments()`.
template <class Function>
void register_custom_function(const std::string& name) {
  register_custom_object<detail::TensorFunctionOf<Function>>(name);
}

}  // namespace lamina
