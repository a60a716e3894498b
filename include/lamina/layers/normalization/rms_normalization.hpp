#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/layers/normalization/normalization_weights.hpp"

namespace lamina {

/// The options of RMSNormalization.
struct RMSNormalizationOptions {
  OneOrMore<Index> axis = -1;  ///< Axis, or axes, to normalize over. Default: the last.
  double epsilon = 1e-6;       ///< Number added to the mean square; >= 0. Default: 1e-6.
  std::string name = {};       ///< Name of the layer. Default: made from the class name.

  /// Reads or writes the arguments under Keras's names.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("axis", self.axis);
    field("epsilon", self.epsilon);
  }
};

/// Every sample divided by its root mean square: y = x / √(mean x² + epsilon) scale, over the elements along `axis`,
/// the last by default, or several axes together. Keras's RMSNormalization (Zhang and Sennrich, 2019). Shapes: scale as
/// the axes, (features,) by default; y as x.
template <class Scalar = float>
class RMSNormalization : public detail::NormalizationLayer<Scalar> {
 public:
  using Arguments = RMSNormalizationOptions;  ///< The constructor arguments.
  LAMINA_COLD explicit RMSNormalization(RMSNormalizationOptions options = {}) : options_(std::move(options)) {
    if (!options_.axis.given()) raise<ValueError>("RMSNormalization: expected an axis, or several");
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
