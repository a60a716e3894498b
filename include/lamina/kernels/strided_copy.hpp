#pragma once
#include <cstddef>
#include <cstring>

#include "lamina/core/shape.hpp"

namespace lamina::kernels {

/// to[i · to_step] = from[i · from_step] for every index i in `size`; with `Add`, += instead of =. Steps (strides) are
/// in elements.
template <bool Add, class S>
void strided_copy(const Shape& size, const S* from, const Index* from_step, S* to, const Index* to_step) {
  if (size.size() == 0) return;
  const Index last = size.rank() - 1;
  if (last < 0) {
    *to = Add ? *to + *from : *from;
    return;
  }
  Index position[Shape::max_rank] = {};
  const Index n = size[last], step_from = from_step[last], step_to = to_step[last];
  for (;;) {
    if (!Add && step_from == 1 && step_to == 1)
      std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(S));
    else
      for (Index i = 0; i < n; ++i) {
        S& target = to[i * step_to];
        target = Add ? target + from[i * step_from] : from[i * step_from];
      }
    Index axis = last - 1;
    for (; axis >= 0; --axis) {
      from += from_step[axis];
      to += to_step[axis];
      if (++position[axis] < size[axis]) break;
      from -= from_step[axis] * size[axis];
      to -= to_step[axis] * size[axis];
      position[axis] = 0;
    }
    if (axis < 0) return;
  }
}

/// Sets `step` to the strides of a row-major tensor of this shape.
inline void row_major_steps(const Shape& shape, Index* step) {
  Index stride = 1;
  for (Index i = shape.rank(); i-- > 0;) {
    step[i] = stride;
    stride *= shape[i];
  }
}

}  // namespace lamina::kernels
