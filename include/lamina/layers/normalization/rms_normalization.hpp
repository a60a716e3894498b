#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/layers/normalization/normalization_weights.hpp"

namespace lamina {

/// The options of RMSNormalization.
struct RMSNormalizationOptions {
  OneOrMore<Index> axis = -1;  ///< Axis or axes to normalize over. Default: -1, the last.
  double epsilon = 1e-6;       ///< Number added to the mean square; >= 0. Default: 1e-6.
  std::string name = {};       ///< Name of the layer. Default: made from the class name.

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("axis", self.axis);
    field("epsilon", self.epsilon);
  }
};

/// Divides each sample by its root mean square: y = x / √(mean x² + epsilon) scale, with the mean over one or several
/// axes. Keras's `keras.layers.RMSNormalization` (Zhang and Sennrich, 2019).
/// Shapes: x and y (batch, axes..., features), scale the normalized axes, by default (features,). Errors: as
/// LayerNormalization.
template <class Scalar = float>
class RMSNormalization : public detail::NormalizationLayer<Scalar> {
 public:
  using Arguments = RMSNormalizationOptions;
  /// Constructs the layer.
  LAMINA_COLD explicit RMSNormalization(RMSNormalizationOptions options = {}) : options_(std::move(options)) {
    if (!options_.axis.given()) raise<ValueError>("RMSNormalization: axis: expected at least one axis, got none");
    detail::check_not_negative(options_.epsilon, "epsilon", "RMSNormalization");
    this->set_name(options_.name);
  }
  std::string class_name() const override { return "RMSNormalization"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(options_); }

  LAMINA_COLD void build(const Shape& input) override {
    scale_ = this->add_weight("scale", this->set_axes(options_.axis, input), Initializer::of<Ones>());
  }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    return detail::normalized_over(x, this->axes(), scale_.value(), Tensor<Scalar>(), false,
                                   static_cast<Scalar>(options_.epsilon));
  }

 private:
  RMSNormalizationOptions options_;
  Variable<Scalar> scale_;
};

}  // namespace lamina
