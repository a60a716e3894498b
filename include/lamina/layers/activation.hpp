#pragma once
#include "lamina/activations/activation.hpp"
#include "lamina/layers/layer.hpp"

namespace lamina {

/// Applies an activation as a layer: y = f(x). In a list of layers `Activation("relu")` is enough. Keras's Activation.
template <class Scalar = float>
class ActivationLayer : public Layer<Scalar> {
 public:
  explicit ActivationLayer(ActivationArgument activation) : activation_(activation.template resolve<Scalar>()) {}
  std::string class_name() const override { return "Activation"; }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override { return activation_(x); }
  Shape compute_output_shape(const Shape& input) const override { return input; }

 private:
  Activation<Scalar> activation_;
};

LAMINA_COMPILED_CLASS(ActivationLayer);

}  // namespace lamina
