#pragma once
#include "lamina/activations/rectifiers.hpp"
#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/layers/base/layer.hpp"

namespace lamina {

/// The options of ReLU.
struct ReLUOptions {
  std::optional<double> max_value = std::nullopt;  ///< Largest output; >= 0. Default: no limit.
  double negative_slope = 0.0;                     ///< Slope for inputs below the threshold; >= 0. Default: 0.
  double threshold = 0.0;                          ///< Inputs above it are the outputs; >= 0. Default: 0.
  std::string name = {};                           ///< Name of the layer. Default: made from the class name.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("max_value", self.max_value);
    field("negative_slope", self.negative_slope);
    field("threshold", self.threshold);
  }
};

/// Rectified linear unit: y = max_value if x >= max_value, x if threshold < x < max_value, and negative_slope
/// (x - threshold) if x <= threshold; by default y = max(x, 0). Keras's `keras.layers.ReLU`.
/// Shapes: x and y (batch, ...). Throws a ValueError for negative options.
template <class Scalar = float>
class ReLU : public Layer<Scalar> {
 public:
  using Arguments = ReLUOptions;
  /// Constructs the layer.
  LAMINA_COLD explicit ReLU(const ReLUOptions& options = {}) : options_(options) {
    this->set_name(options.name);
    if (options.max_value && !detail::at_least(*options.max_value, 0))
      raise<ValueError>("ReLU: expected max_value >= 0, got ", *options.max_value);
    detail::check_not_negative(options.negative_slope, "negative_slope", "ReLU");
    detail::check_not_negative(options.threshold, "threshold", "ReLU");
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "ReLU"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(options_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    return activations::Relu{options_.negative_slope, options_.max_value, options_.threshold}(x);
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override { return input; }

 private:
  ReLUOptions options_;
};

}  // namespace lamina
