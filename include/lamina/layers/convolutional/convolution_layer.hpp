#pragma once
#include <optional>

#include "lamina/activations/activation.hpp"
#include "lamina/constraints/constraints.hpp"
#include "lamina/layers/base/channels_last.hpp"
#include "lamina/layers/base/layer.hpp"
#include "lamina/ops/convolution.hpp"
#include "lamina/regularizers/regularizers.hpp"

// What all convolutions share, whatever the number of their axes and their direction: the rank is a number at run time.

namespace lamina {

/// What Conv1D, Conv2D and Conv3D take beside filters and kernel_size. Sizes are one number for all axes, or one for
/// each.
struct ConvOptions {
  AxisSizes strides = 1;             ///< how far apart windows begin
  Padding padding = Padding::valid;  ///< "valid", "same" to reach over the borders; Conv1D has "causal" as well
  bool channels_first = false;       ///< Keras's data_format
  AxisSizes dilation_rate = 1;       ///< how far apart the elements of a window are
  Index groups = 1;                  ///< into how many parts channels and filters are cut, each convolved by itself
  ActivationArgument activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = Initializer::of<GlorotUniform>();
  Initializer bias_initializer = Initializer::of<Zeros>();
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint bias_constraint = {};
  std::string name = {};
};

/// What Conv1DTranspose, Conv2DTranspose and Conv3DTranspose take beside filters and kernel_size.
struct ConvTransposeOptions {
  AxisSizes strides = 1;             ///< how far apart the windows are that inputs spread over
  Padding padding = Padding::valid;  ///< "valid": all that windows reach; "same": strides times the input
  std::optional<AxisSizes> output_padding = std::nullopt;  ///< how much larger the output is than it needs to be
  bool channels_first = false;                             ///< Keras's data_format
  AxisSizes dilation_rate = 1;                             ///< how far apart the elements of a window are
  ActivationArgument activation = {};
  bool use_bias = true;
  Initializer kernel_initializer = Initializer::of<GlorotUniform>();
  Initializer bias_initializer = Initializer::of<Zeros>();
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint bias_constraint = {};
  std::string name = {};
};

namespace detail {

/// Sizes of `rank` axes as an argument; in a configuration a list, or null where there are none.
struct SizesField {
  AxisSizes sizes;
  Index rank;
  bool may_be_none = false, none = false;
  SizesField(const AxisSizes& given, Index axes) noexcept : sizes(given), rank(axes) {}
  SizesField(const std::optional<AxisSizes>& given, Index axes) noexcept
      : sizes(given.value_or(AxisSizes(1))), rank(axes), may_be_none(true), none(!given) {}
  Config to_config() const {
    if (none) return Config();
    Config list = Config::list();
    for (Index i = 0; i < (std::min)(rank, AxisSizes::max_rank); ++i) list.push_back(sizes[i]);
    return list;
  }
  void from_config(const Config& config) {
    none = config.is_null() && may_be_none;
    if (none) return;
    const bool each = config.is_list() && config.size() != 1;
    if (each && static_cast<Index>(config.size()) != rank)
      raise<ValueError>("expected one number or one for each of ", rank, " axes, got ", config.size());
    for (Index i = 0; i < (std::min)(rank, AxisSizes::max_rank); ++i)
      sizes[i] = (config.is_list() ? config[each ? static_cast<std::size_t>(i) : 0] : config).as_integer<Index>();
  }
};

/// The arguments of all convolutions. `Options`: those of one direction.
template <class Options>
struct ConvolutionArguments {
  static constexpr bool transposed = std::is_same_v<Options, ConvTransposeOptions>;
  Index rank = 0;
  Index filters = 0;
  AxisSizes kernel_size = 1;
  Options options = {};

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    auto& o = self.options;
    const auto read_back = [](auto& sizes, const SizesField& numbers) {
      if constexpr (!std::is_const_v<Self>) sizes = numbers.sizes;
    };
    const auto sizes = [&](const char* name, auto& which) {
      SizesField numbers{which, self.rank};
      field(name, numbers);
      read_back(which, numbers);
    };
    field.required("filters", self.filters);
    SizesField window{self.kernel_size, self.rank};
    field.required("kernel_size", window);
    read_back(self.kernel_size, window);
    sizes("strides", o.strides);
    field("padding", o.padding);
    data_format_field(o.channels_first, field);
    sizes("dilation_rate", o.dilation_rate);
    if constexpr (transposed) {
      SizesField more{o.output_padding, self.rank};
      field("output_padding", more);
      if constexpr (!std::is_const_v<Self>)
        o.output_padding = more.none ? std::nullopt : std::optional<AxisSizes>(more.sizes);
    } else {
      field("groups", o.groups);
      for (const char* name : {"lora_rank", "lora_alpha", "dora_rank", "dora_alpha"}) field.ignored(name);
    }
    field("activation", o.activation);
    field("use_bias", o.use_bias);
    field("kernel_initializer", o.kernel_initializer);
    field("bias_initializer", o.bias_initializer);
    field("kernel_regularizer", o.kernel_regularizer);
    field("bias_regularizer", o.bias_regularizer);
    field("activity_regularizer", o.activity_regularizer);
    field("kernel_constraint", o.kernel_constraint);
    field("bias_constraint", o.bias_constraint);
  }
};
template <class Options, int Rank>
struct ConvolutionArgumentsOf : ConvolutionArguments<Options> {
  using Base = ConvolutionArguments<Options>;
  ConvolutionArgumentsOf() { this->rank = Rank; }
  ConvolutionArgumentsOf(Index how_many, const AxisSizes& window, Options given)
      : Base{Rank, how_many, window, std::move(given)} {}
  template <class Field>
  static void fields(Base& self, Field&& field) {  // compiled once for all ranks
    Base::fields(self, field);
  }
};

template <class Options>
void check_convolution_options(const std::string& who, const ConvolutionArguments<Options>& a) {
  const Options& o = a.options;
  const auto check_sizes = [&](const char* name, const AxisSizes& sizes, Index least) {
    const std::string where = who + ", " + name;
    sizes.require_count(where.c_str(), a.rank);
    sizes.require_at_least(where.c_str(), least, a.rank);
  };
  if (a.filters < 1) raise<ValueError>(who, ": expected filters >= 1, got ", a.filters);
  check_sizes("kernel_size", a.kernel_size, 1);
  check_sizes("strides", o.strides, 1);
  check_sizes("dilation_rate", o.dilation_rate, 1);
  bool strided = false, dilated = false;
  for (Index i = 0; i < a.rank; ++i) {
    strided = strided || o.strides[i] > 1;
    dilated = dilated || o.dilation_rate[i] > 1;
  }
  if (strided && dilated) raise<ValueError>(who, ": strides > 1 and dilation_rate > 1 do not go together");
  if constexpr (ConvolutionArguments<Options>::transposed) {
    if (o.output_padding) check_sizes("output_padding", *o.output_padding, 0);
    if (o.padding == Padding::causal)
      raise<ValueError>(who, ": expected padding \"valid\" or \"same\", got \"causal\"");
  } else {
    if (o.padding == Padding::causal && a.rank > 1)
      raise<ValueError>(who, ": padding \"causal\" is for one axis, of steps. Pad with \"valid\" or \"same\".");
    if (o.groups < 1 || a.filters % o.groups != 0)
      raise<ValueError>(who, ": expected groups that divide the ", a.filters, " filters, got ", o.groups);
  }
}

/// A convolution over some axes, or a transposed one.
template <class Scalar, class Options>
class ConvolutionLayer : public Layer<Scalar> {
  static constexpr bool transposed = ConvolutionArguments<Options>::transposed;

 public:
  explicit ConvolutionLayer(ConvolutionArguments<Options> arguments)
      : arguments_(std::move(arguments)),
        activation_(arguments_.options.activation.template resolve<Scalar>()),
        activity_regularizer_(resolve_function<Scalar>(arguments_.options.activity_regularizer)) {
    check_convolution_options(class_name(), arguments_);
    this->set_name(arguments_.options.name);
    this->set_input_spec({.rank = arguments_.rank + 2});
  }
  std::string class_name() const override { return text("Conv", arguments_.rank, transposed ? "DTranspose" : "D"); }
  Config get_config() const override { return this->config_with(arguments_); }
  Index filters() const noexcept { return arguments_.filters; }

  void build(const Shape& input) override {
    this->check_input(input);
    const Options& o = arguments_.options;
    const Index channels = input[o.channels_first ? 1 : -1];
    if (channels == unknown_size) raise<ShapeError>("the number of channels must be known, got shape ", input);
    Shape kernel;
    for (Index i = 0; i < arguments_.rank; ++i) kernel.push_back(arguments_.kernel_size[i]);
    if constexpr (transposed) {
      kernel.push_back(arguments_.filters);
      kernel.push_back(channels);
    } else {
      if (channels % o.groups != 0)
        raise<ShapeError>("expected channels that ", o.groups, " groups divide, got ", channels, " in shape ", input);
      kernel.push_back(channels / o.groups);
      kernel.push_back(arguments_.filters);
    }
    static_cast<void>(compute_output_shape(input));  // too small an input shows here
    if (!o.channels_first) this->set_input_spec({.rank = arguments_.rank + 2, .last = channels});
    kernel_ = this->add_weight("kernel", kernel, o.kernel_initializer,
                               {.regularizer = resolve_function<Scalar>(o.kernel_regularizer),
                                .constraint = resolve_function<Scalar>(o.kernel_constraint)});
    if (o.use_bias)
      bias_ = this->add_weight("bias", {arguments_.filters}, o.bias_initializer,
                               {.regularizer = resolve_function<Scalar>(o.bias_regularizer),
                                .constraint = resolve_function<Scalar>(o.bias_constraint)});
  }

  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    const Options& o = arguments_.options;
    Tensor<Scalar> y = with_channels_last(x, o.channels_first, [&](const Tensor<Scalar>& t) {
      const Tensor<Scalar> w = kernel_.value(), b = bias_.defined() ? bias_.value() : Tensor<Scalar>();
      if constexpr (transposed)
        return conv_transpose<Scalar>(t, w, b, relu_, spread());
      else
        return conv<Scalar>(t, w, b, relu_, {o.strides, o.padding, o.dilation_rate});
    });
    if (!relu_ && !activation_.is_linear()) y = activation_(y);
    this->add_activity_loss(activity_regularizer_, y);
    return y;
  }

  Shape compute_output_shape(const Shape& input) const override {
    this->check_input(input);
    const Options& o = arguments_.options;
    if constexpr (transposed) {
      Shape output = input;
      output[o.channels_first ? 1 : -1] = arguments_.filters;
      const Index first = first_spatial_axis(o.channels_first);
      for (Index i = 0; i < arguments_.rank; ++i)
        output[first + i] = spread_size(input[first + i], arguments_.kernel_size[i], i, spread());
      return output;
    } else {
      return after_windows(input, arguments_.rank, arguments_.kernel_size, o.strides, o.dilation_rate, o.padding,
                           o.channels_first, arguments_.filters);
    }
  }

 private:
  TransposedConvolutionOptions spread() const {
    const Options& o = arguments_.options;
    return {o.strides, o.padding, o.output_padding, o.dilation_rate};
  }
  ConvolutionArguments<Options> arguments_;
  Activation<Scalar> activation_;
  bool relu_ = activation_.is_relu();  // part of the convolution's own pass
  typename Variable<Scalar>::Function activity_regularizer_;
  Variable<Scalar> kernel_, bias_;
};

}  // namespace detail
}  // namespace lamina
