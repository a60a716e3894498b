#pragma once
#include "lamina/layers/pooling/pooling_layer.hpp"

namespace lamina {

namespace detail {
struct MaxPool {
  static constexpr const char* class_name() noexcept { return "MaxPooling"; }
  template <class S>
  static Tensor<S> pool(const Tensor<S>& x, const kernels::Pooling& p) {
    return max_pool(x, p);
  }
};
}  // namespace detail

/// Maximum over windows of steps: y[o] = max_k x[o stride + k]. Keras's `keras.layers.MaxPooling1D`.
/// Shapes: x (batch, steps, channels), y (batch, new_steps, channels); with channels_first the channels are axis 1.
///
///     new_steps = floor((steps - pool_size) / stride) + 1    with padding "valid"
///     new_steps = ceil(steps / stride)                       with padding "same"
///
/// Throws a ValueError for options out of range, a ShapeError for an input of another rank or smaller than the window.
///
///     MaxPooling1D(2), MaxPooling1D(3, {.strides = 1, .padding = "same"})
template <class Scalar = float>
class MaxPooling1D : public detail::PoolingLayer<Scalar, 1, detail::MaxPool> {
 public:
  using detail::PoolingLayer<Scalar, 1, detail::MaxPool>::PoolingLayer;
  /// Constructs a layer with windows of `pool_size` elements; >= 1. Default: 2.
  LAMINA_COLD explicit MaxPooling1D(Sizes<1> pool_size = 2, PoolingOptions<1> options = {})
      : MaxPooling1D(detail::PoolingArguments<1>{pool_size, std::move(options)}) {}
};

/// MaxPooling1D over rows and columns. Keras's `keras.layers.MaxPooling2D`.
/// Shapes: x (batch, rows, columns, channels), y (batch, new_rows, new_columns, channels); with channels_first the
/// channels are axis 1.
///
///     MaxPooling2D(2), MaxPooling2D({2, 3}, {.strides = 2})
template <class Scalar = float>
class MaxPooling2D : public detail::PoolingLayer<Scalar, 2, detail::MaxPool> {
 public:
  using detail::PoolingLayer<Scalar, 2, detail::MaxPool>::PoolingLayer;
  /// Constructs a layer with windows of `pool_size` (>= 1): `2` or `{2, 3}`. Default: 2.
  LAMINA_COLD explicit MaxPooling2D(Sizes<2> pool_size = 2, PoolingOptions<2> options = {})
      : MaxPooling2D(detail::PoolingArguments<2>{pool_size, std::move(options)}) {}
};

/// MaxPooling1D over planes, rows and columns. Keras's `keras.layers.MaxPooling3D`.
/// Shapes: x (batch, planes, rows, columns, channels), y (batch, new_planes, new_rows, new_columns, channels); with
/// channels_first the channels are axis 1.
///
///     MaxPooling3D(2)
template <class Scalar = float>
class MaxPooling3D : public detail::PoolingLayer<Scalar, 3, detail::MaxPool> {
 public:
  using detail::PoolingLayer<Scalar, 3, detail::MaxPool>::PoolingLayer;
  /// Constructs a layer with windows of `pool_size` (>= 1): `2` or `{1, 2, 2}`. Default: 2.
  LAMINA_COLD explicit MaxPooling3D(Sizes<3> pool_size = 2, PoolingOptions<3> options = {})
      : MaxPooling3D(detail::PoolingArguments<3>{pool_size, std::move(options)}) {}
};

}  // namespace lamina
