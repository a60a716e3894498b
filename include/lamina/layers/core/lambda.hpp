#pragma once
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "lamina/activations/activation.hpp"
#include "lamina/core/describing_weights.hpp"
#include "lamina/core/strategy.hpp"
#include "lamina/layers/base/layer.hpp"

namespace lamina {

template <class Scalar>
class Lambda;

namespace detail {

/// A function that is registered for Lambda layers, with its arguments.
template <class S>
struct LambdaFunction {
  std::function<Tensor<S>(const Tensor<S>&)> function;
};

/// Registers a function for one scalar type, if it accepts tensors of that type.
template <class S, class F>
void register_lambda_for(const std::string& name, const F& function) {
  CustomObjects<LambdaFunction<S>>::add(name, [function](const Config& arguments) {
    LambdaFunction<S> made;
    if constexpr (std::is_invocable_v<const F&, const Tensor<S>&, const Config&>)
      made.function = [function, arguments](const Tensor<S>& x) -> Tensor<S> { return function(x, arguments); };
    else
      made.function = function;
    return std::make_shared<LambdaFunction<S>>(std::move(made));
  });
}

}  // namespace detail

/// Registers the function of Lambda layers under a name, so that they can be saved and loaded. The function takes a tensor
/// (float, double, or both: a generic lambda), or a tensor and the arguments of the layer. Keras:
/// `keras.saving.register_keras_serializable`, whose names are "package>name".
///
///     register_lambda("my>scaled_tanh", [](const auto& x, const Config& arguments) {
///       return tanh(x) * arguments.at("factor").as_real();
///     });
///     Lambda<float> layer("my>scaled_tanh", {.arguments = ...});
template <class F>
void register_lambda(const std::string& name, const F& function) {
  constexpr bool of_float = std::is_invocable_v<const F&, const Tensor<float>&> ||
                            std::is_invocable_v<const F&, const Tensor<float>&, const Config&>;
  constexpr bool of_double = std::is_invocable_v<const F&, const Tensor<double>&> ||
                             std::is_invocable_v<const F&, const Tensor<double>&, const Config&>;
  static_assert(of_float || of_double, "register_lambda: expected a function of a tensor, or of a tensor and a Config");
  if (name.empty()) raise<ValueError>("register_lambda: expected a name, got an empty string");
  if constexpr (of_float) detail::register_lambda_for<float>(name, function);
  if constexpr (of_double) detail::register_lambda_for<double>(name, function);
}

/// The first argument of the function of a Lambda layer with variables: creates and finds them.
template <class Scalar>
class LambdaVariables {
 public:
  /// Returns the layer's variable of this name. The first call of the layer creates it with the value `initial`; throws
  /// a StateError for a new name after that.
  Variable<Scalar> variable(const std::string& name, const Tensor<Scalar>& initial, bool trainable = true) const {
    return layer_.variable(name, initial, trainable);
  }

 private:
  friend class Lambda<Scalar>;
  LAMINA_COLD explicit LambdaVariables(const Lambda<Scalar>& layer) : layer_(layer) {}
  const Lambda<Scalar>& layer_;
};

/// The options of Lambda.
template <class Scalar>
struct LambdaOptions {
  Shape output_shape = {};  ///< Shape of the output without the batch axis. Default: computed by a call.
  /// Computes the mask of the output from an input and its mask, which is undefined if it has none. Default: no mask.
  std::function<Tensor<Scalar>(const Tensor<Scalar>& x, const Tensor<Scalar>& mask)> mask = nullptr;
  std::string name = {};  ///< Name of the layer. Default: made from the class name.
  Config arguments = {};  ///< Arguments of a registered function: a map. Default: none.
};

/// Wraps a function as a layer: y = function(x). Keras's `keras.layers.Lambda`.
/// Shapes: x (batch, ...); y as the function returns it. A layer whose function is registered with
/// `register_lambda`, and is passed by its name, can be saved; `get_config` of others throws a ValueError.
///
///     Lambda([](const auto& x) { return maximum(0, x); })
///
/// The function can capture other values. A function of two arguments has variables, which it gets from the first
/// argument (LambdaVariables). The first call creates them; they are trained and saved with the layer.
///
///     Lambda([](const auto& self, const auto& x) {
///       const auto scale = self.variable("scale", 1), bias = self.variable("bias", 0);
///       return x * scale + bias;
///     })
template <class Scalar = float>
class Lambda : public Layer<Scalar> {
 public:
  /// Constructs the layer for a function of (x), or of (LambdaVariables, x).
  template <class F, std::enable_if_t<!std::is_convertible_v<F, std::string>, int> = 0>
  explicit Lambda(F function, std::type_identity_t<LambdaOptions<Scalar>> options = {})
      : function_(wrap(std::move(function))), options_(std::move(options)) {
    this->set_name(options_.name);
    if (options_.mask) this->set_makes_masks();
  }

  /// Constructs the layer for a registered function, or for an activation, by name. Throws ValueError for an unknown name.
  LAMINA_COLD explicit Lambda(const std::string& registered, std::type_identity_t<LambdaOptions<Scalar>> options = {})
      : function_(wrap(find_function(registered, options.arguments))),
        options_(std::move(options)),
        registered_(registered) {
    this->set_name(options_.name);
    if (options_.mask) this->set_makes_masks();
  }
  /// Constructs the layer for a registered function, or for an activation, by name. Throws ValueError for an unknown name.
  explicit Lambda(const char* registered, std::type_identity_t<LambdaOptions<Scalar>> options = {})
      : Lambda(std::string(registered), std::move(options)) {}
  /// Creates the layer from a configuration of Keras. Throws ValueError for a function that is not registered, and for
  /// Python bytecode, which is not run.
  LAMINA_COLD static Lambda from_config(const Config& config) {
    const Config& function = config.at("function");
    const Config* kind = function.is_map() ? function.find("class_name") : nullptr;
    if (function.is_list() || (kind != nullptr && kind->is_string() && kind->as_string() == "__lambda__"))
      raise<ValueError>(
          "Lambda, from_config: the function is stored as Python bytecode, which is not run. In Python, register ",
          "the function with keras.saving.register_keras_serializable and save the model again; here, ",
          "register it under the same name with register_lambda.");
    const Config& name = function.is_map() ? function.at("config") : function;
    LambdaOptions<Scalar> options;
    if (const Config* arguments = config.find("arguments"); arguments != nullptr) options.arguments = *arguments;
    if (const Config* shape = config.find("output_shape"); shape != nullptr && !shape->is_null())
      argument_from_config(*shape, options.output_shape);
    if (const Config* mask = config.find("mask"); mask != nullptr && !mask->is_null())
      raise<ValueError>("Lambda, from_config: a mask function cannot be read. Write a custom layer class.");
    if (const Config* given = config.find("name"); given != nullptr && given->is_string())
      options.name = given->as_string();
    return Lambda(name.as_string(), std::move(options));
  }

  std::string class_name() const override { return "Lambda"; }
  LAMINA_COLD Config get_config() const override {
    if (registered_.empty() && !detail::DescribingWeights::active())
      raise<ValueError>(this->where("get_config"), "a C++ function has no configuration. Register the function with ",
                        "register_lambda and pass its name, or write a custom layer class with get_config.");
    Config config = Layer<Scalar>::get_config();
    Config& function = config["function"];
    function["module"] = "builtins";
    function["class_name"] = "function";
    function["config"] = registered_;
    function["registered_name"] = "function";
    config["output_shape"] = options_.output_shape.empty() ? Config() : argument_to_config(options_.output_shape);
    config["arguments"] = options_.arguments.is_null() ? Config::map() : options_.arguments;
    return config;
  }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override { return function_(LambdaVariables<Scalar>(*this), x); }

  Tensor<Scalar> compute_mask(const Tensor<Scalar>& x, const Tensor<Scalar>& mask) const override {
    return options_.mask ? options_.mask(x, mask) : Tensor<Scalar>();
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    if (options_.output_shape.empty()) return Layer<Scalar>::compute_output_shape(input);
    return options_.output_shape.prepend(input.empty() ? unknown_size : input.front());
  }

 private:
  template <class>
  friend class LambdaVariables;
  using Function = std::function<Tensor<Scalar>(const LambdaVariables<Scalar>&, const Tensor<Scalar>&)>;

  LAMINA_COLD static std::function<Tensor<Scalar>(const Tensor<Scalar>&)> find_function(const std::string& name,
                                                                                        const Config& arguments) {
    if (const auto make = detail::CustomObjects<detail::LambdaFunction<Scalar>>::find(name))
      return (*make)(arguments)->function;
    if (activations::find_function<Scalar, 0>(name).known) return Activation<Scalar>(name);
    raise<ValueError>("Lambda: the function \"", name, "\" is not registered. Register it with register_lambda.");
  }
  template <class F>
  static Function wrap(F function) {
    if constexpr (std::is_invocable_v<const F&, const Tensor<Scalar>&>) {
      return [f = std::move(function)](const LambdaVariables<Scalar>&, const Tensor<Scalar>& x) -> Tensor<Scalar> {
        return f(x);
      };
    } else {
      static_assert(std::is_invocable_v<const F&, const LambdaVariables<Scalar>&, const Tensor<Scalar>&>,
                    "Lambda: expected a function of a tensor, or of LambdaVariables and a tensor");
      return function;
    }
  }

  Variable<Scalar> variable(const std::string& name, const Tensor<Scalar>& initial, bool trainable) const {
    for (const Variable<Scalar>& v : variables_)
      if (v.name() == name) return v;
    if (this->built())
      raise<StateError>("variable \"", name,
                        "\" cannot be created after the first call. Create all variables in every call.");
    // The const_cast is safe: the first call builds the layer and holds a lock.
    auto* self = const_cast<Lambda*>(this);
    struct Given : InitializerFunction {
      explicit Given(const Tensor<Scalar>& v) : value(v) {}
      const char* class_name() const noexcept override { return "Given"; }
      void fill(const Shape& shape, double* values, const RandomStream&) const override {
        for (Index i = 0; i < shape.size(); ++i) values[i] = static_cast<double>(value[i]);
      }
      Tensor<Scalar> value;
    };
    self->variables_.push_back(self->add_weight(name, initial.shape(), Given(initial), {.trainable = trainable}));
    return variables_.back();
  }

  Function function_;
  LambdaOptions<Scalar> options_;
  std::string registered_;  // name of the function; empty if it is not registered
  std::vector<Variable<Scalar>> variables_;
};

LAMINA_COMPILED_CLASS(Lambda);

}  // namespace lamina
