#pragma once
#include "lamina/layers/base/channels_last.hpp"
#include "lamina/layers/base/layer.hpp"
#include "lamina/ops/pooling.hpp"
#include "lamina/ops/resize.hpp"

namespace lamina {

/// The options of UpSampling1D.
struct UpSampling1DOptions {
  std::string name = {};  ///< Name of the layer. Default: made from the class name.
};
/// The options of UpSampling2D.
struct UpSampling2DOptions {
  /// Interpolation between pixels: "nearest", "bilinear", "bicubic", "lanczos3" or "lanczos5". Default: "nearest".
  Interpolation interpolation = Interpolation::nearest;
  bool channels_first = false;  ///< If true, the channels are axis 1; otherwise the last axis. Default: false.
  std::string name = {};        ///< Name of the layer. Default: made from the class name.
};
/// The options of UpSampling3D.
struct UpSampling3DOptions {
  bool channels_first = false;  ///< If true, the channels are axis 1; otherwise the last axis. Default: false.
  std::string name = {};        ///< Name of the layer. Default: made from the class name.
};

namespace detail {

struct UpSampling1DArguments {
  Index size = 2;                    ///< Factors of the spatial axes; >= 1. Default: 2.
  UpSampling1DOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("size", self.size);
  }
};
struct UpSampling2DArguments {
  Sizes<2> size = 2;                 ///< Factors of the spatial axes; >= 1. Default: 2.
  UpSampling2DOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("size", self.size);
    data_format_field(self.options.channels_first, field);
    field("interpolation", self.options.interpolation);
  }
};
struct UpSampling3DArguments {
  Sizes<3> size = 2;                 ///< Factors of the spatial axes; >= 1. Default: 2.
  UpSampling3DOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("size", self.size);
    data_format_field(self.options.channels_first, field);
  }
};

/// Upsampling by integer factors along `Rank` spatial axes.
template <class Scalar, int Rank, class Given>
class UpSamplingLayer : public Layer<Scalar> {
 public:
  using Arguments = Given;
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>  // a template, so that braces mean the size
  explicit UpSamplingLayer(A arguments) : arguments_(std::move(arguments)) {
    factors().require_at_least((class_name() + ", size").c_str(), 1, Rank);
    this->set_name(arguments_.options.name);
    this->set_input_spec({.rank = Rank + 2});
  }
  std::string class_name() const override { return text("UpSampling", Rank, "D"); }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    return apply_per_channel(x, channels_first(), [&](const Tensor<Scalar>& t) {
      const AxisSizes size = factors();
      if constexpr (Rank == 2) {
        if (arguments_.options.interpolation != Interpolation::nearest)
          return resize(t, 1, saturating_product(t.shape()[1], size[0]), saturating_product(t.shape()[2], size[1]),
                        arguments_.options.interpolation, false);
      }
      return up_sample(t, size);
    });
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    this->check_input(input);
    Shape output = input;
    for (Index i = 0; i < Rank; ++i) {
      const Index axis = first_spatial_axis(channels_first()) + i;
      if (input[axis] != unknown_size) output[axis] = saturating_product(input[axis], factors()[i]);
    }
    return output;
  }

 private:
  AxisSizes factors() const { return arguments_.size; }
  bool channels_first() const {
    if constexpr (Rank == 1)
      return false;
    else
      return arguments_.options.channels_first;
  }
  Arguments arguments_;
};

}  // namespace detail

/// Repeats each step `size` times. Keras's `keras.layers.UpSampling1D`.
/// Shapes: x (batch, steps, channels), y (batch, steps size, channels). Throws a ValueError if size < 1, a ShapeError
/// for an input of another rank.
///
///     UpSampling1D(3)
template <class Scalar = float>
class UpSampling1D : public detail::UpSamplingLayer<Scalar, 1, detail::UpSampling1DArguments> {
 public:
  using detail::UpSamplingLayer<Scalar, 1, detail::UpSampling1DArguments>::UpSamplingLayer;
  /// Constructs the layer for a number of repetitions; >= 1. Default: 2.
  LAMINA_COLD explicit UpSampling1D(Index size = 2, UpSampling1DOptions options = {})
      : UpSampling1D(detail::UpSampling1DArguments{size, std::move(options)}) {}
};

/// Enlarges images by integer factors: repeats each pixel size[0] times along rows and size[1] times along columns, or
/// interpolates between pixels. Keras's `keras.layers.UpSampling2D`.
/// Shapes: x (batch, rows, columns, channels), y (batch, rows size[0], columns size[1], channels); with channels_first
/// the channels are axis 1. Errors: as UpSampling1D.
///
///     UpSampling2D(2), UpSampling2D({2, 3}, {.interpolation = "bilinear"})
template <class Scalar = float>
class UpSampling2D : public detail::UpSamplingLayer<Scalar, 2, detail::UpSampling2DArguments> {
 public:
  using detail::UpSamplingLayer<Scalar, 2, detail::UpSampling2DArguments>::UpSamplingLayer;
  /// Constructs the layer for factors of rows and columns; >= 1. Default: 2.
  LAMINA_COLD explicit UpSampling2D(Sizes<2> size = 2, UpSampling2DOptions options = {})
      : UpSampling2D(detail::UpSampling2DArguments{size, std::move(options)}) {}
};

/// Enlarges volumes by integer factors: repeats each element size[i] times along spatial axis i. Keras's
/// `keras.layers.UpSampling3D`.
/// Shapes: x (batch, planes, rows, columns, channels), y (batch, planes size[0], rows size[1], columns size[2],
/// channels); with channels_first the channels are axis 1. Errors: as UpSampling1D.
///
///     UpSampling3D(2), UpSampling3D({1, 2, 2})
template <class Scalar = float>
class UpSampling3D : public detail::UpSamplingLayer<Scalar, 3, detail::UpSampling3DArguments> {
 public:
  using detail::UpSamplingLayer<Scalar, 3, detail::UpSampling3DArguments>::UpSamplingLayer;
  /// Constructs the layer for factors of planes, rows and columns; >= 1. Default: 2.
  LAMINA_COLD explicit UpSampling3D(Sizes<3> size = 2, UpSampling3DOptions options = {})
      : UpSampling3D(detail::UpSampling3DArguments{size, std::move(options)}) {}
};

}  // namespace lamina
