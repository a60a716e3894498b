#pragma once
#include "lamina/layers/borders.hpp"
#include "lamina/layers/data_format.hpp"
#include "lamina/layers/layer.hpp"

namespace lamina {

struct CroppingOptions {
  bool channels_first = false;
  std::string name = {};
};

namespace detail {

template <int Rank>
struct CroppingArguments {
  Borders<Rank> cropping = 1;
  CroppingOptions options = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("cropping", self.cropping);
    ChannelsFirst format{self.options.channels_first};
    field("data_format", format);
    if constexpr (!std::is_const_v<Self>) self.options.channels_first = format.value;
  }
};

template <class Scalar, int Rank>
class Cropping : public Layer<Scalar> {
 public:
  using Arguments = CroppingArguments<Rank>;
  template <std::same_as<Arguments> A>  // a template, so that braces mean the borders
  explicit Cropping(A arguments) : arguments_(std::move(arguments)) {
    arguments_.cropping.require_not_negative("Cropping");
    if (!arguments_.options.name.empty()) this->set_name(arguments_.options.name);
    this->set_input_spec({.rank = Rank + 2});
  }
  std::string class_name() const override { return text("Cropping", Rank, "D"); }
  Config get_config() const override { return this->config_with(arguments_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    Shape begin = x.shape();
    for (Index axis = 0; axis < begin.rank(); ++axis) begin[axis] = 0;
    for (Index i = 0; i < Rank; ++i) begin[first_axis() + i] = arguments_.cropping[i].before;
    return slice(x, begin, compute_output_shape(x.shape()));
  }
  Shape compute_output_shape(const Shape& input) const override {
    this->check_input(input);
    Shape output = input;
    for (Index i = 0; i < Rank; ++i) {
      Index& size = output[first_axis() + i];
      if (size == None) continue;
      const Border& side = arguments_.cropping[i];
      if (side.before + side.after >= size)
        raise<ShapeError>("cropping ", side.before, " and ", side.after, " leaves nothing of axis ", first_axis() + i,
                          " of an input of shape ", input);
      size -= side.before + side.after;
    }
    return output;
  }

 private:
  Index first_axis() const { return arguments_.options.channels_first ? 2 : 1; }
  Arguments arguments_;
};

}  // namespace detail

/// Takes elements off before and after the axes of (batch, steps, channels); with
/// channels_first the channels are on axis 1. Keras's Cropping1D. Defaults to one step at each end.
template <class Scalar = float>
class Cropping1D : public detail::Cropping<Scalar, 1> {
 public:
  using detail::Cropping<Scalar, 1>::Cropping;
  explicit Cropping1D(Borders<1> cropping = 1, CroppingOptions options = {})
      : Cropping1D(detail::CroppingArguments<1>{std::move(cropping), std::move(options)}) {}
};

/// Takes elements off before and after the axes of (batch, rows, columns, channels); with
/// channels_first the channels are on axis 1. Keras's Cropping2D. Defaults to one pixel at each side.
template <class Scalar = float>
class Cropping2D : public detail::Cropping<Scalar, 2> {
 public:
  using detail::Cropping<Scalar, 2>::Cropping;
  explicit Cropping2D(Borders<2> cropping = 1, CroppingOptions options = {})
      : Cropping2D(detail::CroppingArguments<2>{std::move(cropping), std::move(options)}) {}
};

/// Takes elements off before and after the axes of (batch, planes, rows, columns, channels); with
/// channels_first the channels are on axis 1. Keras's Cropping3D. Defaults to one at each side.
template <class Scalar = float>
class Cropping3D : public detail::Cropping<Scalar, 3> {
 public:
  using detail::Cropping<Scalar, 3>::Cropping;
  explicit Cropping3D(Borders<3> cropping = 1, CroppingOptions options = {})
      : Cropping3D(detail::CroppingArguments<3>{std::move(cropping), std::move(options)}) {}
};

LAMINA_COMPILED_CLASS(Cropping1D);
LAMINA_COMPILED_CLASS(Cropping2D);
LAMINA_COMPILED_CLASS(Cropping3D);

}  // namespace lamina
