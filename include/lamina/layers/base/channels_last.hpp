#pragma once
#include "lamina/layers/base/window_arguments.hpp"
#include "lamina/ops/shaping.hpp"

namespace lamina::detail {

/// Transposes (batch, channels, spatial axes...) to (batch, spatial axes..., channels).
template <class S>
Tensor<S> channels_first_to_last(const Tensor<S>& x) {
  Shape order{0};
  for (Index i = 2; i < x.rank(); ++i) order.push_back(i);
  order.push_back(1);
  return permute(x, order);
}
/// Transposes (batch, spatial axes..., channels) to (batch, channels, spatial axes...).
template <class S>
Tensor<S> channels_last_to_first(const Tensor<S>& x) {
  Shape order{0, x.rank() - 1};
  for (Index i = 1; i + 1 < x.rank(); ++i) order.push_back(i);
  return permute(x, order);
}
/// Returns f(x) for an f that requires channels last. With channels_first, transposes x before and f(x) after the call.
template <class S, class F>
Tensor<S> apply_channels_last(const Tensor<S>& x, bool channels_first, const F& f) {
  return channels_first ? channels_last_to_first(f(channels_first_to_last(x))) : f(x);
}

/// Returns f(x) for an f that treats channels independently. With channels_first, reshapes x to (batch * channels,
/// spatial axes..., 1) instead of transposing it.
template <class S, class F>
Tensor<S> apply_per_channel(const Tensor<S>& x, bool channels_first, const F& f) {
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
