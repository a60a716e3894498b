#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/layers/regularization/noise.hpp"
#include "lamina/ops/dropout.hpp"

namespace lamina {

/// The options of Dropout and AlphaDropout.
struct DropoutOptions {
  /// Shape of the random mask, which broadcasts to the input: elements along an axis of size 1 are dropped together;
  /// None stands for the size of the input. Default: the shape of the input.
  Shape noise_shape = {};
  /// Seed of the random numbers. Default: the seed of the program.
  std::optional<std::uint64_t> seed = std::nullopt;
  std::string name = {};  ///< Name of the layer. Default: made from the class name.
};

/// The arguments of Dropout and AlphaDropout.
struct DropoutArguments {
  double rate = 0;              ///< Probability of dropping an element, 0 to 1. Required.
  DropoutOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("rate", self.rate);
    field("seed", self.options.seed);
    auto& shape = self.options.noise_shape;
    std::optional<Shape> noise = shape.empty() ? std::nullopt : std::optional<Shape>(shape);
    field("noise_shape", noise);
    if constexpr (!std::is_const_v<Self>) shape = noise.value_or(Shape());
  }
};

/// In training, sets elements to 0 with probability `rate` and scales the others by 1 / (1 - rate); otherwise y = x.
/// Keras's `keras.layers.Dropout` (Srivastava et al., 2014). The random numbers depend on the seed and the step; the
/// layer has no state.
/// Shapes: x and y (batch, ...). Throws a ValueError unless 0 <= rate <= 1, a ShapeError for a noise_shape of another
/// rank.
///
///     Dropout(0.2)
template <class Scalar = float>
class Dropout : public Layer<Scalar> {
 public:
  using Arguments = DropoutArguments;
  /// Constructs the layer for a probability.
  LAMINA_COLD explicit Dropout(double rate, DropoutOptions options = {})
      : Dropout(DropoutArguments{rate, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit Dropout(DropoutArguments arguments)
      : rate_(arguments.rate), options_(std::move(arguments.options)) {
    detail::check_fraction(rate_, "rate", "Dropout");
    this->set_name(options_.name);
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "Dropout"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(DropoutArguments{rate_, options_}); }

  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    if (!CallContext::training() || rate_ == 0) return x;
    const RandomStream random = detail::noise_stream(options_.seed);
    if (options_.noise_shape.empty()) return detail::dropout(x, rate_, random);
    const Shape noise = detail::noise_shape_of(options_.noise_shape, x.shape());
    return x * detail::dropout(Tensor<Scalar>::ones(noise), rate_, random);
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override { return input; }

 private:
  double rate_;
  DropoutOptions options_;
};

LAMINA_COMPILED_CLASS(Dropout);

}  // namespace lamina
