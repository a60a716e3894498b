#pragma once
#include "lamina/layers/base/channels_last.hpp"
#include "lamina/layers/base/layer.hpp"
#include "lamina/layers/convolutional/convolution_options.hpp"
#include "lamina/ops/depthwise.hpp"

namespace lamina {

/// The options of DepthwiseConv1D and DepthwiseConv2D. Sizes are one integer for all axes, or one for each axis.
template <int Rank>
struct DepthwiseConvOptions {
  Sizes<Rank> strides = 1;             ///< Distance between neighboring windows along each axis; >= 1. Default: 1.
  Padding padding = Padding::valid;    ///< "valid", "same" or, for DepthwiseConv1D, "causal". Default: "valid".
  Index depth_multiplier = 1;          ///< Number of output channels for each input channel; >= 1. Default: 1.
  bool channels_first = false;         ///< If true, the channels are axis 1, otherwise the last axis. Default: false.
  Sizes<Rank> dilation_rate = 1;       ///< Distance between the elements of a window; >= 1. Default: 1.
  ActivationArgument activation = {};  ///< Activation of the output. Default: none.
  bool use_bias = true;                ///< If true, adds a bias. Default: true.
  /// Initializer of the kernel. Default: GlorotUniform.
  Initializer depthwise_initializer = Initializer::of<GlorotUniform>();
  Initializer bias_initializer = Initializer::of<Zeros>();  ///< Initializer of the bias. Default: Zeros.
  Regularizer depthwise_regularizer = {};                   ///< Penalty on the kernel. Default: none.
  Regularizer bias_regularizer = {};                        ///< Penalty on the bias. Default: none.
  Regularizer activity_regularizer = {};                    ///< Penalty on the output, per sample. Default: none.
  Constraint depthwise_constraint = {};  ///< Constraint on the kernel after each update. Default: none.
  Constraint bias_constraint = {};       ///< Constraint on the bias after each update. Default: none.
  std::string name = {};                 ///< Name of the layer. Default: made from the class name.
};

namespace detail {

/// Reads or writes the options that depthwise and separable convolutions have in common, except the initializers.
template <class Self, class Field>
void window_fields(Self& o, Field&& field) {
  field("strides", o.strides);
  field("padding", o.padding);
  data_format_field(o.channels_first, field);
  field("dilation_rate", o.dilation_rate);
  field("activation", o.activation);
  field("use_bias", o.use_bias);
}

template <int Rank>
struct DepthwiseConvArguments {
  Sizes<Rank> kernel_size = 1;              ///< Sizes of the kernel; >= 1. Required.
  DepthwiseConvOptions<Rank> options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    auto& o = self.options;
    field("depth_multiplier", o.depth_multiplier);
    field.required("kernel_size", self.kernel_size);
    window_fields(o, field);
    field("depthwise_initializer", o.depthwise_initializer);
    field("bias_initializer", o.bias_initializer);
    field("depthwise_regularizer", o.depthwise_regularizer);
    field("bias_regularizer", o.bias_regularizer);
    field("activity_regularizer", o.activity_regularizer);
    field("depthwise_constraint", o.depthwise_constraint);
    field("bias_constraint", o.bias_constraint);
  }
};

/// Throws a ValueError if an option of a depthwise or separable convolution is out of range.
template <class Options>
void check_depthwise_options(const std::string& who, Index rank, const AxisSizes& kernel_size, const Options& o) {
  check_windows(who, rank, kernel_size, o);
  if (o.depth_multiplier < 1) raise<ValueError>(who, ": expected depth_multiplier >= 1, got ", o.depth_multiplier);
  check_causal(who, rank, o.padding);
}

/// Throws a ShapeError for another number of channels with channels_first, which an InputSpec cannot check.
inline void check_channels(const Shape& input, bool channels_first, Index channels) {
  if (channels_first && input[1] != channels) [[unlikely]]
    raise<ShapeError>("expected an input with ", channels,
                      " channels on axis 1, as the layer was built for, got shape ", input);
}

/// The base class of depthwise convolutions over `Rank` spatial axes.
template <class Scalar, int Rank>
class DepthwiseConvLayer : public Layer<Scalar> {
 public:
  using Arguments = DepthwiseConvArguments<Rank>;
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>  // a template, so that braces mean the size
  explicit DepthwiseConvLayer(A arguments)
      : arguments_(std::move(arguments)),
        activation_(arguments_.options.activation.template resolve<Scalar>()),
        activity_regularizer_(resolve_function<Scalar>(arguments_.options.activity_regularizer)) {
    check_depthwise_options(class_name(), Rank, arguments_.kernel_size, arguments_.options);
    this->set_name(arguments_.options.name);
  }
  std::string class_name() const override { return text("DepthwiseConv", Rank, "D"); }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }

  LAMINA_COLD void build(const Shape& input) override {
    const auto& o = arguments_.options;
    const Index channels = this->channels_of(input, o.channels_first);
    Shape kernel{0};
    for (Index i = 0; i < Rank; ++i) kernel.push_back(arguments_.kernel_size[i]);
    kernel.push_back(channels);
    kernel.push_back(o.depth_multiplier);
    kernel_ = this->add_weight("kernel", kernel.slice(1), o.depthwise_initializer,
                               weight_options<Scalar>(o.depthwise_regularizer, o.depthwise_constraint));
    if (o.use_bias)
      bias_ = this->add_weight("bias", {channels * o.depth_multiplier}, o.bias_initializer,
                               weight_options<Scalar>(o.bias_regularizer, o.bias_constraint));
  }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    const auto& o = arguments_.options;
    check_channels(x.shape(), o.channels_first, kernel_.shape()[-2]);
    Tensor<Scalar> y = apply_channels_last(x, o.channels_first, [&](const Tensor<Scalar>& t) {
      return depthwise_conv(t, kernel_, {o.strides, o.padding, o.dilation_rate},
                            bias_.defined() ? bias_.value() : Tensor<Scalar>());
    });
    if (!activation_.is_linear()) y = activation_(y);
    this->add_activity_loss(activity_regularizer_, y);
    return y;
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    const auto& o = arguments_.options;
    if (input.rank() != Rank + 2) raise<ShapeError>("expected an input of rank ", Rank + 2, ", got shape ", input);
    return window_output_shape(input, Rank, arguments_.kernel_size, o.strides, o.dilation_rate, o.padding,
                               o.channels_first, input[o.channels_first ? 1 : -1] * o.depth_multiplier);
  }

 private:
  Index channels_of(const Shape& input, bool channels_first) {
    if (input.rank() != Rank + 2) raise<ShapeError>("expected an input of rank ", Rank + 2, ", got shape ", input);
    const Index channels = input[channels_first ? 1 : -1];
    if (channels == unknown_size)
      raise<ShapeError>("expected an input with a known number of channels, got shape ", input);
    this->set_input_spec({.rank = Rank + 2, .last = channels_first ? unknown_size : channels});
    return channels;
  }
  Arguments arguments_;
  Activation<Scalar> activation_;
  typename Variable<Scalar>::Function activity_regularizer_;
  Variable<Scalar> kernel_, bias_;
};

}  // namespace detail

/// 1-D depthwise convolution: convolves each channel c separately with m = depth_multiplier kernels,
/// y[o, c m + j] = activation(sum_k x[o stride + k dilation, c] kernel[k, c, j] + bias[c m + j]). Keras's
/// `keras.layers.DepthwiseConv1D`.
/// Shapes: x (batch, steps, channels), kernel (kernel_size, channels, m), bias (channels m,), y (batch, new_steps,
/// channels m), with new_steps as for Conv1D; with channels_first the channels of x and y are axis 1. Throws a
/// ValueError for options out of range, a ShapeError for an input of another rank or smaller than the window.
///
///     DepthwiseConv1D(3, {.padding = "same", .depth_multiplier = 2})
template <class Scalar = float>
class DepthwiseConv1D : public detail::DepthwiseConvLayer<Scalar, 1> {
 public:
  using detail::DepthwiseConvLayer<Scalar, 1>::DepthwiseConvLayer;
  /// Constructs a layer with windows of `kernel_size` elements; >= 1.
  LAMINA_COLD explicit DepthwiseConv1D(Sizes<1> kernel_size, DepthwiseConvOptions<1> options = {})
      : DepthwiseConv1D(detail::DepthwiseConvArguments<1>{kernel_size, std::move(options)}) {}
};

/// 2-D depthwise convolution of images: DepthwiseConv1D over rows and columns, without padding "causal". Keras's
/// `keras.layers.DepthwiseConv2D`.
/// Shapes: x (batch, rows, columns, channels), kernel (kernel_rows, kernel_columns, channels, depth_multiplier), bias
/// (channels depth_multiplier,), y (batch, new_rows, new_columns, channels depth_multiplier).
///
///     DepthwiseConv2D(3, {.strides = 2, .activation = "relu"})
template <class Scalar = float>
class DepthwiseConv2D : public detail::DepthwiseConvLayer<Scalar, 2> {
 public:
  using detail::DepthwiseConvLayer<Scalar, 2>::DepthwiseConvLayer;
  /// Constructs a layer with windows of `kernel_size` (>= 1): `3` or `{3, 5}`.
  LAMINA_COLD explicit DepthwiseConv2D(Sizes<2> kernel_size, DepthwiseConvOptions<2> options = {})
      : DepthwiseConv2D(detail::DepthwiseConvArguments<2>{kernel_size, std::move(options)}) {}
};

}  // namespace lamina
