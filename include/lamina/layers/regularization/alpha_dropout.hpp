#pragma once
#include "lamina/core/classify.hpp"
#include "lamina/layers/regularization/dropout.hpp"
#include "lamina/ops/dropout.hpp"

namespace lamina {

/// Dropout for layers with the activation selu, which keeps mean 0 and variance 1. In training, sets elements to
/// α' = -1.7580993 with probability `rate`, and then y = a x + b with a = ((1 - rate)(1 + rate α'²))^-½ and
/// b = -a α' rate; otherwise y = x. Keras's `keras.layers.AlphaDropout` (Klambauer et al., 2017).
/// Shapes: x and y (batch, ...). Throws a ValueError unless 0 <= rate < 1.
template <class Scalar = float>
class AlphaDropout : public Layer<Scalar> {
 public:
  using Arguments = DropoutArguments;
  /// Constructs the layer for a probability.
  LAMINA_COLD explicit AlphaDropout(double rate, DropoutOptions options = {})
      : AlphaDropout(DropoutArguments{rate, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit AlphaDropout(DropoutArguments arguments) : arguments_(std::move(arguments)) {
    if (!(detail::at_least(arguments_.rate, 0) && detail::below(arguments_.rate, 1)))
      raise<ValueError>("AlphaDropout: expected 0 <= rate < 1, got ", arguments_.rate);
    this->set_name(arguments_.options.name);
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "AlphaDropout"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    const double rate = arguments_.rate;
    if (!CallContext::training() || rate == 0) return x;
    const Shape& noise_shape = arguments_.options.noise_shape;
    const Shape shape = noise_shape.empty() ? x.shape() : detail::noise_shape_of(noise_shape, x.shape());
    const Tensor<Scalar> kept =
        detail::dropout(Tensor<Scalar>::ones(shape), rate, detail::noise_stream(arguments_.options.seed)) > Scalar(0);
    constexpr double floor = -1.7580993408473766;
    const double a = 1 / std::sqrt((1 - rate) * (1 + rate * floor * floor)), b = -a * floor * rate;
    // a (x kept + floor (1 - kept)) + b
    return x * (kept * static_cast<Scalar>(a)) +
           (kept * static_cast<Scalar>(-a * floor) + static_cast<Scalar>(a * floor + b));
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override { return input; }

 private:
  DropoutArguments arguments_;
};

}  // namespace lamina
