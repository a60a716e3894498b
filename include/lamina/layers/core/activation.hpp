#pragma once
#include "lamina/activations/activation.hpp"
#include "lamina/layers/base/layer_argument.hpp"
#include "lamina/layers/graph/input.hpp"

namespace lamina {

struct ActivationArguments {
  ActivationArgument activation = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("activation", self.activation);
  }
};

/// Applies an activation as a layer: y = f(x). Keras's layer Activation. `Activation("relu")` stands for this layer in
/// a Sequential, after `|`, in a layer that holds another, and when it is called on a symbolic tensor; this class gives
/// the layer a name: `ActivationLayer("relu", {.name = "bend"})`.
template <class Scalar = float>
class ActivationLayer : public Layer<Scalar> {
 public:
  using Arguments = ActivationArguments;
  LAMINA_COLD explicit ActivationLayer(ActivationArgument activation, NameOption option = {})
      : ActivationLayer(ActivationArguments{std::move(activation)}) {
    this->set_name(std::move(option.name));
  }
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

/// x | Activation("relu") draws the layer that applies the activation.
template <class S>
SymbolicTensor<S> operator|(const SymbolicTensor<S>& x, const Activation<S>& activation) {
  return x | ActivationLayer<S>(activation);
}
template <class S>
SymbolicTensor<S> draw_activation(const Activation<S>& activation, const SymbolicTensor<S>& x) {
  return x | activation;
}

}  // namespace lamina
