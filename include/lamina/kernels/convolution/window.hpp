#pragma once
#include <algorithm>

#include "lamina/core/axis_sizes.hpp"
#include "lamina/core/padding.hpp"
#include "lamina/core/shape.hpp"

// The geometry of the sliding windows of convolution and pooling.

namespace lamina {

namespace kernels {

/// The windows along one axis. The window of output o covers the inputs o * stride - before + k * dilation for k in [0,
/// size). Indices outside [0, input) are padding.
struct WindowAxis {
  Index input = 1;     ///< Size of the input.
  Index output = 1;    ///< Size of the output: the number of windows.
  Index size = 1;      ///< Number of elements of a window.
  Index stride = 1;    ///< Distance between windows.
  Index dilation = 1;  ///< Distance between the elements of a window.
  Index before = 0;    ///< Padding before the first input.

  /// The extent of a window: the distance from its first to its last input, plus 1.
  Index reach() const noexcept { return (size - 1) * dilation + 1; }
};

/// Returns the number of windows along an axis; None if the size of the axis is None. Throws ShapeError if the axis is
/// smaller than a window, ValueError if the window is too large.
inline Index window_count(Index input, Index size, Index stride, Index dilation, Padding padding) {
  if (input == unknown_size) return unknown_size;
  const Index reach = lamina::detail::saturating_sum(lamina::detail::saturating_product(size - 1, dilation), 1);
  if (reach > Shape::most_elements) [[unlikely]]
    raise<ValueError>("a window of ", size, " with dilation ", dilation, " is larger than memory can address");
  const Index room = padding == Padding::valid ? input - reach : input - 1;
  if (room < 0) [[unlikely]]
    raise<ShapeError>("a window of ", size, dilation > 1 ? text(" (", reach, " with dilation ", dilation, ")") : "",
                      " does not fit an axis of ", input,
                      padding == Padding::valid && input > 0 ? ". Use a smaller window, or padding = \"same\"."
                                                             : ". The input is too small: pass a larger one.");
  return room / stride + 1;
}

/// Windows over one to three axes of known sizes.
struct Window {
  Index rank = 1;                        ///< Number of axes.
  WindowAxis axes[AxisSizes::max_rank];  ///< The axes; the first `rank` are used.

  Window() noexcept {}
  /// `input`: the sizes of the `rank_of_image` axes. Throws ShapeError if one is smaller than a window.
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
      // As in Keras, the end gets the larger half of an odd amount of padding.
      const Index missing = std::max<Index>(0, (axis.output - 1) * axis.stride + axis.reach() - axis.input);
      axis.before = padding == Padding::valid ? 0 : padding == Padding::same ? missing / 2 : axis.reach() - 1;
    }
  }

  Index inputs() const noexcept { return product(&WindowAxis::input); }    ///< Number of input positions.
  Index outputs() const noexcept { return product(&WindowAxis::output); }  ///< Number of output positions.
  Index size() const noexcept { return product(&WindowAxis::size); }       ///< Number of elements of a window.

 private:
  Index product(Index WindowAxis::*member) const noexcept {
    Index all = 1;
    for (Index i = 0; i < rank; ++i) all *= axes[i].*member;
    return all;
  }
};

}  // namespace kernels

}  // namespace lamina
