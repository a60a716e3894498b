#pragma once
#include "lamina/layers/convolutional/depthwise_conv.hpp"
#include "lamina/ops/dense.hpp"

namespace lamina {

/// The options of SeparableConv1D and SeparableConv2D. Sizes are one integer for all axes, or one for each axis.
template <int Rank>
struct SeparableConvOptions {
  Sizes<Rank> strides = 1;             ///< Distance between neighboring windows along each axis; >= 1. Default: 1.
  Padding padding = Padding::valid;    ///< "valid", "same" or, for SeparableConv1D, "causal". Default: "valid".
  bool channels_first = false;         ///< If true, the channels are axis 1, otherwise the last axis. Default: false.
  Sizes<Rank> dilation_rate = 1;       ///< Distance between the elements of a window; >= 1. Default: 1.
  Index depth_multiplier = 1;          ///< Number of depthwise kernels for each channel; >= 1. Default: 1.
  ActivationArgument activation = {};  ///< Activation of the output. Default: none.
  bool use_bias = true;                ///< If true, adds a bias. Default: true.
  /// Initializer of the depthwise kernel. Default: GlorotUniform.
  Initializer depthwise_initializer = Initializer::of<GlorotUniform>();
  /// Initializer of the pointwise kernel. Default: GlorotUniform.
  Initializer pointwise_initializer = Initializer::of<GlorotUniform>();
  Initializer bias_initializer = Initializer::of<Zeros>();  ///< Initializer of the bias. Default: Zeros.
  Regularizer depthwise_regularizer = {};                   ///< Penalty on the depthwise kernel. Default: none.
  Regularizer pointwise_regularizer = {};                   ///< Penalty on the pointwise kernel. Default: none.
  Regularizer bias_regularizer = {};                        ///< Penalty on the bias. Default: none.
  Regularizer activity_regularizer = {};                    ///< Penalty on the output, per sample. Default: none.
  Constraint depthwise_constraint = {};  ///< Constraint on the depthwise kernel after each update. Default: none.
  Constraint pointwise_constraint = {};  ///< Constraint on the pointwise kernel after each update. Default: none.
  Constraint bias_constraint = {};       ///< Constraint on the bias after each update. Default: none.
  std::string name = {};                 ///< Name of the layer. Default: made from the class name.
};

namespace detail {

template <int Rank>
struct SeparableConvArguments {
  Index filters = 0;                        ///< Number of output channels; >= 1. Required.
  Sizes<Rank> kernel_size = 1;              ///< Sizes of the kernel; >= 1. Required.
  SeparableConvOptions<Rank> options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    auto& o = self.options;
    field("depth_multiplier", o.depth_multiplier);
    field.required("filters", self.filters);
    field.required("kernel_size", self.kernel_size);
    window_fields(o, field);
    field("depthwise_initializer", o.depthwise_initializer);
    field("pointwise_initializer", o.pointwise_initializer);
    field("bias_initializer", o.bias_initializer);
    field("depthwise_regularizer", o.depthwise_regularizer);
    field("pointwise_regularizer", o.pointwise_regularizer);
    field("bias_regularizer", o.bias_regularizer);
    field("activity_regularizer", o.activity_regularizer);
    field("depthwise_constraint", o.depthwise_constraint);
    field("pointwise_constraint", o.pointwise_constraint);
    field("bias_constraint", o.bias_constraint);
  }
};

/// The base class of separable convolutions over `Rank` spatial axes.
template <class Scalar, int Rank>
class SeparableConvLayer : public Layer<Scalar> {
 public:
  using Arguments = SeparableConvArguments<Rank>;
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>
  explicit SeparableConvLayer(A arguments)
      : arguments_(std::move(arguments)),
        activation_(arguments_.options.activation.template resolve<Scalar>()),
        activity_regularizer_(resolve_function<Scalar>(arguments_.options.activity_regularizer)) {
    check_depthwise_options(class_name(), Rank, arguments_.kernel_size, arguments_.options);
    if (arguments_.filters < 1) raise<ValueError>(class_name(), ": expected filters >= 1, got ", arguments_.filters);
    this->set_name(arguments_.options.name);
  }
  std::string class_name() const override { return text("SeparableConv", Rank, "D"); }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }

  LAMINA_COLD void build(const Shape& input) override {
    const auto& o = arguments_.options;
    if (input.rank() != Rank + 2) raise<ShapeError>("expected an input of rank ", Rank + 2, ", got shape ", input);
    const Index channels = input[o.channels_first ? 1 : -1];
    if (channels == unknown_size)
      raise<ShapeError>("expected an input with a known number of channels, got shape ", input);
    this->set_input_spec({.rank = Rank + 2, .last = o.channels_first ? unknown_size : channels});
    Shape depthwise{0}, pointwise{0};
    for (Index i = 0; i < Rank; ++i) {
      depthwise.push_back(arguments_.kernel_size[i]);
      pointwise.push_back(1);
    }
    depthwise.push_back(channels);
    depthwise.push_back(o.depth_multiplier);
    pointwise.push_back(channels * o.depth_multiplier);
    pointwise.push_back(arguments_.filters);
    depthwise_ = this->add_weight("depthwise_kernel", depthwise.slice(1), o.depthwise_initializer,
                                  weight_options<Scalar>(o.depthwise_regularizer, o.depthwise_constraint));
    pointwise_ = this->add_weight("pointwise_kernel", pointwise.slice(1), o.pointwise_initializer,
                                  weight_options<Scalar>(o.pointwise_regularizer, o.pointwise_constraint));
    if (o.use_bias)
      bias_ = this->add_weight("bias", {arguments_.filters}, o.bias_initializer,
                               weight_options<Scalar>(o.bias_regularizer, o.bias_constraint));
  }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    const auto& o = arguments_.options;
    const bool relu = activation_.is_relu();
    check_channels(x.shape(), o.channels_first, depthwise_.shape()[-2]);
    Tensor<Scalar> y = apply_channels_last(x, o.channels_first, [&](const Tensor<Scalar>& t) {
      const Tensor<Scalar> hidden = depthwise_conv(t, depthwise_, {o.strides, o.padding, o.dilation_rate});
      const Tensor<Scalar> kernel = pointwise_.value();
      return dense<Scalar>(hidden, reshape_to(kernel, {kernel.shape()[-2], kernel.columns()}),
                           bias_.defined() ? bias_.value() : Tensor<Scalar>(), relu);
    });
    if (!relu && !activation_.is_linear()) y = activation_(y);
    this->add_activity_loss(activity_regularizer_, y);
    return y;
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    const auto& o = arguments_.options;
    if (input.rank() != Rank + 2) raise<ShapeError>("expected an input of rank ", Rank + 2, ", got shape ", input);
    return window_output_shape(input, Rank, arguments_.kernel_size, o.strides, o.dilation_rate, o.padding,
                               o.channels_first, arguments_.filters);
  }

 private:
  Arguments arguments_;
  Activation<Scalar> activation_;
  typename Variable<Scalar>::Function activity_regularizer_;
  Variable<Scalar> depthwise_, pointwise_, bias_;
};

}  // namespace detail

/// 1-D depthwise separable convolution: a depthwise convolution, then a pointwise convolution (of kernel size 1) across
/// the channels, y = activation(depthwise(x) pointwise_kernel + bias). Keras's `keras.layers.SeparableConv1D`.
/// Shapes: x (batch, steps, channels), depthwise_kernel (kernel_size, channels, depth_multiplier), pointwise_kernel (1,
/// channels depth_multiplier, filters), bias (filters,), y (batch, new_steps, filters), with new_steps as for Conv1D;
/// with channels_first the channels of x and y are axis 1. Throws a ValueError for options out of range, a ShapeError
/// for an input of another rank or smaller than the window.
///
///     SeparableConv1D(16, 3, {.padding = "causal"})
template <class Scalar = float>
class SeparableConv1D : public detail::SeparableConvLayer<Scalar, 1> {
 public:
  using detail::SeparableConvLayer<Scalar, 1>::SeparableConvLayer;
  /// Constructs a layer with `filters` output channels (>= 1) and windows of `kernel_size` elements (>= 1).
  LAMINA_COLD explicit SeparableConv1D(Index filters, Sizes<1> kernel_size, SeparableConvOptions<1> options = {})
      : SeparableConv1D(detail::SeparableConvArguments<1>{filters, kernel_size, std::move(options)}) {}
};

/// 2-D depthwise separable convolution of images: SeparableConv1D over rows and columns, without padding "causal".
/// Keras's `keras.layers.SeparableConv2D`.
/// Shapes: x (batch, rows, columns, channels), depthwise_kernel (kernel_rows, kernel_columns, channels,
/// depth_multiplier), pointwise_kernel (1, 1, channels depth_multiplier, filters), bias (filters,), y (batch, new_rows,
/// new_columns, filters).
///
///     SeparableConv2D(32, 3, {.padding = "same", .activation = "relu"})
template <class Scalar = float>
class SeparableConv2D : public detail::SeparableConvLayer<Scalar, 2> {
 public:
  using detail::SeparableConvLayer<Scalar, 2>::SeparableConvLayer;
  /// Constructs a layer with `filters` output channels (>= 1) and windows of `kernel_size` (>= 1): `3` or `{3, 5}`.
  LAMINA_COLD explicit SeparableConv2D(Index filters, Sizes<2> kernel_size, SeparableConvOptions<2> options = {})
      : SeparableConv2D(detail::SeparableConvArguments<2>{filters, kernel_size, std::move(options)}) {}
};

}  // namespace lamina
