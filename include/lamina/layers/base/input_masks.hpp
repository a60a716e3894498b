#pragma once
#include <algorithm>

#include "lamina/layers/base/call_options.hpp"
#include "lamina/layers/base/mask_registry.hpp"
#include "lamina/ops/shaping.hpp"

// The masks of the inputs of a layer with several inputs.

namespace lamina::detail {

/// Returns the mask of input `i`: that of the call options, or else the one that the input carries; undefined if none.
template <class S>
Tensor<S> input_mask(const CallOptions& options, const std::vector<Tensor<S>>& inputs, std::size_t i) {
  if (i >= options.mask.size()) return MaskRegistry<S>::find(inputs[i]);
  return options.mask[i].defined() ? options.mask[i].template cast<S>() : Tensor<S>();
}

/// Throws a ShapeError unless the axes of a mask are the first `least` to `most` axes of its input. If `broadcast`, an
/// axis of the mask may have size 1.
inline void check_mask(const Shape& mask, const Shape& input, Index least, Index most, bool broadcast = false) {
  bool fits = mask.rank() >= least && mask.rank() <= (std::min)(most, input.rank());
  for (Index i = 0; fits && i < mask.rank(); ++i) fits = mask[i] == input[i] || (broadcast && mask[i] == 1);
  if (!fits) [[unlikely]]
    raise<ShapeError>("expected a mask of shape ", input.slice(0, (std::min)(least, input.rank())),
                      least == most ? "" : ", or of more of the leading axes,", " for an input of shape ", input,
                      ", got ", mask, ". Pass a mask with one element for each sample and step of the input.");
}

/// Appends axes of size 1 to a mask, so that it broadcasts to a tensor of this rank.
template <class S>
Tensor<S> expand_mask(const Tensor<S>& mask, Index rank) {
  Shape shape = mask.shape();
  while (shape.rank() < rank) shape.push_back(1);
  return reshape_to(mask, shape);
}

}  // namespace lamina::detail
