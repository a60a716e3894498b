#pragma once
#include "lamina/layers/pooling/pooling_layer.hpp"

namespace lamina {

namespace detail {
struct AveragePool {
  static constexpr const char* class_name() noexcept { return "AveragePooling"; }
  template <class S>
  static Tensor<S> pool(const Tensor<S>& x, const kernels::Pooling& p) {
    return average_pool(x, p);
  }
};
}  // namespace detail

/// Mean over windows of steps: y[o] = mean_k x[o stride + k]. Padding does not count in the mean. Keras's
/// `keras.layers.AveragePooling1D`.
/// Shapes: x (batch, steps, channels), y (batch, new_steps, channels); with channels_first the channels are axis 1.
///
///     new_steps = floor((steps - pool_size) / stride) + 1    with padding "valid"
///     new_steps = ceil(steps / stride)                       with padding "same"
///
/// Throws a ValueError for options out of range, a ShapeError for an input of another rank or smaller than the window.
///
///     AveragePooling1D(2), AveragePooling1D(3, {.strides = 1, .padding = "same"})
template <class Scalar = float>
class AveragePooling1D : public detail::PoolingLayer<Scalar, 1, detail::AveragePool> {
 public:
  using detail::PoolingLayer<Scalar, 1, detail::AveragePool>::PoolingLayer;
  /// Constructs a layer with windows of `pool_size` elements; >= 1. Default: 2.
  LAMINA_COLD explicit AveragePooling1D(Sizes<1> pool_size = 2, PoolingOptions<1> options = {})
      : AveragePooling1D(detail::PoolingArguments<1>{pool_size, std::move(options)}) {}
};

/// AveragePooling1D over rows and columns. Keras's `keras.layers.AveragePooling2D`.
/// Shapes: x (batch, rows, columns, channels), y (batch, new_rows, new_columns, channels); with channels_first the
/// channels are axis 1.
///
///     AveragePooling2D(2), AveragePooling2D({2, 3}, {.strides = 2})
template <class Scalar = float>
class AveragePooling2D : public detail::PoolingLayer<Scalar, 2, detail::AveragePool> {
 public:
  using detail::PoolingLayer<Scalar, 2, detail::AveragePool>::PoolingLayer;
  /// Constructs a layer with windows of `pool_size` (>= 1): `2` or `{2, 3}`. Default: 2.
  LAMINA_COLD explicit AveragePooling2D(Sizes<2> pool_size = 2, PoolingOptions<2> options = {})
      : AveragePooling2D(detail::PoolingArguments<2>{pool_size, std::move(options)}) {}
};

/// AveragePooling1D over planes, rows and columns. Keras's `keras.layers.AveragePooling3D`.
/// Shapes: x (batch, planes, rows, columns, channels), y (batch, new_planes, new_rows, new_columns, channels); with
/// channels_first the channels are axis 1.
///
///     AveragePooling3D(2)
template <class Scalar = float>
class AveragePooling3D : public detail::PoolingLayer<Scalar, 3, detail::AveragePool> {
 public:
  using detail::PoolingLayer<Scalar, 3, detail::AveragePool>::PoolingLayer;
  /// Constructs a layer with windows of `pool_size` (>= 1): `2` or `{1, 2, 2}`. Default: 2.
  LAMINA_COLD explicit AveragePooling3D(Sizes<3> pool_size = 2, PoolingOptions<3> options = {})
      : AveragePooling3D(detail::PoolingArguments<3>{pool_size, std::move(options)}) {}
};

}  // namespace lamina
