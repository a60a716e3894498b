#pragma once
#include "lamina/layers/reshaping/pad_widths.hpp"

namespace lamina {

namespace detail {
struct Cropping {
  static constexpr const char* class_name() noexcept { return "Cropping"; }
  static constexpr const char* argument() noexcept { return "cropping"; }
  static Index resized(Index size, const PadWidth& width, Index axis, const Shape& input) {
    if (width.before >= size || width.after >= size - width.before)
      raise<ShapeError>("cropping ", width.before, " and ", width.after, " leaves nothing of axis ", axis,
                        " of an input of shape ", input);
    return size - width.before - width.after;
  }
  template <class S>
  static Tensor<S> moved(const Tensor<S>& x, const Shape& output, const Shape& begin) {
    return slice(x, begin, output);
  }
};

}  // namespace detail

/// Takes elements off before and after the axes of (batch, steps, channels); with
/// channels_first the channels are on axis 1. Keras's Cropping1D. Defaults to one step at each end.
template <class Scalar = float>
class Cropping1D : public detail::PadWidthLayer<Scalar, 1, detail::Cropping> {
 public:
  using detail::PadWidthLayer<Scalar, 1, detail::Cropping>::PadWidthLayer;
  LAMINA_COLD explicit Cropping1D(PadWidths<1> cropping = 1, PadWidthOptions options = {})
      : Cropping1D(detail::PadWidthArguments<1, detail::Cropping>{std::move(cropping), std::move(options)}) {}
};

/// Takes elements off before and after the axes of (batch, rows, columns, channels); with
/// channels_first the channels are on axis 1. Keras's Cropping2D. Defaults to one pixel at each side.
template <class Scalar = float>
class Cropping2D : public detail::PadWidthLayer<Scalar, 2, detail::Cropping> {
 public:
  using detail::PadWidthLayer<Scalar, 2, detail::Cropping>::PadWidthLayer;
  LAMINA_COLD explicit Cropping2D(PadWidths<2> cropping = 1, PadWidthOptions options = {})
      : Cropping2D(detail::PadWidthArguments<2, detail::Cropping>{std::move(cropping), std::move(options)}) {}
};

/// Takes elements off before and after the axes of (batch, planes, rows, columns, channels); with
/// channels_first the channels are on axis 1. Keras's Cropping3D. Defaults to one at each side.
template <class Scalar = float>
class Cropping3D : public detail::PadWidthLayer<Scalar, 3, detail::Cropping> {
 public:
  using detail::PadWidthLayer<Scalar, 3, detail::Cropping>::PadWidthLayer;
  LAMINA_COLD explicit Cropping3D(PadWidths<3> cropping = 1, PadWidthOptions options = {})
      : Cropping3D(detail::PadWidthArguments<3, detail::Cropping>{std::move(cropping), std::move(options)}) {}
};

}  // namespace lamina
