#pragma once
#include "lamina/layers/convolutional/convolution_layer.hpp"

namespace lamina {

/// 1-D convolution: y[o] = activation(sum_k x[o stride + k dilation] kernel[k] + bias). Keras's `keras.layers.Conv1D`.
///
/// Shapes: x (batch, steps, channels), kernel (kernel_size, channels / groups, filters), bias (filters,), y (batch,
/// new_steps, filters); with channels_first the channels of x and y are axis 1.
///
///     new_steps = floor((steps - (kernel_size - 1) dilation - 1) / stride) + 1    with padding "valid"
///     new_steps = ceil(steps / stride)                                            with padding "same" or "causal"
///
/// Throws a ValueError for options out of range, a ShapeError for an input of another rank, for one smaller than the
/// window, and for channels that are not a multiple of groups.
///
///     Conv1D(64, 5, {.padding = "causal", .dilation_rate = 2})
template <class Scalar = float>
class Conv1D : public detail::ConvolutionLayer<Scalar, ConvOptions> {
 public:
  using Arguments = detail::ConvolutionArgumentsOf<ConvOptions, 1>;
  /// Constructs a layer with `filters` output channels (>= 1) and windows of `kernel_size` elements (>= 1).
  Conv1D(Index filters, const AxisSizes& kernel_size, ConvOptions options = {})
      : Conv1D(Arguments{filters, kernel_size, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>  // a template, so that braces mean no arguments
  explicit Conv1D(A arguments) : detail::ConvolutionLayer<Scalar, ConvOptions>(std::move(arguments)) {}
};

/// 2-D convolution of images: Conv1D over rows and columns, without padding "causal". Keras's `keras.layers.Conv2D`.
///
/// Shapes: x (batch, rows, columns, channels), kernel (kernel_rows, kernel_columns, channels / groups, filters), bias
/// (filters,), y (batch, new_rows, new_columns, filters). Errors: as Conv1D.
/// Kernels of 3 x 3 without strides, dilation and groups use Winograd's minimal filtering if there are at least 16
/// channels, 16 filters and 128 positions in the batch, so the rounding of a result can depend on the batch size.
///
///     Conv2D(32, 3), Conv2D(32, {3, 5}, {.strides = 2, .padding = "same", .activation = "relu"})
template <class Scalar = float>
class Conv2D : public detail::ConvolutionLayer<Scalar, ConvOptions> {
 public:
  using Arguments = detail::ConvolutionArgumentsOf<ConvOptions, 2>;
  /// Constructs a layer with `filters` output channels (>= 1) and windows of `kernel_size` (>= 1): `3` or `{3, 5}`.
  Conv2D(Index filters, const AxisSizes& kernel_size, ConvOptions options = {})
      : Conv2D(Arguments{filters, kernel_size, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>
  explicit Conv2D(A arguments) : detail::ConvolutionLayer<Scalar, ConvOptions>(std::move(arguments)) {}
};

/// 3-D convolution of volumes: Conv1D over planes, rows and columns, without padding "causal". Keras's
/// `keras.layers.Conv3D`.
/// Shapes: x (batch, planes, rows, columns, channels), kernel (kernel_planes, kernel_rows, kernel_columns, channels /
/// groups, filters), bias (filters,), y (batch, new_planes, new_rows, new_columns, filters). Errors: as Conv1D.
template <class Scalar = float>
class Conv3D : public detail::ConvolutionLayer<Scalar, ConvOptions> {
 public:
  using Arguments = detail::ConvolutionArgumentsOf<ConvOptions, 3>;
  /// Constructs a layer with `filters` output channels (>= 1) and windows of `kernel_size` (>= 1): `3` or `{1, 3, 3}`.
  Conv3D(Index filters, const AxisSizes& kernel_size, ConvOptions options = {})
      : Conv3D(Arguments{filters, kernel_size, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>
  explicit Conv3D(A arguments) : detail::ConvolutionLayer<Scalar, ConvOptions>(std::move(arguments)) {}
};

}  // namespace lamina
