#pragma once
#include "lamina/layers/base/window_arguments.hpp"
#include "lamina/ops/shaping.hpp"

namespace lamina::detail {

/// (batch, channels, axes...) as (batch, axes..., channels)
template <class S>
Tensor<S> channels_moved_last(const Tensor<S>& x) {
  Shape order{0};
  for (Index i = 2; i < x.rank(); ++i) order.push_back(i);
  order.push_back(1);
  return permute(x, order);
}
/// (batch, axes..., channels) as (batch, channels, axes...)
template <class S>
Tensor<S> channels_moved_first(const Tensor<S>& x) {
  Shape order{0, x.rank() - 1};
  for (Index i = 1; i + 1 < x.rank(); ++i) order.push_back(i);
  return permute(x, order);
}
/// f(x) where x has its channels last; where they are first they are moved there, and back again.
template <class S, class F>
Tensor<S> with_channels_last(const Tensor<S>& x, bool channels_first, const F& f) {
  return channels_first ? channels_moved_first(f(channels_moved_last(x))) : f(x);
}

/// f(x) where f treats every channel alike: with the channels first each of them is an image of its own, and nothing is
/// moved.
template <class S, class F>
Tensor<S> with_channels_alike(const Tensor<S>& x, bool channels_first, const F& f) {
  if (!channels_first) return f(x);
  Shape images{x.shape()[0] * x.shape()[1]};
  for (Index i = 2; i < x.rank(); ++i) images.push_back(x.shape()[i]);
  images.push_back(1);
  const Tensor<S> y = f(reshape_to(x, images));
  Shape shape{x.shape()[0], x.shape()[1]};
  for (Index i = 1; i + 1 < y.rank(); ++i) shape.push_back(y.shape()[i]);
  return reshape_to(y, shape);
}

}  // namespace lamina::detail
