#pragma once
#include <functional>

#include "lamina/layers/base/layer.hpp"

namespace lamina {

template <class Scalar>
class Lambda;

/// What a lambda layer's function asks for its variables.
template <class Scalar>
class LambdaVariables {
 public:
  /// The layer's variable of this name, made with `initial` the first time.
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
  Shape output_shape = {};  ///< Shape of the output without the batch axis. Default: found by a call.
  /// The output's mask for an input and its mask (undefined where it has none). Without it a mask ends here.
  std::function<Tensor<Scalar>(const Tensor<Scalar>& x, const Tensor<Scalar>& mask)> mask = nullptr;
  std::string name = {};  ///< Name of the layer. Default: made from the class name.
};

/// Any function as a layer. Keras's Lambda.
///
///     Lambda([](const auto& x) { return maximum(0, x); })
///
/// Other values are captured. A function of two arguments gets the layer as the first, and with it variables of its
/// own: made at the first call, tracked, trained and saved with the layer, and shared where the layer is used twice.
///
///     Lambda([](const auto& self, const auto& x) {
///       const auto scale = self.variable("scale", 1), bias = self.variable("bias", 0);
///       return x * scale + bias;
///     })
template <class Scalar = float>
class Lambda : public Layer<Scalar> {
 public:
  template <class F>
  explicit Lambda(F function, std::type_identity_t<LambdaOptions<Scalar>> options = {})
      : function_(wrap(std::move(function))), options_(std::move(options)) {
    this->set_name(options_.name);
    if (options_.mask) this->set_makes_masks();
  }

  std::string class_name() const override { return "Lambda"; }
  LAMINA_COLD Config get_config() const override {
    raise<ValueError>(this->where("get_config"), "a function has no configuration. Write the layer as a class, with a ",
                      "get_config of its own, and register it with register_custom_object.");
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
                    "Lambda takes a function of a tensor, or of the layer's variables and a tensor");
      return function;
    }
  }

  Variable<Scalar> variable(const std::string& name, const Tensor<Scalar>& initial, bool trainable) const {
    for (const Variable<Scalar>& v : variables_)
      if (v.name() == name) return v;
    if (this->built())
      raise<StateError>("variable \"", name, "\" is new after the first call. Make all variables in every call.");
    // The first call builds the layer, alone: see Layer.
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
