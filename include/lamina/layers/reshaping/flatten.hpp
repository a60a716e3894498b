#pragma once
#include "lamina/layers/base/data_format.hpp"
#include "lamina/layers/base/layer.hpp"

namespace lamina {

/// The options of Flatten.
struct FlattenOptions {
  /// If true, the channels are axis 1, and become the last axis before flattening. Default: false.
  bool channels_first = false;
  std::string name = {};  ///< Name of the layer. Default: made from the class name.

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    detail::ChannelsFirst format{self.channels_first};
    field("data_format", format);
    if constexpr (!std::is_const_v<Self>) self.channels_first = format.value;
  }
};

/// Flattens all axes except the batch axis. Keras's `keras.layers.Flatten`.
/// Shapes: x (batch, a, b, ...), y (batch, a b ...); x (batch,) gives y (batch, 1).
template <class Scalar = float>
class Flatten : public Layer<Scalar> {
 public:
  using Arguments = FlattenOptions;
  /// Constructs the layer.
  LAMINA_COLD explicit Flatten(FlattenOptions options = {}) : options_(std::move(options)) {
    this->set_name(options_.name);
    this->set_input_spec({.min_rank = 1});
  }
  std::string class_name() const override { return "Flatten"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(options_); }
  Tensor<Scalar> call(const Tensor<Scalar>& given) const override {
    Tensor<Scalar> x = given;
    if (options_.channels_first && x.rank() > 2) {
      Shape order{0};
      for (Index axis = 2; axis < x.rank(); ++axis) order.push_back(axis);
      order.push_back(1);
      x = detail::permute(x, order);
    }
    return detail::reshape_to(x, {x.shape()[0], x.shape().slice(1).size()});
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    return {input[0], input.slice(1).size()};
  }

 private:
  FlattenOptions options_;
};

LAMINA_COMPILED_CLASS(Flatten);

}  // namespace lamina
