#pragma once
#include "lamina/layers/merging/merge.hpp"

namespace lamina {

/// Element-wise maximum of the inputs: y = max(x_1, x_2, ...). Keras's `keras.layers.Maximum`. Elements that the mask
/// of an input hides do not count. The gradient is divided evenly among equal elements. Shapes and errors: as Add.
template <class Scalar = float>
class Maximum : public detail::ElementwiseMerge<Scalar> {
 public:
  /// Constructs the layer.
  LAMINA_COLD explicit Maximum(const MergeOptions& options = {}) : detail::ElementwiseMerge<Scalar>(options.name) {}
  std::string class_name() const override { return "Maximum"; }

 protected:
  Tensor<Scalar> merge(const std::vector<Tensor<Scalar>>& inputs, const Tensor<Scalar>* masks) const override {
    return detail::extreme_of_unmasked<true>(inputs, masks);
  }
};

}  // namespace lamina
