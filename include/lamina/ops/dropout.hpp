#pragma once
#include "lamina/autodiff/gradients.hpp"
#include "lamina/kernels/dropout.hpp"
#include "lamina/ops/random.hpp"

namespace lamina::detail {

/// Keeps each element with probability 1 - rate: y = x / (1 - rate) if kept, else 0. Gradient: dx = dy / (1 - rate) if
/// kept, else 0.
template <class S>
Tensor<S> dropout(const Tensor<S>& x, double rate, const RandomStream& random) {
  Tensor<S> y = Tensor<S>::empty(x.shape());
  kernels::dropout(x.size(), x.data(), TensorAccess::data(y), rate, random);
  if (Recording<S> tape{y, x})
    // The mask is not stored: the same random stream reproduces it.
    tape.gradient([rate, random](const Tensor<S>& dy, Gradients<S>& g) { g.add(0, dropout(dy, rate, random)); });
  return y;
}

}  // namespace lamina::detail
