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

/// The mean of every window, of what lies inside the input over (batch, steps, channels); with channels_first the
/// channels are on axis 1. Keras's AveragePooling1D.
///
///     AveragePooling1D(2), AveragePooling1D(3, {.strides = 1, .padding = "same"})
template <class Scalar = float>
class AveragePooling1D : public detail::PoolingLayer<Scalar, 1, detail::AveragePool> {
 public:
  using detail::PoolingLayer<Scalar, 1, detail::AveragePool>::PoolingLayer;
  LAMINA_COLD explicit AveragePooling1D(Sizes<1> pool_size = 2, PoolingOptions<1> options = {})
      : AveragePooling1D(detail::PoolingArguments<1>{pool_size, std::move(options)}) {}
};

/// The mean of every window, of what lies inside the input over (batch, rows, columns, channels); with channels_first
/// the channels are on axis 1. Keras's AveragePooling2D.
///
///     AveragePooling2D(2), AveragePooling2D({2, 3}, {.strides = 2})
template <class Scalar = float>
class AveragePooling2D : public detail::PoolingLayer<Scalar, 2, detail::AveragePool> {
 public:
  using detail::PoolingLayer<Scalar, 2, detail::AveragePool>::PoolingLayer;
  LAMINA_COLD explicit AveragePooling2D(Sizes<2> pool_size = 2, PoolingOptions<2> options = {})
      : AveragePooling2D(detail::PoolingArguments<2>{pool_size, std::move(options)}) {}
};

/// The mean of every window, of what lies inside the input over (batch, planes, rows, columns, channels); with
/// channels_first the channels are on axis 1. Keras's AveragePooling3D.
///
///     AveragePooling3D(2)
template <class Scalar = float>
class AveragePooling3D : public detail::PoolingLayer<Scalar, 3, detail::AveragePool> {
 public:
  using detail::PoolingLayer<Scalar, 3, detail::AveragePool>::PoolingLayer;
  LAMINA_COLD explicit AveragePooling3D(Sizes<3> pool_size = 2, PoolingOptions<3> options = {})
      : AveragePooling3D(detail::PoolingArguments<3>{pool_size, std::move(options)}) {}
};

}  // namespace lamina
