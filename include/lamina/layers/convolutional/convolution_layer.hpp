#pragma once
#include "lamina/layers/base/channels_last.hpp"
#include "lamina/layers/base/kernel_options.hpp"
#include "lamina/layers/base/layer.hpp"
#include "lamina/layers/convolutional/convolution_options.hpp"
#include "lamina/ops/convolution.hpp"

// The base class of convolutions and transposed convolutions. The rank is a run-time number, so that all ranks share
// the compiled code.

namespace lamina {

namespace detail {

/// A convolution or transposed convolution over `arguments.rank` spatial axes.
template <class Scalar, class Options>
class ConvolutionLayer : public Layer<Scalar> {
  static constexpr bool transposed = ConvolutionArguments<Options>::transposed;

 public:
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit ConvolutionLayer(ConvolutionArguments<Options> arguments)
      : arguments_(std::move(arguments)),
        activation_(arguments_.options.activation.template resolve<Scalar>()),
        activity_regularizer_(resolve_function<Scalar>(arguments_.options.activity_regularizer)) {
    check_convolution_options(class_name(), arguments_);
    this->set_name(arguments_.options.name);
    this->set_input_spec({.rank = arguments_.rank + 2});
  }
  std::string class_name() const override { return text("Conv", arguments_.rank, transposed ? "DTranspose" : "D"); }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }
  /// Returns the number of output channels.
  Index filters() const noexcept { return arguments_.filters; }

  LAMINA_COLD void build(const Shape& input) override {
    this->check_input(input);
    const Options& o = arguments_.options;
    const Index channels = input[o.channels_first ? 1 : -1];
    if (channels == unknown_size)
      raise<ShapeError>("expected an input with a known number of channels, got shape ", input);
    Shape kernel;
    for (Index i = 0; i < arguments_.rank; ++i) kernel.push_back(arguments_.kernel_size[i]);
    if constexpr (transposed) {
      kernel.push_back(arguments_.filters);
      kernel.push_back(channels);
    } else {
      if (channels % o.groups != 0)
        raise<ShapeError>("expected a number of channels that is a multiple of groups = ", o.groups, ", got ", channels,
                          " in shape ", input);
      kernel.push_back(channels / o.groups);
      kernel.push_back(arguments_.filters);
    }
    static_cast<void>(compute_output_shape(input));  // throws if the input is smaller than the window
    if (!o.channels_first) this->set_input_spec({.rank = arguments_.rank + 2, .last = channels});
    kernel_ = this->add_weight("kernel", kernel, o.kernel_initializer,
                               weight_options<Scalar>(o.kernel_regularizer, o.kernel_constraint));
    if (o.use_bias)
      bias_ = this->add_weight("bias", {arguments_.filters}, o.bias_initializer,
                               weight_options<Scalar>(o.bias_regularizer, o.bias_constraint));
  }

  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    const Options& o = arguments_.options;
    Tensor<Scalar> y = apply_channels_last(x, o.channels_first, [&](const Tensor<Scalar>& t) {
      const Tensor<Scalar> w = kernel_.value(), b = bias_.defined() ? bias_.value() : Tensor<Scalar>();
      if constexpr (transposed)
        return conv_transpose<Scalar>(t, w, b, relu_, transposed_options());
      else
        return conv<Scalar>(t, w, b, relu_, {o.strides, o.padding, o.dilation_rate});
    });
    if (!relu_ && !activation_.is_linear()) y = activation_(y);
    this->add_activity_loss(activity_regularizer_, y);
    return y;
  }

  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    this->check_input(input);
    const Options& o = arguments_.options;
    if constexpr (transposed) {
      Shape output = input;
      output[o.channels_first ? 1 : -1] = arguments_.filters;
      const Index first = first_spatial_axis(o.channels_first);
      for (Index i = 0; i < arguments_.rank; ++i)
        output[first + i] =
            conv_transpose_output_size(input[first + i], arguments_.kernel_size[i], i, transposed_options());
      return output;
    } else {
      return window_output_shape(input, arguments_.rank, arguments_.kernel_size, o.strides, o.dilation_rate, o.padding,
                                 o.channels_first, arguments_.filters);
    }
  }

 private:
  TransposedConvolutionOptions transposed_options() const {
    const Options& o = arguments_.options;
    return {o.strides, o.padding, o.output_padding, o.dilation_rate};
  }
  ConvolutionArguments<Options> arguments_;
  Activation<Scalar> activation_;
  bool relu_ = activation_.is_relu();  // fused into the convolution
  typename Variable<Scalar>::Function activity_regularizer_;
  Variable<Scalar> kernel_, bias_;
};

}  // namespace detail
}  // namespace lamina
