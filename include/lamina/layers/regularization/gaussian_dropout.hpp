#pragma once
#include "lamina/core/classify.hpp"
#include "lamina/layers/regularization/noise.hpp"

namespace lamina {

/// The arguments of GaussianDropout.
struct GaussianDropoutArguments {
  double rate = 0;            ///< Strength of the noise, as the rate of Dropout; 0 <= rate < 1. Required.
  NoiseOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("rate", self.rate);
    field("seed", self.options.seed);
  }
};

/// In training, multiplies by normally distributed noise of mean 1 and standard deviation √(rate / (1 - rate)), which
/// is as strong as Dropout(rate); otherwise y = x. Keras's `keras.layers.GaussianDropout` (Srivastava et al., 2014).
/// Shapes: x and y (batch, ...). Throws a ValueError unless 0 <= rate < 1.
template <class Scalar = float>
class GaussianDropout : public Layer<Scalar> {
 public:
  using Arguments = GaussianDropoutArguments;
  /// Constructs the layer for a rate.
  LAMINA_COLD explicit GaussianDropout(double rate, NoiseOptions options = {})
      : GaussianDropout(GaussianDropoutArguments{rate, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit GaussianDropout(GaussianDropoutArguments arguments) : arguments_(std::move(arguments)) {
    if (!(detail::at_least(arguments_.rate, 0) && detail::below(arguments_.rate, 1)))
      raise<ValueError>("GaussianDropout: expected 0 <= rate < 1, got ", arguments_.rate);
    this->set_name(arguments_.options.name);
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "GaussianDropout"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    const double rate = arguments_.rate;
    if (!CallContext::training() || rate == 0) return x;
    return x * detail::normal_noise<Scalar>(x.shape(), 1, std::sqrt(rate / (1 - rate)),
                                            detail::noise_stream(arguments_.options.seed));
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override { return input; }

 private:
  GaussianDropoutArguments arguments_;
};

}  // namespace lamina
