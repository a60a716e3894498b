#pragma once
#include "lamina/layers/merging/merge.hpp"

namespace lamina {

/// The mean of the inputs, element by element; shapes as for Add. Keras's Average.
template <class Scalar = float>
class Average : public detail::ElementwiseMerge<Scalar> {
 public:
  LAMINA_COLD explicit Average(const MergeOptions& options = {}) : detail::ElementwiseMerge<Scalar>(options.name) {}
  std::string class_name() const override { return "Average"; }

 protected:
  Tensor<Scalar> merge(const std::vector<Tensor<Scalar>>& inputs, const Tensor<Scalar>*) const override {
    Tensor<Scalar> y = inputs.front();
    for (std::size_t i = 1; i < inputs.size(); ++i) y = detail::add(y, inputs[i]);
    return detail::divide(y, Tensor<Scalar>(static_cast<Scalar>(inputs.size())));
  }
};

}  // namespace lamina
