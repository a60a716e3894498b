#pragma once
#include "lamina/core/one_or_more.hpp"
#include "lamina/layers/base/layer.hpp"

namespace lamina {

/// The options of UnitNormalization.
struct UnitNormalizationOptions {
  OneOrMore<Index> axis = -1;  ///< Axis, or axes, over which vectors are scaled to length 1. Default: the last.
  std::string name = {};       ///< Name of the layer. Default: made from the class name.

  /// Reads or writes the arguments under Keras's names.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("axis", self.axis);
  }
};

/// x scaled to length 1: y = x / √max(Σ x², 10⁻²⁴), over the elements along `axis`, the last by default, or several
/// axes together. Keras's UnitNormalization. y has x's shape.
template <class Scalar = float>
class UnitNormalization : public Layer<Scalar> {
 public:
  using Arguments = UnitNormalizationOptions;  ///< The constructor arguments.
  LAMINA_COLD explicit UnitNormalization(UnitNormalizationOptions options = {}) : options_(std::move(options)) {
    if (!options_.axis.given()) raise<ValueError>("UnitNormalization: expected an axis, or several");
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
