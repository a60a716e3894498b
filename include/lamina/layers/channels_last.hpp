#pragma once
#include "lamina/layers/spatial.hpp"
#include "lamina/ops/shaping.hpp"

namespace lamina::detail {

/// f(x) where x has its channels last; where they are first they are moved there, and back again.
template <class S, class F>
Tensor<S> with_channels_last(const Tensor<S>& x, bool channels_first, const F& f) {
  if (!channels_first) return f(x);
  Shape last{0}, first{0};
  for (Index i = 2; i < x.rank(); ++i) last.push_back(i);
  last.push_back(1);
  first.push_back(x.rank() - 1);
  for (Index i = 1; i + 1 < x.rank(); ++i) first.push_back(i);
  return permute(f(permute(x, last)), first);
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
