#pragma once
#include "lamina/layers/convolutional/convolution_layer.hpp"

namespace lamina {

/// 1-D transposed convolution, the gradient of a convolution with respect to its input: y = activation(z + bias), where
/// every x[i] adds x[i] kernel[k] to z[i stride + k dilation]. Keras's `keras.layers.Conv1DTranspose`.
///
/// Shapes: x (batch, steps, channels), kernel (kernel_size, filters, channels), bias (filters,), y (batch, new_steps,
/// filters); with channels_first the channels of x and y are axis 1. With r = (kernel_size - 1) dilation + 1:
///
///     new_steps = (steps - 1) stride + max(r, stride)               with padding "valid"
///     new_steps = steps stride                                      with padding "same"
///     new_steps = (steps - 1) stride + r + output_padding           with padding "valid" and output_padding
///     new_steps = (steps - 1) stride + r % 2 + output_padding       with padding "same" and output_padding
///
/// Throws a ValueError for options out of range, a ShapeError for an input of another rank or without steps.
///
///     Conv1DTranspose(16, 3, {.strides = 2, .padding = "same"})
template <class Scalar = float>
class Conv1DTranspose : public detail::ConvolutionLayer<Scalar, ConvTransposeOptions> {
 public:
  using Arguments = detail::ConvolutionArgumentsOf<ConvTransposeOptions, 1>;
  /// Constructs a layer with `filters` output channels (>= 1) and windows of `kernel_size` elements (>= 1).
  Conv1DTranspose(Index filters, const AxisSizes& kernel_size, ConvTransposeOptions options = {})
      : Conv1DTranspose(Arguments{filters, kernel_size, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>  // a template, so that braces mean no arguments
  explicit Conv1DTranspose(A arguments)
      : detail::ConvolutionLayer<Scalar, ConvTransposeOptions>(std::move(arguments)) {}
};

/// 2-D transposed convolution of images: Conv1DTranspose over rows and columns. Keras's `keras.layers.Conv2DTranspose`.
/// Shapes: x (batch, rows, columns, channels), kernel (kernel_rows, kernel_columns, filters, channels), bias
/// (filters,), y (batch, new_rows, new_columns, filters). Errors: as Conv1DTranspose.
template <class Scalar = float>
class Conv2DTranspose : public detail::ConvolutionLayer<Scalar, ConvTransposeOptions> {
 public:
  using Arguments = detail::ConvolutionArgumentsOf<ConvTransposeOptions, 2>;
  /// Constructs a layer with `filters` output channels (>= 1) and windows of `kernel_size` (>= 1): `3` or `{3, 5}`.
  Conv2DTranspose(Index filters, const AxisSizes& kernel_size, ConvTransposeOptions options = {})
      : Conv2DTranspose(Arguments{filters, kernel_size, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>
  explicit Conv2DTranspose(A arguments)
      : detail::ConvolutionLayer<Scalar, ConvTransposeOptions>(std::move(arguments)) {}
};

/// 3-D transposed convolution of volumes: Conv1DTranspose over planes, rows and columns. Keras's
/// `keras.layers.Conv3DTranspose`.
/// Shapes: x (batch, planes, rows, columns, channels), kernel (kernel_planes, kernel_rows, kernel_columns, filters,
/// channels), bias (filters,), y (batch, new_planes, new_rows, new_columns, filters). Errors: as Conv1DTranspose.
template <class Scalar = float>
class Conv3DTranspose : public detail::ConvolutionLayer<Scalar, ConvTransposeOptions> {
 public:
  using Arguments = detail::ConvolutionArgumentsOf<ConvTransposeOptions, 3>;
  /// Constructs a layer with `filters` output channels (>= 1) and windows of `kernel_size` (>= 1): `3` or `{1, 3, 3}`.
  Conv3DTranspose(Index filters, const AxisSizes& kernel_size, ConvTransposeOptions options = {})
      : Conv3DTranspose(Arguments{filters, kernel_size, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>
  explicit Conv3DTranspose(A arguments)
      : detail::ConvolutionLayer<Scalar, ConvTransposeOptions>(std::move(arguments)) {}
};

}  // namespace lamina
