#pragma once
#include "lamina/layers/merging/merge.hpp"

namespace lamina {

/// Adds the inputs: y = x_1 + x_2 + ... Keras's `keras.layers.Add`.
/// Shapes: inputs (batch, axes...) that broadcast to each other, aligned at the last axis; axes of size 1 and missing
/// axes broadcast, the batch axis does not. y has the broadcast shape. Throws a ShapeError for other shapes.
///
///     Tensor y = Add()({a, b});
template <class Scalar = float>
class Add : public detail::ElementwiseMerge<Scalar> {
 public:
  /// Constructs the layer.
  LAMINA_COLD explicit Add(const MergeOptions& options = {}) : detail::ElementwiseMerge<Scalar>(options.name) {}
  std::string class_name() const override { return "Add"; }

 protected:
  Tensor<Scalar> merge(const std::vector<Tensor<Scalar>>& inputs, const Tensor<Scalar>*) const override {
    Tensor<Scalar> y = inputs.front();
    for (std::size_t i = 1; i < inputs.size(); ++i) y = detail::add(y, inputs[i]);
    return y;
  }
};

}  // namespace lamina
