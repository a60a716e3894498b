#pragma once
#include <algorithm>

#include "lamina/layers/base/call_options.hpp"
#include "lamina/layers/base/mask_memory.hpp"
#include "lamina/ops/shaping.hpp"

// How layers of several inputs read the masks of each.

namespace lamina::detail {

/// The mask of input `i`: what was said of it with the call, or else what it carries; undefined where it has none.
template <class S>
Tensor<S> input_mask(const CallOptions& options, const std::vector<Tensor<S>>& inputs, std::size_t i) {
  if (i >= options.mask.size()) return MaskMemory<S>::find(inputs[i]);
  return options.mask[i].defined() ? options.mask[i].template cast<S>() : Tensor<S>();
}

/// Raises a ShapeError unless a mask has the leading axes of its input: from `least` to `most` of them. `stretches`: it
/// may have the size 1 where the input has another.
inline void check_mask(const Shape& mask, const Shape& input, Index least, Index most, bool stretches = false) {
  bool fits = mask.rank() >= least && mask.rank() <= (std::min)(most, input.rank());
  for (Index i = 0; fits && i < mask.rank(); ++i) fits = mask[i] == input[i] || (stretches && mask[i] == 1);
  if (!fits) [[unlikely]]
    raise<ShapeError>("expected a mask of shape ", input.slice(0, (std::min)(least, input.rank())),
                      least == most ? "" : ", or of more of the leading axes,", " for an input of shape ", input,
                      ", got ", mask, ". Give the mask an element for each sample and step of the input.");
}

/// A mask with axes of size 1 behind its own, so that it stretches over the elements of a tensor of this rank.
template <class S>
Tensor<S> mask_beside(const Tensor<S>& mask, Index rank) {
  Shape shape = mask.shape();
  while (shape.rank() < rank) shape.push_back(1);
  return reshape_to(mask, shape);
}

}  // namespace lamina::detail
