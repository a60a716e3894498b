#pragma once
#include "lamina/core/classify.hpp"
#include "lamina/layers/base/data_format.hpp"
#include "lamina/layers/regularization/noise.hpp"
#include "lamina/ops/dropout.hpp"

namespace lamina {

/// The options of SpatialDropout1D, SpatialDropout2D and SpatialDropout3D.
struct SpatialDropoutOptions {
  bool channels_first = false;  ///< If true, the channels are axis 1; otherwise the last axis. Default: false.
  /// Seed of the random numbers. Default: the seed of the program.
  std::optional<std::uint64_t> seed = std::nullopt;
  std::string name = {};  ///< Name of the layer. Default: made from the class name.
};

namespace detail {

template <int Rank>
struct SpatialDropoutArguments {
  double rate = 0;                     ///< Probability that a channel is set to 0; in [0, 1]. Required.
  SpatialDropoutOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("rate", self.rate);
    field("seed", self.options.seed);
    if constexpr (Rank == 1) {
      field.ignored("data_format");
    } else {
      ChannelsFirst format{self.options.channels_first};
      field("data_format", format);
      if constexpr (!std::is_const_v<Self>) self.options.channels_first = format.value;
    }
    field.unsupported("noise_shape");
  }
};

template <class Scalar, int Rank>
class SpatialDropout : public Layer<Scalar> {
 public:
  using Arguments = SpatialDropoutArguments<Rank>;
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit SpatialDropout(Arguments arguments) : arguments_(std::move(arguments)) {
    if (!within(arguments_.rate, 0, 1))
      raise<ValueError>("SpatialDropout", Rank, "D: expected 0 <= rate <= 1, got ", arguments_.rate);
    this->set_name(arguments_.options.name);
    this->set_supports_masking(true);
    this->set_input_spec({.rank = Rank + 2});
  }
  std::string class_name() const override { return text("SpatialDropout", Rank, "D"); }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    if (!CallContext::training() || arguments_.rate == 0) return x;
    Shape noise = x.shape();
    const Index first = arguments_.options.channels_first ? 2 : 1;
    for (Index axis = first; axis < first + Rank; ++axis) noise[axis] = 1;
    return x * dropout(Tensor<Scalar>::ones(noise), arguments_.rate, noise_stream(arguments_.options.seed));
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    this->check_input(input);
    return input;
  }

 private:
  Arguments arguments_;
};

}  // namespace detail

/// In training, sets all elements of a channel of a sample to 0 with probability `rate` and scales the other channels
/// by 1 / (1 - rate); otherwise y = x. Keras's `keras.layers.SpatialDropout1D` (Tompson et al., 2014).
/// Shapes: x and y (batch, steps, channels), or (batch, channels, steps) with channels_first. Throws a ValueError
/// unless 0 <= rate <= 1, a ShapeError for an input of another rank.
template <class Scalar = float>
class SpatialDropout1D : public detail::SpatialDropout<Scalar, 1> {
 public:
  using detail::SpatialDropout<Scalar, 1>::SpatialDropout;
  /// Constructs the layer for a probability.
  LAMINA_COLD explicit SpatialDropout1D(double rate, SpatialDropoutOptions options = {})
      : SpatialDropout1D(detail::SpatialDropoutArguments<1>{rate, std::move(options)}) {}
};

/// SpatialDropout1D for images. Keras's `keras.layers.SpatialDropout2D`.
/// Shapes: x and y (batch, rows, columns, channels), or (batch, channels, rows, columns) with channels_first.
template <class Scalar = float>
class SpatialDropout2D : public detail::SpatialDropout<Scalar, 2> {
 public:
  using detail::SpatialDropout<Scalar, 2>::SpatialDropout;
  /// Constructs the layer for a probability.
  LAMINA_COLD explicit SpatialDropout2D(double rate, SpatialDropoutOptions options = {})
      : SpatialDropout2D(detail::SpatialDropoutArguments<2>{rate, std::move(options)}) {}
};

/// SpatialDropout1D for volumes. Keras's `keras.layers.SpatialDropout3D`.
/// Shapes: x and y (batch, planes, rows, columns, channels), or (batch, channels, planes, rows, columns) with
/// channels_first.
template <class Scalar = float>
class SpatialDropout3D : public detail::SpatialDropout<Scalar, 3> {
 public:
  using detail::SpatialDropout<Scalar, 3>::SpatialDropout;
  /// Constructs the layer for a probability.
  LAMINA_COLD explicit SpatialDropout3D(double rate, SpatialDropoutOptions options = {})
      : SpatialDropout3D(detail::SpatialDropoutArguments<3>{rate, std::move(options)}) {}
};

}  // namespace lamina
