#pragma once
#include "lamina/core/one_or_more.hpp"
#include "lamina/layers/base/layer.hpp"

namespace lamina {

/// The options of UnitNormalization.
struct UnitNormalizationOptions {
  OneOrMore<Index> axis = -1;  ///< Axis or axes of the vectors that are scaled to length 1. Default: -1, the last.
  std::string name = {};       ///< Name of the layer. Default: made from the class name.

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("axis", self.axis);
  }
};

/// Scales vectors to L2 norm 1: y = x / √max(Σ x², 10⁻²⁴), with the sum over one or several axes. Keras's
/// `keras.layers.UnitNormalization`.
/// Shapes: x and y (batch, axes...). Throws a ValueError for an empty list of axes or an axis that x does not have.
template <class Scalar = float>
class UnitNormalization : public Layer<Scalar> {
 public:
  using Arguments = UnitNormalizationOptions;
  /// Constructs the layer.
  LAMINA_COLD explicit UnitNormalization(UnitNormalizationOptions options = {}) : options_(std::move(options)) {
    if (!options_.axis.given()) raise<ValueError>("UnitNormalization: axis: expected at least one axis, got none");
    this->set_name(options_.name);
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "UnitNormalization"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(options_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    return detail::unit_vectors(x, options_.axis.values(), 1e-24);
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override { return input; }

 private:
  UnitNormalizationOptions options_;
};

}  // namespace lamina
