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

/// The largest element of every window over (batch, steps, channels); with channels_first the
/// channels are on axis 1. Keras's MaxPooling1D.
///
///     MaxPooling1D(2), MaxPooling1D(3, {.strides = 1, .padding = "same"})
template <class Scalar = float>
class MaxPooling1D : public detail::PoolingLayer<Scalar, 1, detail::MaxPool> {
 public:
  using detail::PoolingLayer<Scalar, 1, detail::MaxPool>::PoolingLayer;
  LAMINA_COLD explicit MaxPooling1D(Sizes<1> pool_size = 2, PoolingOptions<1> options = {})
      : MaxPooling1D(detail::PoolingArguments<1>{pool_size, std::move(options)}) {}
};

/// The largest element of every window over (batch, rows, columns, channels); with channels_first the
/// channels are on axis 1. Keras's MaxPooling2D.
///
///     MaxPooling2D(2), MaxPooling2D({2, 3}, {.strides = 2})
template <class Scalar = float>
class MaxPooling2D : public detail::PoolingLayer<Scalar, 2, detail::MaxPool> {
 public:
  using detail::PoolingLayer<Scalar, 2, detail::MaxPool>::PoolingLayer;
  LAMINA_COLD explicit MaxPooling2D(Sizes<2> pool_size = 2, PoolingOptions<2> options = {})
      : MaxPooling2D(detail::PoolingArguments<2>{pool_size, std::move(options)}) {}
};

/// The largest element of every window over (batch, planes, rows, columns, channels); with channels_first the
/// channels are on axis 1. Keras's MaxPooling3D.
///
///     MaxPooling3D(2)
template <class Scalar = float>
class MaxPooling3D : public detail::PoolingLayer<Scalar, 3, detail::MaxPool> {
 public:
  using detail::PoolingLayer<Scalar, 3, detail::MaxPool>::PoolingLayer;
  LAMINA_COLD explicit MaxPooling3D(Sizes<3> pool_size = 2, PoolingOptions<3> options = {})
      : MaxPooling3D(detail::PoolingArguments<3>{pool_size, std::move(options)}) {}
};

}  // namespace lamina
