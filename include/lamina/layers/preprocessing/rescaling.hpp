#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/core/one_or_more.hpp"
#include "lamina/layers/base/layer.hpp"

namespace lamina {

/// The arguments of Rescaling.
struct RescalingArguments {
  OneOrMore<double> scale = {};    ///< Factor: a finite number, or one for each element of the last axis. Required.
  OneOrMore<double> offset = 0.0;  ///< Offset: a finite number, or one for each element of the last axis. Default: 0.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("scale", self.scale);
    field("offset", self.offset);
  }
};

/// Scales and shifts: y = x scale + offset, each a number or one number for each element of the last axis. Keras's
/// `keras.layers.Rescaling`.
/// Shapes: x and y (batch, ..., features). Throws a ValueError for numbers that are not finite, a ShapeError for
/// another number of features.
///
///     Rescaling(1.0 / 255)         // pixels to [0, 1]
///     Rescaling(1.0 / 127.5, -1)   // to [-1, 1]
template <class Scalar = float>
class Rescaling : public Layer<Scalar> {
 public:
  using Arguments = RescalingArguments;
  /// Constructs the layer for a factor and an offset.
  LAMINA_COLD explicit Rescaling(OneOrMore<double> scale, OneOrMore<double> offset = 0.0, NameOption option = {})
      : Rescaling(RescalingArguments{std::move(scale), std::move(offset)}) {
    this->set_name(std::move(option.name));
  }
  /// Constructs the layer from its arguments.
  template <std::same_as<RescalingArguments> A>  // a template, so that braces mean the scale
  explicit Rescaling(A arguments)
      : arguments_(std::move(arguments)), scale_(tensor_of(arguments_.scale)), offset_(tensor_of(arguments_.offset)) {
    for (const double& scale : arguments_.scale.values()) detail::check_finite(scale, "scale", "Rescaling");
    for (const double& offset : arguments_.offset.values()) detail::check_finite(offset, "offset", "Rescaling");
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "Rescaling"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    for (const auto* values : {&scale_, &offset_})
      if (values->size() != 1 && (x.rank() == 0 || x.shape().back() != values->size()))
        raise<ShapeError>("expected an input whose last axis is ", values->size(),
                          ", the number of elements of scale and offset, got shape ", x.shape());
    return x * scale_ + offset_;
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override { return input; }

 private:
  static Tensor<Scalar> tensor_of(const OneOrMore<double>& values) {
    if (values.single() || !values.given())
      return Tensor<Scalar>(static_cast<Scalar>(values.given() ? values.values()[0] : 0));
    Tensor<Scalar> all = Tensor<Scalar>::empty({static_cast<Index>(values.values().size())});
    for (Index i = 0; i < all.size(); ++i)
      all.mutable_data()[i] = static_cast<Scalar>(values.values()[static_cast<std::size_t>(i)]);
    return all;
  }
  RescalingArguments arguments_;
  Tensor<Scalar> scale_, offset_;
};

}  // namespace lamina
