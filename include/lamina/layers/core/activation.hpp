#pragma once
#include "lamina/activations/activation.hpp"
#include "lamina/layers/base/layer_argument.hpp"
#include "lamina/layers/graph/input.hpp"

namespace lamina {

/// The arguments of ActivationLayer.
struct ActivationArguments {
  ActivationArgument activation = {};  ///< Activation: a Keras name or an Activation. Required.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("activation", self.activation);
  }
};

/// Applies an activation function: y = f(x). Keras's `keras.layers.Activation`. In a Sequential, after `|`, in a
/// wrapper such as TimeDistributed and on symbolic tensors, `Activation("relu")` converts to this layer. Use this class
/// to set a name: `ActivationLayer("relu", {.name = "hidden_relu"})`.
/// Shapes: x (batch, ...), y the shape of x unless the function changes it (`glu`). Throws a ValueError for an unknown
/// name.
template <class Scalar = float>
class ActivationLayer : public Layer<Scalar> {
 public:
  using Arguments = ActivationArguments;
  /// Constructs the layer for an activation, by name or as an object.
  LAMINA_COLD explicit ActivationLayer(ActivationArgument activation, NameOption option = {})
      : ActivationLayer(ActivationArguments{std::move(activation)}) {
    this->set_name(std::move(option.name));
  }
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit ActivationLayer(ActivationArguments arguments)
      : arguments_(std::move(arguments)), activation_(arguments_.activation.template resolve<Scalar>()) {
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "Activation"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override { return activation_(x); }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override { return input; }

 private:
  ActivationArguments arguments_;
  Activation<Scalar> activation_;
};

namespace detail {
template <class S>
struct LayerArgument<Activation<S>> {
  using type = ActivationLayer<S>;
};
}  // namespace detail

/// Adds an ActivationLayer to the graph: `x | Activation("relu")`.
template <class S>
SymbolicTensor<S> operator|(const SymbolicTensor<S>& x, const Activation<S>& activation) {
  return x | ActivationLayer<S>(activation);
}
/// As `x | activation`, for the call of an Activation on a symbolic tensor.
template <class S>
SymbolicTensor<S> symbolic_activation(const Activation<S>& activation, const SymbolicTensor<S>& x) {
  return x | activation;
}

}  // namespace lamina
