#pragma once
#include "lamina/layers/base/layer.hpp"

namespace lamina {

/// Returns its input: y = x. Keras's `keras.layers.Identity`. The initializer of this name is IdentityInitializer.
/// Shapes: x and y (batch, ...).
template <class Scalar = float>
class Identity : public Layer<Scalar> {
 public:
  /// Constructs the layer.
  LAMINA_COLD explicit Identity(NameOption option = {}) {
    this->set_name(std::move(option.name));
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "Identity"; }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override { return x; }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override { return input; }
};

}  // namespace lamina
