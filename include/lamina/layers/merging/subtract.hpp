#pragma once
#include "lamina/layers/merging/merge.hpp"

namespace lamina {

/// The first of two inputs less the second; shapes as for Add. Keras's Subtract.
template <class Scalar = float>
class Subtract : public detail::ElementwiseMerge<Scalar> {
 public:
  LAMINA_COLD explicit Subtract(const MergeOptions& options = {}) : detail::ElementwiseMerge<Scalar>(options.name, 2) {}
  std::string class_name() const override { return "Subtract"; }

 protected:
  Tensor<Scalar> merge(const std::vector<Tensor<Scalar>>& inputs, const Tensor<Scalar>*) const override {
    return detail::subtract(inputs[0], inputs[1]);
  }
};

}  // namespace lamina
