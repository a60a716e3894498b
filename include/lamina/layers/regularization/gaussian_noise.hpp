#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/layers/regularization/noise.hpp"

namespace lamina {

/// The arguments of GaussianNoise.
struct GaussianNoiseArguments {
  double stddev = 0;          ///< Standard deviation of the noise; >= 0. Required.
  NoiseOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("stddev", self.stddev);
    field("seed", self.options.seed);
  }
};

/// In training, adds normally distributed noise of mean 0 and standard deviation `stddev`; otherwise y = x. Keras's
/// `keras.layers.GaussianNoise`.
/// Shapes: x and y (batch, ...). Throws a ValueError if stddev < 0.
template <class Scalar = float>
class GaussianNoise : public Layer<Scalar> {
 public:
  using Arguments = GaussianNoiseArguments;
  /// Constructs the layer for a standard deviation.
  LAMINA_COLD explicit GaussianNoise(double stddev, NoiseOptions options = {})
      : GaussianNoise(GaussianNoiseArguments{stddev, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit GaussianNoise(GaussianNoiseArguments arguments) : arguments_(std::move(arguments)) {
    detail::check_not_negative(arguments_.stddev, "stddev", "GaussianNoise");
    this->set_name(arguments_.options.name);
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "GaussianNoise"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    if (!CallContext::training() || arguments_.stddev == 0) return x;
    return x +
           detail::normal_noise<Scalar>(x.shape(), 0, arguments_.stddev, detail::noise_stream(arguments_.options.seed));
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override { return input; }

 private:
  GaussianNoiseArguments arguments_;
};

}  // namespace lamina
