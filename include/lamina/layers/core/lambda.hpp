#pragma once
#include <functional>

#include "lamina/layers/base/layer.hpp"

namespace lamina {

template <class Scalar>
class Lambda;

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
};

/// Wraps a function as a layer: y = function(x). Keras's `keras.layers.Lambda`.
/// Shapes: x (batch, ...); y as the function returns it. `get_config` throws a ValueError: a model that is saved needs
/// a custom layer instead.
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
  template <class F>
  explicit Lambda(F function, std::type_identity_t<LambdaOptions<Scalar>> options = {})
      : function_(wrap(std::move(function))), options_(std::move(options)) {
    this->set_name(options_.name);
    if (options_.mask) this->set_makes_masks();
  }

  std::string class_name() const override { return "Lambda"; }
  LAMINA_COLD Config get_config() const override {
    raise<ValueError>(this->where("get_config"),
                      "a C++ function has no configuration. Write a custom layer class with ",
                      "get_config, and register it with register_custom_object.");
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
  std::vector<Variable<Scalar>> variables_;
};

LAMINA_COMPILED_CLASS(Lambda);

}  // namespace lamina
