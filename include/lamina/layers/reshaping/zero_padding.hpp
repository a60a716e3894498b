#pragma once
#include "lamina/layers/reshaping/pad_widths.hpp"

namespace lamina {

namespace detail {
struct ZeroPadding {
  static constexpr const char* class_name() noexcept { return "ZeroPadding"; }
  static constexpr const char* argument() noexcept { return "padding"; }
  static Index resized(Index size, const PadWidth& width, Index /*axis*/, const Shape& /*input*/) {
    return saturating_sum(saturating_sum(size, width.before), width.after);
  }
  template <class S>
  static Tensor<S> moved(const Tensor<S>& x, const Shape& output, const Shape& begin) {
    return insert(x, output, begin);
  }
};

}  // namespace detail

/// Zeros before and after the axes of (batch, steps, channels); with channels_first the
/// channels are on axis 1. Keras's ZeroPadding1D.
///
///     ZeroPadding1D(2), ZeroPadding1D({1, 2})
template <class Scalar = float>
class ZeroPadding1D : public detail::PadWidthLayer<Scalar, 1, detail::ZeroPadding> {
 public:
  using detail::PadWidthLayer<Scalar, 1, detail::ZeroPadding>::PadWidthLayer;
  LAMINA_COLD explicit ZeroPadding1D(PadWidths<1> padding = 1, PadWidthOptions options = {})
      : ZeroPadding1D(detail::PadWidthArguments<1, detail::ZeroPadding>{std::move(padding), std::move(options)}) {}
};

/// Zeros before and after the axes of (batch, rows, columns, channels); with channels_first the
/// channels are on axis 1. Keras's ZeroPadding2D.
///
///     ZeroPadding2D(1), ZeroPadding2D({1, 2}), ZeroPadding2D({{1, 2}, {0, 3}})
template <class Scalar = float>
class ZeroPadding2D : public detail::PadWidthLayer<Scalar, 2, detail::ZeroPadding> {
 public:
  using detail::PadWidthLayer<Scalar, 2, detail::ZeroPadding>::PadWidthLayer;
  LAMINA_COLD explicit ZeroPadding2D(PadWidths<2> padding = 1, PadWidthOptions options = {})
      : ZeroPadding2D(detail::PadWidthArguments<2, detail::ZeroPadding>{std::move(padding), std::move(options)}) {}
};

/// Zeros before and after the axes of (batch, planes, rows, columns, channels); with channels_first the
/// channels are on axis 1. Keras's ZeroPadding3D.
///
///     ZeroPadding3D(1), ZeroPadding3D({1, 0, 2})
template <class Scalar = float>
class ZeroPadding3D : public detail::PadWidthLayer<Scalar, 3, detail::ZeroPadding> {
 public:
  using detail::PadWidthLayer<Scalar, 3, detail::ZeroPadding>::PadWidthLayer;
  LAMINA_COLD explicit ZeroPadding3D(PadWidths<3> padding = 1, PadWidthOptions options = {})
      : ZeroPadding3D(detail::PadWidthArguments<3, detail::ZeroPadding>{std::move(padding), std::move(options)}) {}
};

}  // namespace lamina
