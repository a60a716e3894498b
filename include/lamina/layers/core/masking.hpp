#pragma once
#include "lamina/core/classify.hpp"
#include "lamina/layers/base/layer.hpp"

namespace lamina {

/// The options of Masking.
struct MaskingOptions {
  double mask_value = 0.0;  ///< A step is masked if all of its features equal this value; not NaN. Default: 0.
  std::string name = {};    ///< Name of the layer. Default: made from the class name.

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("mask_value", self.mask_value);
  }
};

/// Masks the steps of a sequence whose features all equal `mask_value`: y is 0 there, otherwise x, and the mask of the
/// output is 0 there, otherwise 1. Keras's `keras.layers.Masking`.
/// Shapes: x and y (batch, steps, features), the mask (batch, steps). Throws a ValueError if mask_value is NaN.
template <class Scalar = float>
class Masking : public Layer<Scalar> {
 public:
  using Arguments = MaskingOptions;
  /// Constructs the layer with this mask value.
  LAMINA_COLD explicit Masking(double mask_value) : Masking(MaskingOptions{.mask_value = mask_value}) {}
  /// Constructs the layer.
  LAMINA_COLD explicit Masking(MaskingOptions options = {}) : options_(std::move(options)) {
    if (is_nan(options_.mask_value))
      raise<ValueError>("Masking: mask_value: expected a number, got nan. No value equals NaN.");
    this->set_name(options_.name);
    this->set_input_spec({.min_rank = 2});
    this->set_makes_masks();
  }
  std::string class_name() const override { return "Masking"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(options_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override { return where(kept_steps(x, true), x, 0); }
  Tensor<Scalar> compute_mask(const Tensor<Scalar>& x, const Tensor<Scalar>& /*mask*/) const override {
    return kept_steps(x, false);
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    this->check_input(input);
    return input;
  }

 private:
  /// Returns 1 for each step with a feature other than mask_value, otherwise 0.
  Tensor<Scalar> kept_steps(const Tensor<Scalar>& x, bool keepdims) const {
    if (x.columns() == 0)
      return Tensor<Scalar>::zeros(keepdims ? x.shape().with(-1, 1) : x.shape().slice(0, x.rank() - 1));
    const Tensor<Scalar> others = 1 - equal(x, static_cast<Scalar>(options_.mask_value));
    return (max)(others, {.axes = {-1}, .keepdims = keepdims}).detached();
  }
  MaskingOptions options_;
};

}  // namespace lamina
