#pragma once
#include "lamina/layers/reshaping/pad_widths.hpp"

namespace lamina {

namespace detail {
struct Cropping {
  static constexpr const char* class_name() noexcept { return "Cropping"; }
  static constexpr const char* argument() noexcept { return "cropping"; }
  static Index resized(Index size, const Border& border, Index axis, const Shape& input) {
    if (border.before >= size || border.after >= size - border.before)
      raise<ShapeError>("cropping ", border.before, " and ", border.after, " leaves nothing of axis ", axis,
                        " of an input of shape ", input);
    return size - border.before - border.after;
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
class Cropping1D : public detail::BorderLayer<Scalar, 1, detail::Cropping> {
 public:
  using detail::BorderLayer<Scalar, 1, detail::Cropping>::BorderLayer;
  explicit Cropping1D(Borders<1> cropping = 1, BorderOptions options = {})
      : Cropping1D(detail::BorderArguments<1, detail::Cropping>{std::move(cropping), std::move(options)}) {}
};

/// Takes elements off before and after the axes of (batch, rows, columns, channels); with
/// channels_first the channels are on axis 1. Keras's Cropping2D. Defaults to one pixel at each side.
template <class Scalar = float>
class Cropping2D : public detail::BorderLayer<Scalar, 2, detail::Cropping> {
 public:
  using detail::BorderLayer<Scalar, 2, detail::Cropping>::BorderLayer;
  explicit Cropping2D(Borders<2> cropping = 1, BorderOptions options = {})
      : Cropping2D(detail::BorderArguments<2, detail::Cropping>{std::move(cropping), std::move(options)}) {}
};

/// Takes elements off before and after the axes of (batch, planes, rows, columns, channels); with
/// channels_first the channels are on axis 1. Keras's Cropping3D. Defaults to one at each side.
template <class Scalar = float>
class Cropping3D : public detail::BorderLayer<Scalar, 3, detail::Cropping> {
 public:
  using detail::BorderLayer<Scalar, 3, detail::Cropping>::BorderLayer;
  explicit Cropping3D(Borders<3> cropping = 1, BorderOptions options = {})
      : Cropping3D(detail::BorderArguments<3, detail::Cropping>{std::move(cropping), std::move(options)}) {}
};

}  // namespace lamina
