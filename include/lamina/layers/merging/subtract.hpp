#pragma once
#include "lamina/layers/merging/merge.hpp"

namespace lamina {

/// Subtracts the second of two inputs from the first: y = x_1 - x_2. Keras's `keras.layers.Subtract`. Shapes and
/// errors: as Add; a ValueError for another number of inputs.
template <class Scalar = float>
class Subtract : public detail::ElementwiseMerge<Scalar> {
 public:
  /// Constructs the layer.
  LAMINA_COLD explicit Subtract(const MergeOptions& options = {}) : detail::ElementwiseMerge<Scalar>(options.name, 2) {}
  std::string class_name() const override { return "Subtract"; }

 protected:
  Tensor<Scalar> merge(const std::vector<Tensor<Scalar>>& inputs, const Tensor<Scalar>*) const override {
    return detail::subtract(inputs[0], inputs[1]);
  }
};

}  // namespace lamina
