#pragma once
#include "lamina/layers/merging/merge.hpp"

namespace lamina {

/// The smallest of the inputs, element by element; shapes as for Add. Where an element is hidden by its mask, the
/// others decide. Equal ones share the gradient. Keras's Minimum.
template <class Scalar = float>
class Minimum : public detail::ElementwiseMerge<Scalar> {
 public:
  LAMINA_COLD explicit Minimum(const MergeOptions& options = {}) : detail::ElementwiseMerge<Scalar>(options.name) {}
  std::string class_name() const override { return "Minimum"; }

 protected:
  Tensor<Scalar> merge(const std::vector<Tensor<Scalar>>& inputs, const Tensor<Scalar>* masks) const override {
    return detail::extreme_of_unmasked<false>(inputs, masks);
  }
};

}  // namespace lamina
