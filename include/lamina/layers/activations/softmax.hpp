#pragma once
#include "lamina/core/one_or_more.hpp"
#include "lamina/layers/base/layer.hpp"

namespace lamina {

/// The options of Softmax.
struct SoftmaxOptions {
  /// Axis along which the outputs sum to 1, or several axes over which the outputs sum to 1. Default: -1, the last.
  OneOrMore<Index> axis = -1;
  std::string name = {};  ///< Name of the layer. Default: made from the class name.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("axis", self.axis);
  }
};

/// Softmax: y = e^x / sum e^x, with the sum over one or several axes. Elements that a mask hides (0) are 0 in the
/// output and not part of the sum. Keras's `keras.layers.Softmax`.
/// Shapes: x and y (batch, ...); the mask broadcasts to the shape of x. Throws a ValueError for an empty list of axes
/// and a ShapeError for a mask of another shape.
template <class Scalar = float>
class Softmax : public Layer<Scalar> {
 public:
  using Arguments = SoftmaxOptions;
  /// Constructs the layer for one axis.
  LAMINA_COLD explicit Softmax(Index axis) : Softmax(SoftmaxOptions{axis}) {}
  /// Constructs the layer.
  LAMINA_COLD explicit Softmax(SoftmaxOptions options = {}) : options_(std::move(options)) {
    if (!options_.axis.given()) raise<ValueError>("Softmax: axis: expected at least one axis, got none");
    this->set_name(options_.name);
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "Softmax"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(options_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    const Tensor<Scalar> mask = this->mask_of(x);
    if (!mask.defined()) return softmax_over(x);
    constexpr Scalar hidden = Scalar(-1e9);  // Keras's constant
    const Tensor<Scalar> visible = x + (1 - mask) * hidden;
    if (visible.shape() != x.shape())
      raise<ShapeError>("expected a mask that broadcasts to the shape of the input, ", x.shape(), ", got shape ",
                        mask.shape(), ". Pass a mask of the shape of the input.");
    return softmax_over(visible) * mask;
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override { return input; }

 private:
  Tensor<Scalar> softmax_over(const Tensor<Scalar>& x) const {
    const std::vector<Index>& axes = options_.axis.values();
    if (axes.size() == 1) return softmax(x, axes[0]);
    const ReduceOptions together{.axes = axes, .keepdims = true};
    const Tensor<Scalar> e = exp(x - stop_gradient((max)(x, together)));
    return e / sum(e, together);
  }
  SoftmaxOptions options_;
};

}  // namespace lamina
