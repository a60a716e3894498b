#pragma once
#include "lamina/layers/layer.hpp"

namespace lamina {

/// All axes but the batch's as one: (batch, a, b, ...) gives (batch, a b ...), and (batch,) gives (batch, 1). Keras's
/// Flatten.
template <class Scalar = float>
class Flatten : public Layer<Scalar> {
 public:
  Flatten() { this->set_input_spec({.min_rank = 1}); }
  std::string class_name() const override { return "Flatten"; }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    return detail::reshape_to(x, {x.shape()[0], x.shape().slice(1).size()});
  }
  Shape compute_output_shape(const Shape& input) const override { return {input[0], input.slice(1).size()}; }
};

LAMINA_COMPILED_CLASS(Flatten);

}  // namespace lamina
