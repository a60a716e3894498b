#pragma once
#include "lamina/layers/call_options.hpp"
#include "lamina/layers/mask_memory.hpp"
#include "lamina/ops/shaping.hpp"

// How layers of several inputs read the masks of each.

namespace lamina::detail {

/// The mask of input `i`: what was said of it with the call, or else what it carries; undefined where it has none.
template <class S>
Tensor<S> input_mask(const CallOptions& options, const std::vector<Tensor<S>>& inputs, std::size_t i) {
  if (i >= options.mask.size()) return MaskMemory<S>::find(inputs[i]);
  return options.mask[i].defined() ? options.mask[i].template cast<S>() : Tensor<S>();
}

/// A mask with axes of size 1 behind its own, so that it stretches over the elements of a tensor of this rank.
template <class S>
Tensor<S> mask_beside(const Tensor<S>& mask, Index rank) {
  Shape shape = mask.shape();
  while (shape.rank() < rank) shape.push_back(1);
  return reshape_to(mask, shape);
}

}  // namespace lamina::detail
