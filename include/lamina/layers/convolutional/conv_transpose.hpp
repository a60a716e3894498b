#pragma once
#include "lamina/layers/convolutional/convolution_layer.hpp"

namespace lamina {

/// Transposed convolution over steps, which makes inputs larger: every input adds itself times the kernel to the window
/// of outputs that begins at its step times the stride; then bias and activation. Shapes: x (batch, steps, channels),
/// kernel (window, filters, channels), bias (filters,), y (batch, new steps, filters); with channels_first the channels
/// are on axis 1. New steps, with r = (window - 1) dilation + 1: (steps - 1) stride + max(r, stride), or steps stride
/// with padding "same"; with output_padding p instead (steps - 1) stride + r + p, or (steps - 1) stride + r % 2 + p.
/// Raises ValueError for arguments that do not fit, ShapeError for an input of another rank or an empty one. Keras's
/// Conv1DTranspose.
///
///     Conv1DTranspose(16, 3, {.strides = 2, .padding = "same"})
template <class Scalar = float>
class Conv1DTranspose : public detail::ConvolutionLayer<Scalar, ConvTransposeOptions> {
 public:
  using Arguments = detail::ConvolutionArgumentsOf<ConvTransposeOptions, 1>;  ///< The constructor arguments.
  Conv1DTranspose(Index filters, const AxisSizes& kernel_size, ConvTransposeOptions options = {})
      : Conv1DTranspose(Arguments{filters, kernel_size, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>  // a template, so that braces mean no arguments
  explicit Conv1DTranspose(A arguments)
      : detail::ConvolutionLayer<Scalar, ConvTransposeOptions>(std::move(arguments)) {}
};

/// As Conv1DTranspose, over images: x (batch, rows, columns, channels), kernel (rows, columns, filters, channels).
/// Keras's Conv2DTranspose.
template <class Scalar = float>
class Conv2DTranspose : public detail::ConvolutionLayer<Scalar, ConvTransposeOptions> {
 public:
  using Arguments = detail::ConvolutionArgumentsOf<ConvTransposeOptions, 2>;  ///< The constructor arguments.
  Conv2DTranspose(Index filters, const AxisSizes& kernel_size, ConvTransposeOptions options = {})
      : Conv2DTranspose(Arguments{filters, kernel_size, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>
  explicit Conv2DTranspose(A arguments)
      : detail::ConvolutionLayer<Scalar, ConvTransposeOptions>(std::move(arguments)) {}
};

/// As Conv2DTranspose, over volumes: x (batch, planes, rows, columns, channels). Keras's Conv3DTranspose.
template <class Scalar = float>
class Conv3DTranspose : public detail::ConvolutionLayer<Scalar, ConvTransposeOptions> {
 public:
  using Arguments = detail::ConvolutionArgumentsOf<ConvTransposeOptions, 3>;  ///< The constructor arguments.
  Conv3DTranspose(Index filters, const AxisSizes& kernel_size, ConvTransposeOptions options = {})
      : Conv3DTranspose(Arguments{filters, kernel_size, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>
  explicit Conv3DTranspose(A arguments)
      : detail::ConvolutionLayer<Scalar, ConvTransposeOptions>(std::move(arguments)) {}
};

}  // namespace lamina
