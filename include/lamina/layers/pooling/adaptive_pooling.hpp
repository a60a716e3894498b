#pragma once
#include "lamina/layers/base/channels_last.hpp"
#include "lamina/layers/base/layer.hpp"
#include "lamina/ops/pooling.hpp"

namespace lamina {

/// The options of adaptive pooling layers.
struct AdaptivePoolingOptions {
  bool channels_first = false;  ///< If true, the channels are axis 1; otherwise the last axis. Default: false.
  std::string name = {};        ///< Name of the layer. Default: made from the class name.
};

namespace detail {

template <int Rank>
struct AdaptivePoolingArguments {
  Sizes<Rank> output_size = 1;          ///< Sizes of the spatial axes of the output; >= 1. Required.
  AdaptivePoolingOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("output_size", self.output_size);
    data_format_field(self.options.channels_first, field);
  }
};

/// The base class of adaptive pooling layers. Along an axis of n elements, output o of m pools the elements from
/// floor(o n / m) to ceil((o + 1) n / m) - 1.
template <class Scalar, int Rank, bool Largest>
class AdaptivePoolingLayer : public Layer<Scalar> {
 public:
  using Arguments = AdaptivePoolingArguments<Rank>;
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>
  explicit AdaptivePoolingLayer(A arguments) : arguments_(std::move(arguments)) {
    arguments_.output_size.require_at_least((class_name() + ", output_size").c_str(), 1, Rank);
    this->set_name(arguments_.options.name);
    this->set_input_spec({.rank = Rank + 2});
  }
  std::string class_name() const override {
    return text(Largest ? "AdaptiveMaxPooling" : "AdaptiveAveragePooling", Rank, "D");
  }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    return apply_per_channel(x, arguments_.options.channels_first, [&](const Tensor<Scalar>& t) {
      for (Index i = 1; i <= Rank; ++i)
        if (t.shape()[i] < 1)
          raise<ShapeError>("expected at least 1 element along each spatial axis, got shape ", x.shape());
      const kernels::Pooling p = pooling_of(t.shape(), arguments_.output_size);
      if constexpr (Largest)
        return max_pool(t, p);
      else
        return average_pool(t, p);
    });
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    this->check_input(input);
    Shape output = input;
    for (Index i = 0; i < Rank; ++i)
      output[first_spatial_axis(arguments_.options.channels_first) + i] = arguments_.output_size[i];
    return output;
  }

 private:
  Arguments arguments_;
};

}  // namespace detail

/// Maximum over output_size windows that cover the input: y[o] is the maximum of x[t] for
/// floor(o steps / output_size) <= t < ceil((o + 1) steps / output_size). Keras's `keras.layers.AdaptiveMaxPooling1D`.
/// Shapes: x (batch, steps, channels), y (batch, output_size, channels); with channels_first the channels are axis 1.
/// Throws a ValueError if output_size < 1, a ShapeError for an input of another rank or without elements.
///
///     AdaptiveMaxPooling1D(4)
template <class Scalar = float>
class AdaptiveMaxPooling1D : public detail::AdaptivePoolingLayer<Scalar, 1, true> {
 public:
  using detail::AdaptivePoolingLayer<Scalar, 1, true>::AdaptivePoolingLayer;
  /// Constructs the layer for a size of the output; >= 1.
  LAMINA_COLD explicit AdaptiveMaxPooling1D(Sizes<1> output_size, AdaptivePoolingOptions options = {})
      : AdaptiveMaxPooling1D(detail::AdaptivePoolingArguments<1>{output_size, std::move(options)}) {}
};

/// AdaptiveMaxPooling1D over rows and columns. Keras's `keras.layers.AdaptiveMaxPooling2D`.
/// Shapes: x (batch, rows, columns, channels), y (batch, output_size[0], output_size[1], channels); with channels_first
/// the channels are axis 1.
///
///     AdaptiveMaxPooling2D(4)
template <class Scalar = float>
class AdaptiveMaxPooling2D : public detail::AdaptivePoolingLayer<Scalar, 2, true> {
 public:
  using detail::AdaptivePoolingLayer<Scalar, 2, true>::AdaptivePoolingLayer;
  /// Constructs the layer for a size of the output (>= 1): `4` or `{4, 6}`.
  LAMINA_COLD explicit AdaptiveMaxPooling2D(Sizes<2> output_size, AdaptivePoolingOptions options = {})
      : AdaptiveMaxPooling2D(detail::AdaptivePoolingArguments<2>{output_size, std::move(options)}) {}
};

/// AdaptiveMaxPooling1D over planes, rows and columns. Keras's `keras.layers.AdaptiveMaxPooling3D`.
/// Shapes: x (batch, planes, rows, columns, channels), y (batch, output_size[0], output_size[1], output_size[2],
/// channels); with channels_first the channels are axis 1.
///
///     AdaptiveMaxPooling3D(4)
template <class Scalar = float>
class AdaptiveMaxPooling3D : public detail::AdaptivePoolingLayer<Scalar, 3, true> {
 public:
  using detail::AdaptivePoolingLayer<Scalar, 3, true>::AdaptivePoolingLayer;
  /// Constructs the layer for a size of the output (>= 1): `4` or `{2, 4, 4}`.
  LAMINA_COLD explicit AdaptiveMaxPooling3D(Sizes<3> output_size, AdaptivePoolingOptions options = {})
      : AdaptiveMaxPooling3D(detail::AdaptivePoolingArguments<3>{output_size, std::move(options)}) {}
};

/// Mean over output_size windows that cover the input: y[o] is the mean of x[t] for
/// floor(o steps / output_size) <= t < ceil((o + 1) steps / output_size). Keras's
/// `keras.layers.AdaptiveAveragePooling1D`.
/// Shapes: x (batch, steps, channels), y (batch, output_size, channels); with channels_first the channels are axis 1.
/// Throws a ValueError if output_size < 1, a ShapeError for an input of another rank or without elements.
///
///     AdaptiveAveragePooling1D(4)
template <class Scalar = float>
class AdaptiveAveragePooling1D : public detail::AdaptivePoolingLayer<Scalar, 1, false> {
 public:
  using detail::AdaptivePoolingLayer<Scalar, 1, false>::AdaptivePoolingLayer;
  /// Constructs the layer for a size of the output; >= 1.
  LAMINA_COLD explicit AdaptiveAveragePooling1D(Sizes<1> output_size, AdaptivePoolingOptions options = {})
      : AdaptiveAveragePooling1D(detail::AdaptivePoolingArguments<1>{output_size, std::move(options)}) {}
};

/// AdaptiveAveragePooling1D over rows and columns. Keras's `keras.layers.AdaptiveAveragePooling2D`.
/// Shapes: x (batch, rows, columns, channels), y (batch, output_size[0], output_size[1], channels); with channels_first
/// the channels are axis 1.
///
///     AdaptiveAveragePooling2D(4)
template <class Scalar = float>
class AdaptiveAveragePooling2D : public detail::AdaptivePoolingLayer<Scalar, 2, false> {
 public:
  using detail::AdaptivePoolingLayer<Scalar, 2, false>::AdaptivePoolingLayer;
  /// Constructs the layer for a size of the output (>= 1): `4` or `{4, 6}`.
  LAMINA_COLD explicit AdaptiveAveragePooling2D(Sizes<2> output_size, AdaptivePoolingOptions options = {})
      : AdaptiveAveragePooling2D(detail::AdaptivePoolingArguments<2>{output_size, std::move(options)}) {}
};

/// AdaptiveAveragePooling1D over planes, rows and columns. Keras's `keras.layers.AdaptiveAveragePooling3D`.
/// Shapes: x (batch, planes, rows, columns, channels), y (batch, output_size[0], output_size[1], output_size[2],
/// channels); with channels_first the channels are axis 1.
///
///     AdaptiveAveragePooling3D(4)
template <class Scalar = float>
class AdaptiveAveragePooling3D : public detail::AdaptivePoolingLayer<Scalar, 3, false> {
 public:
  using detail::AdaptivePoolingLayer<Scalar, 3, false>::AdaptivePoolingLayer;
  /// Constructs the layer for a size of the output (>= 1): `4` or `{2, 4, 4}`.
  LAMINA_COLD explicit AdaptiveAveragePooling3D(Sizes<3> output_size, AdaptivePoolingOptions options = {})
      : AdaptiveAveragePooling3D(detail::AdaptivePoolingArguments<3>{output_size, std::move(options)}) {}
};

}  // namespace lamina
