#pragma once
#include "lamina/layers/merging/merge.hpp"

namespace lamina {

/// The sum of the inputs, element by element: `Add()({a, b})`. Keras's Add.
/// Shapes: the same for all, or such as stretch to one: axes after the batch's are matched from the last one on, sizes
/// of 1 and missing axes stretch.
template <class Scalar = float>
class Add : public detail::ElementwiseMerge<Scalar> {
 public:
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
