#pragma once
#include "lamina/activations/rectifiers.hpp"
#include "lamina/core/check_options.hpp"
#include "lamina/layers/base/layer.hpp"

namespace lamina {

/// The options of ELU.
struct ELUOptions {
  double alpha = 1.0;     ///< The output approaches -alpha for large negative inputs; finite. Default: 1.
  std::string name = {};  ///< Name of the layer. Default: made from the class name.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("alpha", self.alpha);
  }
};

/// Exponential linear unit: y = x if x > 0, otherwise alpha (e^x - 1). Keras's `keras.layers.ELU` (Clevert et al.,
/// 2015).
/// Shapes: x and y (batch, ...). Throws a ValueError if alpha is not finite.
///
///     ELU(0.5)
template <class Scalar = float>
class ELU : public Layer<Scalar> {
 public:
  using Arguments = ELUOptions;
  /// Constructs the layer with this alpha.
  LAMINA_COLD explicit ELU(double alpha) : ELU(ELUOptions{alpha}) {}
  /// Constructs the layer.
  LAMINA_COLD explicit ELU(const ELUOptions& options = {}) : options_(options) {
    detail::check_finite(options.alpha, "alpha", "ELU");
    this->set_name(options.name);
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "ELU"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(options_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override { return activations::Elu{options_.alpha}(x); }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override { return input; }

 private:
  ELUOptions options_;
};

}  // namespace lamina
