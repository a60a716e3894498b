#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "lamina/activations/functions.hpp"

namespace lamina {

/// A function applied to a layer's result: a Keras name, or any callable from tensor to tensor.
///
///     Activation<float> a("relu"), b, c([](const auto& x) { return x * sigmoid(x); });   // b: linear
///     a(x);
///
/// In a list of layers it stands for the layer that applies it: `Sequential{Dense(8), Activation("relu")}`.
template <class Scalar = float>
class Activation {
 public:
  using scalar_type = Scalar;
  using Function = std::function<Tensor<Scalar>(const Tensor<Scalar>&)>;

  /// Linear: y = x.
  Activation() = default;
  template <std::size_t N>
  Activation(const char (&name)[N]) : Activation(std::integral_constant<std::size_t, N - 1>(), name) {}  // NOLINT
  template <class String>
  requires(std::is_same_v<String, std::string> || std::is_same_v<String, const char*>) Activation(const String& name)
      : Activation(std::integral_constant<std::size_t, 0>(), name) {}  // NOLINT
  template <class F>
  requires(std::is_invocable_v<const F&, const Tensor<Scalar>&> && !std::is_same_v<F, Activation>)
      Activation(F function, std::string name = "custom")  // NOLINT: callables stand for activations
      : name_(std::move(name)), function_(std::move(function)) {}

  Tensor<Scalar> operator()(const Tensor<Scalar>& x) const { return function_ ? function_(x) : x; }
  const std::string& name() const noexcept { return name_; }
  bool is_linear() const noexcept { return !function_; }

 private:
  template <std::size_t length>
  Activation(std::integral_constant<std::size_t, length>, std::string_view name) {
    if (same_name("linear", name)) return;
    function_ = activations::Table::find<Scalar, length>(name);
    name_ = to_snake_case(name);
  }
  std::string name_ = "linear";
  Function function_;
};

/// An activation given to a layer's options, before the layer's scalar is known.
class ActivationArgument {
 public:
  ActivationArgument() = default;
  template <class Given>
  requires(!std::is_same_v<std::remove_cvref_t<Given>, ActivationArgument>)
      ActivationArgument(Given&& given) {  // NOLINT: a name, an Activation or a function stands for one
    if constexpr (std::is_constructible_v<Activation<float>, Given&>) single_ = Activation<float>(given);
    if constexpr (std::is_constructible_v<Activation<double>, Given&>) double_ = Activation<double>(given);
    static_assert(
        std::is_constructible_v<Activation<float>, Given&> || std::is_constructible_v<Activation<double>, Given&>,
        "an activation is a Keras name, or a function from tensor to tensor");
  }

  template <class S>
  Activation<S> resolve() const {
    constexpr bool single = std::is_same_v<S, float>;
    if (single ? single_.is_linear() && !double_.is_linear() : double_.is_linear() && !single_.is_linear())
      raise<ValueError>("this activation computes in another scalar than the layer. Write it for any: ",
                        "[](const auto& x) { ... }");
    if constexpr (single)
      return single_;
    else
      return double_;
  }

 private:
  Activation<float> single_;
  Activation<double> double_;
};

}  // namespace lamina
