#pragma once
#include <optional>
#include <string>

#include "lamina/activations/activation.hpp"
#include "lamina/constraints/constraints.hpp"
#include "lamina/initializers/initializers.hpp"
#include "lamina/layers/base/kernel_options.hpp"
#include "lamina/layers/base/option_if.hpp"
#include "lamina/layers/base/window_arguments.hpp"
#include "lamina/regularizers/regularizers.hpp"

// The options of convolutions and transposed convolutions of any rank.

namespace lamina {

/// The options of convolutions (ConvOptions) and transposed convolutions (ConvTransposeOptions), with Keras's names and
/// order. Sizes are one integer for all axes, or one for each axis. Setting an option that a layer does not have is a
/// compile error.
template <bool is_transposed>
struct ConvLayerOptions {
  static constexpr bool transposed = is_transposed;  ///< True for transposed convolutions.
  template <bool present, class T>
  using If = detail::OptionIf<present, T>;  ///< T if the layer has the option.

  /// Distance between neighboring windows along each axis; >= 1. Transposed: the factor by which the output is larger
  /// than the input. Default: 1.
  AxisSizes strides = 1;
  /// "valid": no padding; "same": the size of the output is ceil(input / stride); "causal" (Conv1D): as "same", and no
  /// output depends on later steps. Transposed: "valid", or "same": the size of the output is input * stride.
  /// Default: "valid".
  Padding padding = Padding::valid;
  /// Transposed: number of elements added to the output along each axis; >= 0. Default: none, the size described at
  /// Conv1DTranspose.
  If<transposed, std::optional<AxisSizes>> output_padding = {};
  /// If true, the channels are axis 1 (Keras's data_format "channels_first"); otherwise the last axis. Default: false.
  bool channels_first = false;
  /// Distance between the elements of a window along each axis; >= 1, and 1 if any stride is above 1. Default: 1.
  AxisSizes dilation_rate = 1;
  /// Not transposed: number of groups of channels and filters, which are convolved separately; a divisor of both.
  /// Default: 1.
  If<!transposed, Index> groups = detail::option_if<!transposed>(Index(1));
  /// Activation of the output. Default: none.
  ActivationArgument activation = {};
  /// If true, adds a bias. Default: true.
  bool use_bias = true;
  /// Initializer of the kernel. Default: GlorotUniform.
  Initializer kernel_initializer = Initializer::of<GlorotUniform>();
  /// Initializer of the bias. Default: Zeros.
  Initializer bias_initializer = Initializer::of<Zeros>();
  /// Penalty on the kernel. Default: none.
  Regularizer kernel_regularizer = {};
  /// Penalty on the bias. Default: none.
  Regularizer bias_regularizer = {};
  /// Penalty on the output, per sample. Default: none.
  Regularizer activity_regularizer = {};
  /// Constraint on the kernel after each update. Default: none.
  Constraint kernel_constraint = {};
  /// Constraint on the bias after each update. Default: none.
  Constraint bias_constraint = {};
  /// Name of the layer. Default: made from the class name.
  std::string name = {};
};

/// The options of Conv1D, Conv2D and Conv3D.
using ConvOptions = ConvLayerOptions<false>;
/// The options of Conv1DTranspose, Conv2DTranspose and Conv3DTranspose.
using ConvTransposeOptions = ConvLayerOptions<true>;

namespace detail {

/// Sizes of `rank` axes; in a configuration a list, or null for none.
struct SizesField {
  AxisSizes sizes;
  Index rank;
  bool may_be_none = false, none = false;
  SizesField(const AxisSizes& given, Index axes) noexcept : sizes(given), rank(axes) {}
  SizesField(const std::optional<AxisSizes>& given, Index axes) noexcept
      : sizes(given.value_or(AxisSizes(1))), rank(axes), may_be_none(true), none(!given) {}
  LAMINA_COLD Config to_config() const {
    if (none) return Config();
    Config list = Config::list();
    for (Index i = 0; i < (std::min)(rank, AxisSizes::max_rank); ++i) list.push_back(sizes[i]);
    return list;
  }
  LAMINA_COLD void from_config(const Config& config) {
    none = config.is_null() && may_be_none;
    if (none) return;
    const bool each = config.is_list() && config.size() != 1;
    if (each && static_cast<Index>(config.size()) != rank)
      raise<ValueError>("expected one integer, or one for each of ", rank, " axes, got ", config.size());
    for (Index i = 0; i < (std::min)(rank, AxisSizes::max_rank); ++i)
      sizes[i] = (config.is_list() ? config[each ? static_cast<std::size_t>(i) : 0] : config).as_integer<Index>();
  }
};

/// Reads or writes sizes of `rank` axes.
template <bool required = false, class Field, class Numbers>
void sizes_field(Field& field, const char* name, Numbers& sizes, Index rank) {
  SizesField numbers{sizes, rank};
  if constexpr (required)
    field.required(name, numbers);
  else
    field(name, numbers);
  if constexpr (!std::is_const_v<Numbers>) sizes = numbers.sizes;
}

/// The arguments of convolutions or transposed convolutions of any rank.
template <class Options>
struct ConvolutionArguments {
  static constexpr bool transposed = Options::transposed;
  Index rank = 0;             ///< Number of spatial axes; 1 to 3.
  Index filters = 0;          ///< Number of output channels; >= 1. Required.
  AxisSizes kernel_size = 1;  ///< Sizes of the kernel; >= 1. Required.
  Options options = {};       ///< All other arguments.

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    auto& o = self.options;
    field.required("filters", self.filters);
    sizes_field<true>(field, "kernel_size", self.kernel_size, self.rank);
    sizes_field(field, "strides", o.strides, self.rank);
    field("padding", o.padding);
    data_format_field(o.channels_first, field);
    sizes_field(field, "dilation_rate", o.dilation_rate, self.rank);
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
    kernel_fields(o, field);
  }
};
/// The arguments of a layer with `Rank` spatial axes.
template <class Base, int Rank>
struct ArgumentsOfRank : Base {
  ArgumentsOfRank() { this->rank = Rank; }
  ArgumentsOfRank(Index filter_count, const AxisSizes& window, decltype(Base::options) given)
      : Base{Rank, filter_count, window, std::move(given)} {}
  template <class Field>
  static void fields(Base& self, Field&& field) {  // compiled once for all ranks
    Base::fields(self, field);
  }
};
template <class Options, int Rank>
using ConvolutionArgumentsOf = ArgumentsOfRank<ConvolutionArguments<Options>, Rank>;

/// Throws a ValueError if the kernel size, strides or dilation rate of the layer `who` are out of range.
template <class Options>
void check_windows(const std::string& who, Index rank, const AxisSizes& kernel_size, const Options& o) {
  const auto check_sizes = [&](const char* name, const AxisSizes& sizes) {
    const std::string where = who + ", " + name;
    sizes.require_count(where.c_str(), rank);
    sizes.require_at_least(where.c_str(), 1, rank);
  };
  check_sizes("kernel_size", kernel_size);
  check_sizes("strides", o.strides);
  check_sizes("dilation_rate", o.dilation_rate);
  bool strided = false, dilated = false;
  for (Index i = 0; i < rank; ++i) {
    strided = strided || o.strides[i] > 1;
    dilated = dilated || o.dilation_rate[i] > 1;
  }
  if (strided && dilated)
    raise<ValueError>(who, ": strides > 1 and dilation_rate > 1 cannot be combined. Set one of them to 1.");
}
/// Throws a ValueError for padding "causal" over more than one axis.
inline void check_causal(const std::string& who, Index rank, Padding padding) {
  if (padding == Padding::causal && rank > 1)
    raise<ValueError>(who, ": padding \"causal\": expected one axis (of steps), got ", rank,
                      ". Use \"valid\" or \"same\".");
}
/// Throws a ValueError for padding "causal", for layers that do not support it.
inline void check_not_causal(const std::string& who, Padding padding) {
  if (padding == Padding::causal) raise<ValueError>(who, ": expected padding \"valid\" or \"same\", got \"causal\"");
}

/// Throws a ValueError if an argument is out of range.
template <class Options>
void check_convolution_options(const std::string& who, const ConvolutionArguments<Options>& a) {
  const Options& o = a.options;
  if (a.filters < 1) raise<ValueError>(who, ": expected filters >= 1, got ", a.filters);
  check_windows(who, a.rank, a.kernel_size, o);
  if constexpr (Options::transposed) {
    if (o.output_padding) {
      const std::string where = who + ", output_padding";
      o.output_padding->require_count(where.c_str(), a.rank);
      o.output_padding->require_at_least(where.c_str(), 0, a.rank);
    }
    check_not_causal(who, o.padding);
  } else {
    check_causal(who, a.rank, o.padding);
    if (o.groups < 1 || a.filters % o.groups != 0)
      raise<ValueError>(who, ": expected groups that divide filters = ", a.filters, ", got ", o.groups);
  }
}

}  // namespace detail

}  // namespace lamina
