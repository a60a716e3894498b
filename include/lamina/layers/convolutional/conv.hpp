#pragma once
#include "lamina/layers/convolutional/convolution_layer.hpp"

namespace lamina {

/// Convolution over steps: y[o] = activation(sum over the window of x[o stride + k dilation] kernel[k] + bias). Shapes:
/// x (batch, steps, channels), kernel (window, channels / groups, filters), bias (filters,), y (batch, new steps,
/// filters); with channels_first the channels are on axis 1. With padding "causal" an output depends on no later step.
/// Raises ValueError for arguments that do not fit, ShapeError for an input of another rank, one smaller than the
/// window, or channels that the groups do not divide. Keras's Conv1D.
///
///     Conv1D(64, 5, {.padding = "causal", .dilation_rate = 2})
template <class Scalar = float>
class Conv1D : public detail::ConvolutionLayer<Scalar, ConvOptions> {
 public:
  using Arguments = detail::ConvolutionArgumentsOf<ConvOptions, 1>;  ///< The constructor arguments.
  Conv1D(Index filters, const AxisSizes& kernel_size, ConvOptions options = {})
      : Conv1D(Arguments{filters, kernel_size, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>  // a template, so that braces mean no arguments
  explicit Conv1D(A arguments) : detail::ConvolutionLayer<Scalar, ConvOptions>(std::move(arguments)) {}
};

/// As Conv1D, over images: x (batch, rows, columns, channels), kernel (rows, columns, channels / groups, filters).
/// There is no causal padding. Windows of 3 x 3 without strides, dilation and groups are computed by Winograd's minimal
/// filtering where there are at least 16 channels and filters and 128 positions in the batch, so that the last bits of
/// a result may depend on the size of the batch. Keras's Conv2D.
///
///     Conv2D(32, 3), Conv2D(32, {3, 5}, {.strides = 2, .padding = "same", .activation = "relu"})
template <class Scalar = float>
class Conv2D : public detail::ConvolutionLayer<Scalar, ConvOptions> {
 public:
  using Arguments = detail::ConvolutionArgumentsOf<ConvOptions, 2>;  ///< The constructor arguments.
  Conv2D(Index filters, const AxisSizes& kernel_size, ConvOptions options = {})
      : Conv2D(Arguments{filters, kernel_size, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>
  explicit Conv2D(A arguments) : detail::ConvolutionLayer<Scalar, ConvOptions>(std::move(arguments)) {}
};

/// As Conv2D, over volumes: x (batch, planes, rows, columns, channels). Keras's Conv3D.
template <class Scalar = float>
class Conv3D : public detail::ConvolutionLayer<Scalar, ConvOptions> {
 public:
  using Arguments = detail::ConvolutionArgumentsOf<ConvOptions, 3>;  ///< The constructor arguments.
  Conv3D(Index filters, const AxisSizes& kernel_size, ConvOptions options = {})
      : Conv3D(Arguments{filters, kernel_size, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>
  explicit Conv3D(A arguments) : detail::ConvolutionLayer<Scalar, ConvOptions>(std::move(arguments)) {}
};

}  // namespace lamina
