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

/// Adds zeros before and after the steps of sequences; by default 1 at each end. Keras's `keras.layers.ZeroPadding1D`.
/// Shapes: x (batch, steps, channels), y (batch, before + steps + after, channels); with channels_first the channels
/// are axis 1. Throws a ValueError for negative numbers, a ShapeError for an input of another rank.
///
///     ZeroPadding1D(2), ZeroPadding1D({1, 2})
template <class Scalar = float>
class ZeroPadding1D : public detail::PadWidthLayer<Scalar, 1, detail::ZeroPadding> {
 public:
  using detail::PadWidthLayer<Scalar, 1, detail::ZeroPadding>::PadWidthLayer;
  /// Constructs the layer for numbers of steps to add.
  LAMINA_COLD explicit ZeroPadding1D(PadWidths<1> padding = 1, PadWidthOptions options = {})
      : ZeroPadding1D(detail::PadWidthArguments<1, detail::ZeroPadding>{std::move(padding), std::move(options)}) {}
};

/// Adds rows and columns of zeros at the borders of images; by default 1 at each side. Keras's
/// `keras.layers.ZeroPadding2D`.
/// Shapes: x (batch, rows, columns, channels), y (batch, before + rows + after, before + columns + after, channels);
/// with channels_first the channels are axis 1. Errors: as ZeroPadding1D.
///
///     ZeroPadding2D(1), ZeroPadding2D({1, 2}), ZeroPadding2D({{1, 2}, {0, 3}})
template <class Scalar = float>
class ZeroPadding2D : public detail::PadWidthLayer<Scalar, 2, detail::ZeroPadding> {
 public:
  using detail::PadWidthLayer<Scalar, 2, detail::ZeroPadding>::PadWidthLayer;
  /// Constructs the layer for numbers of rows and columns to add.
  LAMINA_COLD explicit ZeroPadding2D(PadWidths<2> padding = 1, PadWidthOptions options = {})
      : ZeroPadding2D(detail::PadWidthArguments<2, detail::ZeroPadding>{std::move(padding), std::move(options)}) {}
};

/// Adds planes, rows and columns of zeros at the borders of volumes; by default 1 at each side. Keras's
/// `keras.layers.ZeroPadding3D`.
/// Shapes: x (batch, planes, rows, columns, channels), y larger by before + after along each spatial axis; with
/// channels_first the channels are axis 1. Errors: as ZeroPadding1D.
///
///     ZeroPadding3D(1), ZeroPadding3D({1, 0, 2})
template <class Scalar = float>
class ZeroPadding3D : public detail::PadWidthLayer<Scalar, 3, detail::ZeroPadding> {
 public:
  using detail::PadWidthLayer<Scalar, 3, detail::ZeroPadding>::PadWidthLayer;
  /// Constructs the layer for numbers of planes, rows and columns to add.
  LAMINA_COLD explicit ZeroPadding3D(PadWidths<3> padding = 1, PadWidthOptions options = {})
      : ZeroPadding3D(detail::PadWidthArguments<3, detail::ZeroPadding>{std::move(padding), std::move(options)}) {}
};

}  // namespace lamina
