#pragma once
#include <algorithm>

#include "lamina/core/axis_sizes.hpp"
#include "lamina/core/padding.hpp"
#include "lamina/core/shape.hpp"

// Windows that slide over the axes of an image: where they lie, for convolution and pooling alike.

namespace lamina {

namespace kernels {

/// How windows lie along one axis: the window of output o covers the inputs o * stride - before + k * dilation for k in
/// [0, size); what lies outside [0, input) is padding.
struct WindowAxis {
  Index input = 1, output = 1, size = 1, stride = 1, dilation = 1, before = 0;

  /// From a window's first input to its last, both counted.
  Index reach() const noexcept { return (size - 1) * dilation + 1; }
};

/// How many windows fit an axis; None for one that is not known. An axis too small for one is an error.
inline Index window_count(Index input, Index size, Index stride, Index dilation, Padding padding) {
  if (input == unknown_size) return unknown_size;
  const Index reach = lamina::detail::saturating_sum(lamina::detail::saturating_product(size - 1, dilation), 1);
  if (reach > Shape::most_elements) [[unlikely]]
    raise<ValueError>("a window of ", size, " with dilation ", dilation, " is larger than memory can address");
  const Index room = padding == Padding::valid ? input - reach : input - 1;
  if (room < 0) [[unlikely]]
    raise<ShapeError>("a window of ", size, dilation > 1 ? text(" (", reach, " with dilation ", dilation, ")") : "",
                      " does not fit an axis of ", input,
                      padding == Padding::valid && input > 0
                          ? ". Make the window smaller, or let it reach over the borders with padding = \"same\"."
                          : ". Nothing is left of the input: pass a larger one.");
  return room / stride + 1;
}

/// Windows over one to three axes, with a known input.
struct Window {
  Index rank = 1;
  WindowAxis axes[AxisSizes::max_rank];

  Window() noexcept {}
  /// `input`: the sizes of the `rank` axes.
  Window(Index rank_of_image, const Index* input, const AxisSizes& size, const AxisSizes& stride,
         const AxisSizes& dilation, Padding padding)
      : rank(rank_of_image) {
    for (Index i = 0; i < rank; ++i) {
      WindowAxis& axis = axes[i];
      axis.input = input[i];
      axis.size = size[i];
      axis.stride = stride[i];
      axis.dilation = dilation[i];
      axis.output = window_count(axis.input, axis.size, axis.stride, axis.dilation, padding);
      // Keras's rule: where the padding is odd, the end has more of it.
      const Index missing = std::max<Index>(0, (axis.output - 1) * axis.stride + axis.reach() - axis.input);
      axis.before = padding == Padding::valid ? 0 : padding == Padding::same ? missing / 2 : axis.reach() - 1;
    }
  }

  /// Positions of the input, of the output, and of a window.
  Index inputs() const noexcept { return product(&WindowAxis::input); }
  Index outputs() const noexcept { return product(&WindowAxis::output); }
  Index size() const noexcept { return product(&WindowAxis::size); }

 private:
  Index product(Index WindowAxis::*member) const noexcept {
    Index all = 1;
    for (Index i = 0; i < rank; ++i) all *= axes[i].*member;
    return all;
  }
};

}  // namespace kernels

}  // namespace lamina
