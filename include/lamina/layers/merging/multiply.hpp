#pragma once
#include "lamina/layers/merging/merge.hpp"

namespace lamina {

/// Multiplies the inputs element by element: y = x_1 x_2 ... Keras's `keras.layers.Multiply`. Elements that the mask of
/// an input hides count as 1; the product is 0 if the masks of all inputs hide it. Shapes and errors: as Add.
template <class Scalar = float>
class Multiply : public detail::ElementwiseMerge<Scalar> {
 public:
  /// Constructs the layer.
  LAMINA_COLD explicit Multiply(const MergeOptions& options = {}) : detail::ElementwiseMerge<Scalar>(options.name) {}
  std::string class_name() const override { return "Multiply"; }

 protected:
  Tensor<Scalar> merge(const std::vector<Tensor<Scalar>>& inputs, const Tensor<Scalar>* masks) const override {
    const auto mask_of = [&](std::size_t i) { return masks != nullptr ? masks[i] : Tensor<Scalar>(); };
    Tensor<Scalar> y, kept = mask_of(0);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Tensor<Scalar> mask = mask_of(i);
      const Tensor<Scalar> x = mask.defined() ? detail::where(mask, inputs[i], Tensor<Scalar>(Scalar(1))) : inputs[i];
      y = i == 0 ? x : detail::multiply(y, x);
      kept = kept.defined() && mask.defined() ? detail::either_mask(kept, mask) : Tensor<Scalar>();
    }
    return kept.defined() ? detail::where(kept, y, Tensor<Scalar>(Scalar(0))) : y;
  }
};

}  // namespace lamina
