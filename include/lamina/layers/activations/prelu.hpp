#pragma once
#include "lamina/constraints/constraints.hpp"
#include "lamina/core/one_or_more.hpp"
#include "lamina/layers/base/kernel_options.hpp"
#include "lamina/layers/base/layer.hpp"
#include "lamina/regularizers/regularizers.hpp"

namespace lamina {

/// The options of PReLU.
struct PReLUOptions {
  Initializer alpha_initializer = Initializer::of<Zeros>();  ///< Initializer of the slopes. Default: Zeros.
  Regularizer alpha_regularizer = {};                        ///< Penalty on the slopes. Default: none.
  Constraint alpha_constraint = {};  ///< Constraint on the slopes after each update. Default: none.
  /// Axes along which all elements use one slope, 1 to rank - 1; {1, 2} for one slope per channel of an image.
  /// Default: none.
  OneOrMore<Index> shared_axes = {};
  std::string name = {};  ///< Name of the layer. Default: made from the class name.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("alpha_initializer", self.alpha_initializer);
    field("alpha_regularizer", self.alpha_regularizer);
    field("alpha_constraint", self.alpha_constraint);
    field("shared_axes", self.shared_axes);
  }
};

/// Parametric rectified linear unit: y = x if x > 0, otherwise alpha x, where alpha is a trainable weight. Keras's
/// `keras.layers.PReLU` (He et al., 2015).
/// Shapes: x and y (batch, axes...), alpha (axes...) with size 1 along shared axes. Throws a ShapeError for inputs of
/// rank 1 and a ValueError for wrong shared axes.
template <class Scalar = float>
class PReLU : public Layer<Scalar> {
 public:
  using Arguments = PReLUOptions;
  /// Constructs the layer.
  LAMINA_COLD explicit PReLU(PReLUOptions options = {}) : options_(std::move(options)) {
    this->set_name(options_.name);
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "PReLU"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(options_); }

  LAMINA_COLD void build(const Shape& input) override {
    if (input.rank() < 2)
      raise<ShapeError>("expected an input of rank 2 or more, got shape ", input, ". Add an axis for the features.");
    Shape shape = input.slice(1);
    for (const Index axis : options_.shared_axes.values()) {
      const Index at = axis < 0 ? axis + input.rank() : axis;
      if (at < 1 || at >= input.rank())
        raise<ValueError>("shared_axes: expected axes from 1 to ", input.rank() - 1, " for an input of shape ", input,
                          ", got ", axis);
      shape[at - 1] = 1;
    }
    alpha_ = this->add_weight("alpha", shape, options_.alpha_initializer,
                              detail::weight_options<Scalar>(options_.alpha_regularizer, options_.alpha_constraint));
  }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override { return relu(x) - alpha_ * relu(-x); }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override { return input; }

 private:
  PReLUOptions options_;
  Variable<Scalar> alpha_;
};

}  // namespace lamina
