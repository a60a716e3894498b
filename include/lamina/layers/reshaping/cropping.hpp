#pragma once
#include "lamina/layers/reshaping/pad_widths.hpp"

namespace lamina {

namespace detail {
struct Cropping {
  static constexpr const char* class_name() noexcept { return "Cropping"; }
  static constexpr const char* argument() noexcept { return "cropping"; }
  static Index resized(Index size, const PadWidth& width, Index axis, const Shape& input) {
    if (width.before >= size || width.after >= size - width.before)
      raise<ShapeError>("expected cropping that leaves at least 1 element of axis ", axis, " of size ", size, ", got ",
                        width.before, " and ", width.after, " for an input of shape ", input);
    return size - width.before - width.after;
  }
  template <class S>
  static Tensor<S> moved(const Tensor<S>& x, const Shape& output, const Shape& begin) {
    return slice(x, begin, output);
  }
};

}  // namespace detail

/// Removes steps at both ends of sequences; by default 1 at each end. Keras's `keras.layers.Cropping1D`.
/// Shapes: x (batch, steps, channels), y (batch, steps - before - after, channels); with channels_first the channels
/// are axis 1. Throws a ValueError for negative numbers, a ShapeError if no step remains.
///
///     Cropping1D({1, 2})
template <class Scalar = float>
class Cropping1D : public detail::PadWidthLayer<Scalar, 1, detail::Cropping> {
 public:
  using detail::PadWidthLayer<Scalar, 1, detail::Cropping>::PadWidthLayer;
  /// Constructs the layer for numbers of steps to remove.
  LAMINA_COLD explicit Cropping1D(PadWidths<1> cropping = 1, PadWidthOptions options = {})
      : Cropping1D(detail::PadWidthArguments<1, detail::Cropping>{std::move(cropping), std::move(options)}) {}
};

/// Removes rows and columns at the borders of images; by default 1 at each side. Keras's `keras.layers.Cropping2D`.
/// Shapes: x (batch, rows, columns, channels), y (batch, rows - before - after, columns - before - after, channels);
/// with channels_first the channels are axis 1. Errors: as Cropping1D.
template <class Scalar = float>
class Cropping2D : public detail::PadWidthLayer<Scalar, 2, detail::Cropping> {
 public:
  using detail::PadWidthLayer<Scalar, 2, detail::Cropping>::PadWidthLayer;
  /// Constructs the layer for numbers of rows and columns to remove.
  LAMINA_COLD explicit Cropping2D(PadWidths<2> cropping = 1, PadWidthOptions options = {})
      : Cropping2D(detail::PadWidthArguments<2, detail::Cropping>{std::move(cropping), std::move(options)}) {}
};

/// Removes planes, rows and columns at the borders of volumes; by default 1 at each side. Keras's
/// `keras.layers.Cropping3D`.
/// Shapes: x (batch, planes, rows, columns, channels), y smaller by before + after along each spatial axis; with
/// channels_first the channels are axis 1. Errors: as Cropping1D.
template <class Scalar = float>
class Cropping3D : public detail::PadWidthLayer<Scalar, 3, detail::Cropping> {
 public:
  using detail::PadWidthLayer<Scalar, 3, detail::Cropping>::PadWidthLayer;
  /// Constructs the layer for numbers of planes, rows and columns to remove.
  LAMINA_COLD explicit Cropping3D(PadWidths<3> cropping = 1, PadWidthOptions options = {})
      : Cropping3D(detail::PadWidthArguments<3, detail::Cropping>{std::move(cropping), std::move(options)}) {}
};

}  // namespace lamina
