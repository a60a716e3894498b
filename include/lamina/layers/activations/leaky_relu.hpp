#pragma once
#include "lamina/activations/rectifiers.hpp"
#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/layers/base/layer.hpp"

namespace lamina {

/// The options of LeakyReLU.
struct LeakyReLUOptions {
  double negative_slope = 0.3;  ///< Slope for inputs below 0; finite. Default: 0.3.
  std::string name = {};        ///< Name of the layer. Default: made from the class name.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("negative_slope", self.negative_slope);
  }
};

/// Leaky rectified linear unit: y = x if x > 0, otherwise negative_slope x. Keras's `keras.layers.LeakyReLU`.
/// Shapes: x and y (batch, ...). Throws a ValueError if the slope is not finite.
///
///     LeakyReLU(0.1)
template <class Scalar = float>
class LeakyReLU : public Layer<Scalar> {
 public:
  using Arguments = LeakyReLUOptions;
  /// Constructs the layer with this slope.
  LAMINA_COLD explicit LeakyReLU(double negative_slope) : LeakyReLU(LeakyReLUOptions{negative_slope}) {}
  /// Constructs the layer.
  LAMINA_COLD explicit LeakyReLU(const LeakyReLUOptions& options = {}) : options_(options) {
    this->set_name(options.name);
    detail::check_finite(options.negative_slope, "negative_slope", "LeakyReLU");
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "LeakyReLU"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(options_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    return activations::LeakyRelu{options_.negative_slope}(x);
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override { return input; }

 private:
  LeakyReLUOptions options_;
};

}  // namespace lamina
