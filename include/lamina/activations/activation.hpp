#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "lamina/activations/functions.hpp"

namespace lamina {

template <class Scalar>
class SymbolicTensor;

/// A function applied to a layer's result: a Keras name, one of `activations::`, or any callable from tensor to tensor.
///
///     Activation<float> a("relu"), b(activations::LeakyRelu{.negative_slope = 0.3}),
///         c([](const auto& x) { return x * sigmoid(x); }), d;   // d: linear
///     a(x);
///
/// It stands for the layer that applies it in a list of layers, `Sequential{Dense(8), Activation("relu")}`, and on
/// symbolic tensors: `x | Activation("relu")`, `a(x)`. A user-defined function has a name after
/// `register_activation`. A name that is written in the program is looked up while
/// it is compiled, and only what it names is compiled with it; one known only when the program runs is a std::string.
/// Where a template passes a name on, it is no constant any more, and is written as an object:
/// `std::make_shared<Dense<float>>(8, ActivationArgument("relu"))`.
/// An unknown name is a ValueError that suggests the nearest, raised where the activation is first used or given to a
/// layer.
template <class Scalar = float>
class Activation {
 public:
  using scalar_type = Scalar;
  using Function = std::function<Tensor<Scalar>(const Tensor<Scalar>&)>;

  /// Linear: y = x.
  constexpr Activation() noexcept {}
  template <std::size_t N>
  consteval Activation(const char (&name)[N])  // NOLINT: names stand for activations
      : Activation(activations::find_function<Scalar, N - 1>(std::string_view(name, N - 1)), name) {}
  template <class String>
    requires(std::is_same_v<String, std::string> || std::is_same_v<String, const char*>)
  Activation(const String& name)  // NOLINT
  {
    const activations::Found<Scalar> found = activations::find_function<Scalar, 0>(name);
    *this = found.known ? Activation(found, nullptr) : registered(name, Config::map());
  }
  /// A function object with a `class_name()` has a configuration: this name, and its `fields`.
  template <class F>
    requires(std::is_invocable_v<const F&, const Tensor<Scalar>&> && !std::is_same_v<F, Activation>)
  Activation(F function) {  // NOLINT: callables stand for activations
    if constexpr (requires { function.class_name(); })
      *this = named(std::move(function), function.class_name(), F{});
    else
      owner_ = new Owner{std::move(function), "custom", {}, false};
  }
  template <class F>
    requires(std::is_invocable_v<const F&, const Tensor<Scalar>&>)
  Activation(F function, std::string name) : owner_(new Owner{std::move(function), std::move(name), {}, false}) {}

  constexpr Activation(const Activation& other)
      : function_(other.function_),
        name_(other.name_),
        owner_(other.owner_ == nullptr ? nullptr : new Owner(*other.owner_)) {}
  constexpr Activation(Activation&& other) noexcept
      : function_(other.function_), name_(other.name_), owner_(std::exchange(other.owner_, nullptr)) {}
  constexpr Activation& operator=(Activation other) noexcept {
    std::swap(function_, other.function_);
    std::swap(name_, other.name_);
    std::swap(owner_, other.owner_);
    return *this;
  }
  constexpr ~Activation() {
    if (owner_ != nullptr) delete owner_;
  }

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
  /// Keras's name; "custom" for a function without one.
  LAMINA_COLD std::string_view name() const noexcept {
    if (owner_ != nullptr) return owner_->name;
    return name_ == nullptr ? "linear" : name_;
  }
  constexpr bool is_linear() const noexcept { return name_ == nullptr && owner_ == nullptr; }
  /// Whether it is max(x, 0), which some layers have as a part of another pass.
  bool is_relu() const noexcept { return function_ != nullptr && std::string_view(name_) == "relu"; }

  /// The activation itself, where a name was given that was registered; an unknown name is an error.
  LAMINA_COLD Activation resolve() const {
    const bool known = function_ != nullptr || owner_ != nullptr || name_ == nullptr;
    return known ? *this : registered(name_, Config::map());
  }

  /// Its name, or, with arguments other than the defaults, `{"class_name": ..., "config": {...}}`. A function without a
  /// name has none: a ValueError.
  LAMINA_COLD Config to_config() const {
    if (owner_ == nullptr) return Config(name());
    if (!owner_->has_config)
      raise<ValueError>("the activation \"", owner_->name, "\" is a function without a configuration. Make it known ",
                        "with register_activation(\"my_name\", function), and give the layer this name.");
    return owner_->arguments.is_null() ? Config(owner_->name) : named_config(owner_->name, owner_->arguments);
  }
  /// From what `to_config` gives, or null, which is linear.
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
    Config arguments;  // null where they are the defaults
    bool has_config = true;
  };

  /// What the table has; where it has nothing, a name that is looked up when it is needed.
  constexpr Activation(const activations::Found<Scalar>& found, const char* unknown)
      : function_(found.function), name_(found.known ? found.name : unknown) {
    if (found.known && std::string_view(found.name) == "linear") {
      function_ = nullptr;
      name_ = nullptr;
    }
  }
  /// A function with a name; its configuration has arguments only where they are not those of `standard`.
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
    // Keras writes a registered function as {"class_name": "function", "config": its name}.
    const Config* arguments = config.find("config");
    return arguments != nullptr && arguments->is_string() && config.at("class_name").as_string() == "function";
  }
  static const std::string& name_in(const Config& config) {
    if (config.is_string()) return config.as_string();
    return is_function_by_name(config) ? config.at("config").as_string() : config.at("class_name").as_string();
  }
  /// False where nothing has the name.
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

template <class Given>
Activation(Given) -> Activation<float>;
template <class S>
Activation(Activation<S>) -> Activation<S>;

LAMINA_COMPILED_CLASS(Activation);

/// Makes a function known by name: to `Activation`, to layers' options, and to configurations read back. Its members
/// that `fields` names are its arguments, with the values of `function` as their defaults; see
/// activations/functions.hpp.
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

/// An activation given to a layer's options, before the layer's scalar is known.
class ActivationArgument {
 public:
  constexpr ActivationArgument() noexcept {}
  template <std::size_t N>
  consteval ActivationArgument(const char (&name)[N]) : single_(name), double_(name) {}  // NOLINT
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
  LAMINA_COLD Activation<S> resolve() const {
    constexpr bool single = std::is_same_v<S, float>;
    if (single ? only_double() : only_single())
      raise<ValueError>("this activation computes in another scalar than the layer. Write it for any: ",
                        "[](const auto& x) { ... }");
    if constexpr (single)
      return single_.resolve();
    else
      return double_.resolve();
  }

  /// As Activation has it.
  LAMINA_COLD Config to_config() const { return only_double() ? double_.to_config() : single_.to_config(); }
  template <std::same_as<Config> C>  // a template, as all activations are compiled with it
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
