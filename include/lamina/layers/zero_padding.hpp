#pragma once
#include "lamina/layers/borders.hpp"
#include "lamina/layers/data_format.hpp"
#include "lamina/layers/layer.hpp"

namespace lamina {

struct ZeroPaddingOptions {
  bool channels_first = false;
  std::string name = {};
};

namespace detail {

template <int Rank>
struct ZeroPaddingArguments {
  Borders<Rank> padding = 1;
  ZeroPaddingOptions options = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("padding", self.padding);
    ChannelsFirst format{self.options.channels_first};
    field("data_format", format);
    if constexpr (!std::is_const_v<Self>) self.options.channels_first = format.value;
  }
};

template <class Scalar, int Rank>
class ZeroPadding : public Layer<Scalar> {
 public:
  using Arguments = ZeroPaddingArguments<Rank>;
  template <std::same_as<Arguments> A>  // a template, so that braces mean the borders
  explicit ZeroPadding(A arguments) : arguments_(std::move(arguments)) {
    arguments_.padding.require_not_negative("ZeroPadding");
    if (!arguments_.options.name.empty()) this->set_name(arguments_.options.name);
    this->set_input_spec({.rank = Rank + 2});
  }
  std::string class_name() const override { return text("ZeroPadding", Rank, "D"); }
  Config get_config() const override { return this->config_with(arguments_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    Shape begin = x.shape();
    for (Index axis = 0; axis < begin.rank(); ++axis) begin[axis] = 0;
    for (Index i = 0; i < Rank; ++i) begin[first_axis() + i] = arguments_.padding[i].before;
    return insert(x, compute_output_shape(x.shape()), begin);
  }
  Shape compute_output_shape(const Shape& input) const override {
    this->check_input(input);
    Shape output = input;
    for (Index i = 0; i < Rank; ++i) {
      Index& size = output[first_axis() + i];
      if (size != None) size += arguments_.padding[i].before + arguments_.padding[i].after;
    }
    return output;
  }

 private:
  Index first_axis() const { return arguments_.options.channels_first ? 2 : 1; }
  Arguments arguments_;
};

}  // namespace detail

/// Zeros before and after the axes of (batch, steps, channels); with channels_first the
/// channels are on axis 1. Keras's ZeroPadding1D.
///
///     ZeroPadding1D(2), ZeroPadding1D({1, 2})
template <class Scalar = float>
class ZeroPadding1D : public detail::ZeroPadding<Scalar, 1> {
 public:
  using detail::ZeroPadding<Scalar, 1>::ZeroPadding;
  explicit ZeroPadding1D(Borders<1> padding = 1, ZeroPaddingOptions options = {})
      : ZeroPadding1D(detail::ZeroPaddingArguments<1>{std::move(padding), std::move(options)}) {}
};

/// Zeros before and after the axes of (batch, rows, columns, channels); with channels_first the
/// channels are on axis 1. Keras's ZeroPadding2D.
///
///     ZeroPadding2D(1), ZeroPadding2D({1, 2}), ZeroPadding2D({{1, 2}, {0, 3}})
template <class Scalar = float>
class ZeroPadding2D : public detail::ZeroPadding<Scalar, 2> {
 public:
  using detail::ZeroPadding<Scalar, 2>::ZeroPadding;
  explicit ZeroPadding2D(Borders<2> padding = 1, ZeroPaddingOptions options = {})
      : ZeroPadding2D(detail::ZeroPaddingArguments<2>{std::move(padding), std::move(options)}) {}
};

/// Zeros before and after the axes of (batch, planes, rows, columns, channels); with channels_first the
/// channels are on axis 1. Keras's ZeroPadding3D.
///
///     ZeroPadding3D(1), ZeroPadding3D({1, 0, 2})
template <class Scalar = float>
class ZeroPadding3D : public detail::ZeroPadding<Scalar, 3> {
 public:
  using detail::ZeroPadding<Scalar, 3>::ZeroPadding;
  explicit ZeroPadding3D(Borders<3> padding = 1, ZeroPaddingOptions options = {})
      : ZeroPadding3D(detail::ZeroPaddingArguments<3>{std::move(padding), std::move(options)}) {}
};

LAMINA_COMPILED_CLASS(ZeroPadding1D);
LAMINA_COMPILED_CLASS(ZeroPadding2D);
LAMINA_COMPILED_CLASS(ZeroPadding3D);

}  // namespace lamina
