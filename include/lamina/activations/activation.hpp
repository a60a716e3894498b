#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "lamina/activations/functions.hpp"
#include "lamina/core/describing_weights.hpp"

namespace lamina {

template <class Scalar>
class SymbolicTensor;

/// An activation function: a Keras name, a struct of namespace `activations`, or any callable from tensor to tensor.
/// `keras.activations.get`.
///
///     Activation<float> a("relu"), b(activations::LeakyRelu{.negative_slope = 0.3}),
///         c([](const auto& x) { return x * sigmoid(x); }), d;   // d: linear
///     a(x);
///
/// It is also the layer that applies the function: in a list of layers, `Sequential{Dense(8), Activation("relu")}`, and
/// on symbolic tensors, `x | Activation("relu")` or `a(x)`. `register_activation` names a user-defined function.
///
/// **Names.** A string literal is looked up at compile time, and only the function that it names is compiled. Pass a
/// name that is known only at run time as a std::string. A literal that a template forwards is no longer a constant:
/// pass `ActivationArgument("relu")`, as in `std::make_shared<Dense<float>>(8, ActivationArgument("relu"))`.
///
/// Throws ValueError for an unknown name, with the most similar name as a hint, when the activation is first called or
/// passed to a layer.
template <class Scalar = float>
class Activation {
 public:
  /// The scalar type of its tensors.
  using scalar_type = Scalar;
  /// A function from tensor to tensor.
  using Function = std::function<Tensor<Scalar>(const Tensor<Scalar>&)>;

  /// The linear activation, y = x.
  constexpr Activation() noexcept {}
  /// The activation with this Keras name, looked up at compile time.
  template <std::size_t N>
  consteval Activation(const char (&name)[N])  // NOLINT: implicit, so that options accept names
      : Activation(activations::find_function<Scalar, N - 1>(std::string_view(name, N - 1)), name) {}
  /// The activation with this Keras or registered name, looked up at run time. Throws ValueError for an unknown name.
  template <class String>
    requires(std::is_same_v<String, std::string> || std::is_same_v<String, const char*>)
  Activation(const String& name)  // NOLINT
  {
    const activations::Found<Scalar> found = activations::find_function<Scalar, 0>(name);
    *this = found.known ? Activation(found, nullptr) : registered(name, Config::map());
  }
  /// A callable. If it has a `class_name()`, as the structs of namespace `activations`, its configuration is this name
  /// with its `fields`; otherwise its name is "custom" and it has no configuration.
  template <class F>
    requires(std::is_invocable_v<const F&, const Tensor<Scalar>&> && !std::is_same_v<F, Activation>)
  Activation(F function) {  // NOLINT: implicit, so that options accept functions
    if constexpr (requires { function.class_name(); })
      *this = named(std::move(function), function.class_name(), F{});
    else
      owner_ = new Owner{std::move(function), "custom", {}, false};
  }
  /// A callable with a name for display; it has no configuration.
  template <class F>
    requires(std::is_invocable_v<const F&, const Tensor<Scalar>&>)
  Activation(F function, std::string name) : owner_(new Owner{std::move(function), std::move(name), {}, false}) {}

  constexpr Activation(const Activation& other)
      : function_(other.function_),
        name_(other.name_),
        owner_(other.owner_ == nullptr ? nullptr : new Owner(*other.owner_)) {}
  constexpr Activation(Activation&& other) noexcept
      : function_(other.function_), name_(other.name_), owner_(std::exchange(other.owner_, nullptr)) {}
  /// Assigns another activation.
  constexpr Activation& operator=(Activation other) noexcept {
    std::swap(function_, other.function_);
    std::swap(name_, other.name_);
    std::swap(owner_, other.owner_);
    return *this;
  }
  constexpr ~Activation() {
    if (owner_ != nullptr) delete owner_;
  }

  /// Applies the activation. Throws ValueError if its name is unknown.
  Tensor<Scalar> operator()(const Tensor<Scalar>& x) const {
    if (function_ != nullptr) return function_(x);
    if (owner_ != nullptr) return owner_->function(x);
    return is_linear() ? x : resolve()(x);
  }
  /// Adds the layer that applies the activation to the graph of a symbolic tensor.
  template <std::same_as<SymbolicTensor<Scalar>> Symbol>
  Symbol operator()(const Symbol& x) const {
    return symbolic_activation(*this, x);  // defined in layers/core/activation.hpp
  }
  /// Returns Keras's name of the activation; "custom" for a function without a name.
  LAMINA_COLD std::string_view name() const noexcept {
    if (owner_ != nullptr) return owner_->name;
    return name_ == nullptr ? "linear" : name_;
  }
  /// Returns whether the activation is linear: y = x.
  constexpr bool is_linear() const noexcept { return name_ == nullptr && owner_ == nullptr; }
  /// Returns whether the activation is max(x, 0), which some layers fuse with their output.
  bool is_relu() const noexcept { return function_ != nullptr && std::string_view(name_) == "relu"; }

  /// Returns the activation with its registered name resolved to a function. Throws ValueError for an unknown name.
  LAMINA_COLD Activation resolve() const {
    const bool known = function_ != nullptr || owner_ != nullptr || name_ == nullptr;
    return known ? *this : registered(name_, Config::map());
  }

  /// Returns the configuration: the name, or, if arguments differ from their defaults, `{"class_name": ..., "config":
  /// {...}}`. Throws ValueError for a function without a registered name.
  LAMINA_COLD Config to_config() const {
    if (owner_ == nullptr) return Config(name());
    if (!owner_->has_config && !detail::DescribingWeights::active())
      raise<ValueError>("activation \"", owner_->name, "\": the function has no configuration. Call ",
                        "register_activation(\"my_name\", function), and pass \"my_name\" to the layer.");
    return owner_->arguments.is_null() ? Config(owner_->name) : named_config(owner_->name, owner_->arguments);
  }
  /// Returns the activation of a configuration that `to_config` returned; null is linear. Throws ValueError for an
  /// unknown name or argument.
  static Activation from_config(const Config& config) {
    Activation made;
    if (!made.read(config)) activations::Table::raise_unknown("activation", name_in(config));
    return made;
  }

 private:
  friend class ActivationArgument;
  template <class F>
  friend void register_activation(const std::string& name, F function);
  using Registered = detail::CustomObjects<const Activation>;
  struct Owner {
    Function function;
    std::string name;
    Config arguments;  // null if all are the defaults
    bool has_config = true;
  };

  /// The function found in the table; if none, the name `unknown`, which is looked up on the first call.
  constexpr Activation(const activations::Found<Scalar>& found, const char* unknown)
      : function_(found.function), name_(found.known ? found.name : unknown) {
    if (found.known && std::string_view(found.name) == "linear") {
      function_ = nullptr;
      name_ = nullptr;
    }
  }
  /// A function with a name. Its configuration has arguments only if they differ from those of `standard`.
  template <class F>
  static Activation named(F function, const char* name, const F& standard) {
    Config arguments;
    if constexpr (activations::has_arguments<F>) {
      arguments = arguments_of(function);
      if (!std::is_same_v<F, activations::Threshold> && arguments == arguments_of(standard)) arguments = Config();
    }
    if constexpr (std::is_same_v<F, activations::Linear>) return Activation();
    Activation made;
    if constexpr (std::is_same_v<F, activations::Relu>) {
      if (arguments.is_null()) {
        made.function_ = activations::with_defaults<F, Scalar>;
        made.name_ = activations::Relu::class_name();
        return made;
      }
    }
    made.owner_ = new Owner{std::move(function), name, std::move(arguments), true};
    return made;
  }
  template <class F>
  static Config arguments_of(const F& function) {
    ArgumentWriter writer;
    F::fields(function, writer);
    return std::move(writer).take();
  }

  LAMINA_COLD static Activation registered(std::string_view name, const Config& arguments) {
    const auto make = Registered::find(name);
    if (!make) activations::Table::raise_unknown("activation", name);
    return *(*make)(arguments);
  }

  static bool is_function_by_name(const Config& config) {
    // Keras's format of a registered function is {"class_name": "function", "config": its name}.
    const Config* arguments = config.find("config");
    return arguments != nullptr && arguments->is_string() && config.at("class_name").as_string() == "function";
  }
  static const std::string& name_in(const Config& config) {
    if (config.is_string()) return config.as_string();
    return is_function_by_name(config) ? config.at("config").as_string() : config.at("class_name").as_string();
  }
  /// Reads a configuration; returns false for an unknown name.
  bool read(const Config& config) {
    if (config.is_null()) return true;
    const std::string& name = name_in(config);
    const Config* given = config.is_string() || is_function_by_name(config) ? nullptr : config.find("config");
    const Config arguments = given == nullptr || given->is_null() ? Config::map() : *given;
    if (activations::make_function(
            name, arguments, [this]<class F>(F function) { *this = named(std::move(function), F::class_name(), F{}); }))
      return true;
    const auto make = Registered::find(name);
    if (make) *this = *(*make)(arguments);
    return make != nullptr;
  }

  activations::Function<Scalar> function_ = nullptr;
  const char* name_ = nullptr;
  Owner* owner_ = nullptr;
};

/// `Activation("relu")` is an Activation<float>.
template <class Given>
Activation(Given) -> Activation<float>;
/// A copy has the scalar type of the original.
template <class S>
Activation(Activation<S>) -> Activation<S>;

LAMINA_COMPILED_CLASS(Activation);

/// Registers a function under a name, for `Activation`, options of layers, and loaded models. The members that its
/// `fields` lists are arguments in configurations; their defaults are the values of `function`. See
/// activations/functions.hpp. `keras.saving.register_keras_serializable`.
///
///     register_activation("my_swish", [](const auto& x) { return x * sigmoid(x); });
///     Dense(8, "my_swish")
template <class F>
void register_activation(const std::string& name, F function) {
  const auto add = [&]<class S>(S) {
    if constexpr (std::is_invocable_v<const F&, const Tensor<S>&>)
      Activation<S>::Registered::add(name, [name, function](const Config& arguments) {
        return std::make_shared<const Activation<S>>(
            Activation<S>::named(activations::from_arguments(function, name, arguments), name.c_str(), function));
      });
  };
  add(float());
  add(double());
}

/// An activation in the options of a layer, for a scalar type that the layer chooses.
class ActivationArgument {
 public:
  /// The linear activation.
  constexpr ActivationArgument() noexcept {}
  /// The activation with this Keras name, looked up at compile time.
  template <std::size_t N>
  consteval ActivationArgument(const char (&name)[N]) : single_(name), double_(name) {}  // NOLINT
  /// A name, an Activation or a callable from tensor to tensor.
  template <class Given>
    requires(!std::is_same_v<std::remove_cvref_t<Given>, ActivationArgument>)
  ActivationArgument(Given&& given) {  // NOLINT: implicit, so that options accept names and functions
    if constexpr (std::is_constructible_v<Activation<float>, Given&>) single_ = Activation<float>(given);
    if constexpr (std::is_constructible_v<Activation<double>, Given&>) double_ = Activation<double>(given);
    static_assert(
        std::is_constructible_v<Activation<float>, Given&> || std::is_constructible_v<Activation<double>, Given&>,
        "activation: expected a Keras name, an Activation, or a callable from Tensor<S> to Tensor<S>");
  }

  /// Returns the activation for scalar type S. Throws ValueError for an unknown name, or for a function that accepts
  /// only tensors of the other scalar type.
  template <class S>
  LAMINA_COLD Activation<S> resolve() const {
    constexpr bool single = std::is_same_v<S, float>;
    if (single ? only_double() : only_single())
      raise<ValueError>("activation: expected a function of Tensor<", single ? "float" : "double",
                        ">, got one of Tensor<", single ? "double" : "float",
                        ">. Make it generic: [](const auto& x) { ... }");
    if constexpr (single)
      return single_.resolve();
    else
      return double_.resolve();
  }

  /// Returns the configuration; see Activation::to_config.
  LAMINA_COLD Config to_config() const { return only_double() ? double_.to_config() : single_.to_config(); }
  /// Reads a configuration; see Activation::from_config. A template, so that programs that read none do not compile all
  /// activations.
  template <std::same_as<Config> C>
  LAMINA_COLD void from_config(const C& config) {
    ActivationArgument read;
    const bool single = read.single_.read(config), twice = read.double_.read(config);
    if (!single && !twice) activations::Table::raise_unknown("activation", Activation<float>::name_in(config));
    *this = std::move(read);
  }

 private:
  bool only_single() const noexcept { return double_.is_linear() && !single_.is_linear(); }
  bool only_double() const noexcept { return single_.is_linear() && !double_.is_linear(); }

  Activation<float> single_;
  Activation<double> double_;
};

}  // namespace lamina
