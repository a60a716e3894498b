#pragma once
#include "lamina/layers/merging/merge.hpp"

namespace lamina {

/// Averages n inputs: y = (x_1 + ... + x_n) / n. Keras's `keras.layers.Average`. Shapes and errors: as Add.
template <class Scalar = float>
class Average : public detail::ElementwiseMerge<Scalar> {
 public:
  /// Constructs the layer.
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
