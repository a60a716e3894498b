#pragma once
#include <optional>

#include "lamina/layers/base/channels_last.hpp"
#include "lamina/layers/base/layer.hpp"
#include "lamina/ops/pooling.hpp"

namespace lamina {

/// The options of MaxPooling and AveragePooling layers.
template <int Rank>
struct PoolingOptions {
  /// Distance between neighboring windows along each axis; >= 1. Default: the size of the windows.
  std::optional<Sizes<Rank>> strides = std::nullopt;
  /// "valid": no padding; "same": the size of the output is ceil(input / stride). Default: "valid".
  Padding padding = Padding::valid;
  bool channels_first = false;  ///< If true, the channels are axis 1; otherwise the last axis. Default: false.
  std::string name = {};        ///< Name of the layer. Default: made from the class name.
};

namespace detail {

template <int Rank>
struct PoolingArguments {
  Sizes<Rank> pool_size = 2;          ///< Sizes of the pooling window; >= 1. Default: 2.
  PoolingOptions<Rank> options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("pool_size", self.pool_size);
    field("strides", self.options.strides);
    field("padding", self.options.padding);
    data_format_field(self.options.channels_first, field);
  }
};

/// The base class of pooling over `Rank` spatial axes. `Kind` has `class_name()` and `pool(x, pooling)`.
template <class Scalar, int Rank, class Kind>
class PoolingLayer : public Layer<Scalar> {
 public:
  using Arguments = PoolingArguments<Rank>;
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>  // a template, so that braces mean the size
  explicit PoolingLayer(A arguments) : arguments_(std::move(arguments)) {
    if (!arguments_.options.strides) arguments_.options.strides = arguments_.pool_size;
    const std::string who = class_name();
    arguments_.pool_size.require_at_least((who + ", pool_size").c_str(), 1, Rank);
    arguments_.options.strides->require_at_least((who + ", strides").c_str(), 1, Rank);
    if (arguments_.options.padding == Padding::causal)
      raise<ValueError>(who, ": expected padding \"valid\" or \"same\", got \"causal\"");
    this->set_name(arguments_.options.name);
    this->set_input_spec({.rank = Rank + 2});
  }
  std::string class_name() const override { return text(Kind::class_name(), Rank, "D"); }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    return apply_per_channel(x, arguments_.options.channels_first, [&](const Tensor<Scalar>& t) {
      return Kind::pool(
          t, pooling_of(t.shape(), arguments_.pool_size, *arguments_.options.strides, arguments_.options.padding));
    });
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    this->check_input(input);
    const PoolingOptions<Rank>& o = arguments_.options;
    return window_output_shape(input, Rank, arguments_.pool_size, *o.strides, 1, o.padding, o.channels_first,
                               input[o.channels_first ? 1 : -1]);
  }

 private:
  Arguments arguments_;
};

}  // namespace detail
}  // namespace lamina
