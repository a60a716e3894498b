#pragma once
#include <optional>

#include "lamina/kernels/pooling.hpp"
#include "lamina/ops/operand.hpp"

// Pooling of images with their channels last: (batch, one to three axes..., channels).

namespace lamina {

namespace detail {

/// A pooling of an image of this shape: by windows, or each axis shared out evenly among `output` positions.
inline kernels::Pooling pooling_of(const Shape& x, const AxisSizes& size, const AxisSizes& strides, Padding padding) {
  const Index rank = x.rank() - 2;
  return kernels::Pooling(x.front(), x.back(), kernels::Window(rank, x.begin() + 1, size, strides, 1, padding));
}
inline kernels::Pooling pooling_of(const Shape& x, const AxisSizes& output) {
  return kernels::Pooling(x.front(), x.back(), x.rank() - 2, x.begin() + 1, output);
}
inline Shape pooled_shape(const Shape& x, const kernels::Pooling& p) {
  Shape y = x;
  for (Index i = 1; i + 1 < x.rank(); ++i) y[i] = p.axes[3 - (x.rank() - 2) + i - 1].output;
  return y;
}

template <class S>
Tensor<S> put_places(const kernels::Pooling& p, const Tensor<S>& dy, const Tensor<S>& place, const Shape& shape);

/// y = x at its place in each window;  dx = dy put there
template <class S>
Tensor<S> pick_places(const kernels::Pooling& p, const Tensor<S>& x, const Tensor<S>& place) {
  Tensor<S> y = Tensor<S>::empty(place.shape());
  kernels::max_pool_gather(p, x.data(), place.data(), TensorAccess::data(y));
  if (Recording<S> tape{y, x})
    tape.gradient([p, place, shape = x.shape()](const Tensor<S>& dy, Gradients<S>& g) {
      g.add(0, put_places(p, dy, place, shape));
    });
  return y;
}

/// dx = dy put at its place in each window, added up;  d dy = what is picked there
template <class S>
Tensor<S> put_places(const kernels::Pooling& p, const Tensor<S>& dy, const Tensor<S>& place, const Shape& shape) {
  Tensor<S> dx = Tensor<S>::empty(shape);
  kernels::max_pool_gradient(p, dy.data(), place.data(), TensorAccess::data(dx));
  if (Recording<S> tape{dx, dy})
    tape.gradient([p, place](const Tensor<S>& d, Gradients<S>& g) { g.add(0, pick_places(p, d, place)); });
  return dx;
}

/// y = the largest of each window;  dx = dy where it lies, the first of equals
template <class S>
Tensor<S> max_pool(const Tensor<S>& x, const kernels::Pooling& p) {
  Tensor<S> y = Tensor<S>::empty(pooled_shape(x.shape(), p)), place;
  Recording<S> tape{y, x};
  if (tape) place = Tensor<S>::empty(y.shape());
  kernels::max_pool(p, x.data(), TensorAccess::data(y), tape ? TensorAccess::data(place) : nullptr);
  if (tape)
    tape.gradient([p, place, shape = x.shape()](const Tensor<S>& dy, Gradients<S>& g) {
      g.add(0, put_places(p, dy, place, shape));
    });
  return y;
}

template <class S>
Tensor<S> share_out(const Tensor<S>& dy, const kernels::Pooling& p, const Shape& shape);

/// y = the mean of each window;  dx = dy shared out
template <class S>
Tensor<S> average_pool(const Tensor<S>& x, const kernels::Pooling& p) {
  Tensor<S> y = Tensor<S>::empty(pooled_shape(x.shape(), p));
  kernels::average_pool(p, x.data(), TensorAccess::data(y));
  if (Recording<S> tape{y, x})
    tape.gradient([p, shape = x.shape()](const Tensor<S>& dy, Gradients<S>& g) { g.add(0, share_out(dy, p, shape)); });
  return y;
}

/// dx = dy shared out evenly in each window;  d dy = the means
template <class S>
Tensor<S> share_out(const Tensor<S>& dy, const kernels::Pooling& p, const Shape& shape) {
  Tensor<S> dx = Tensor<S>::empty(shape);
  kernels::average_pool_gradient(p, dy.data(), TensorAccess::data(dx));
  if (Recording<S> tape{dx, dy})
    tape.gradient([p](const Tensor<S>& d, Gradients<S>& g) { g.add(0, average_pool(d, p)); });
  return dx;
}

/// y = every x size[0] by size[1] by ... times;  dx = dy summed over those
template <class S>
Tensor<S> up_sample(const Tensor<S>& x, const AxisSizes& size) {
  Shape shape = x.shape();
  for (Index i = 1; i + 1 < x.rank(); ++i) shape[i] = saturating_product(shape[i], size[i - 1]);
  kernels::Pooling p(x.shape().front(), x.shape().back(), x.rank() - 2, shape.begin() + 1,
                     AxisSizes(x.shape().begin() + 1, x.rank() - 2));
  p.mean = false;
  return share_out(x, p, shape);
}

LAMINA_COMPILED_FUNCTION(up_sample);
LAMINA_COMPILED_FUNCTION(put_places);
LAMINA_COMPILED_FUNCTION(pick_places);
LAMINA_COMPILED_FUNCTION(max_pool);
LAMINA_COMPILED_FUNCTION(average_pool);
LAMINA_COMPILED_FUNCTION(share_out);

}  // namespace detail

/// The options of max_pool and average_pool.
struct PoolOptions {
  /// Distance between neighboring windows along each axis; >= 1. Default: the size of the windows.
  std::optional<AxisSizes> strides = std::nullopt;
  Padding padding = Padding::valid;  ///< "valid" or "same"; see Padding. Default: "valid".
};

/// The largest element of every window over the axes between batch and channels; what windows reach beyond the borders
/// does not count. Of equal elements the first receives the gradient. Shapes: (batch, axes..., channels), one to three
/// axes.
template <TensorLike X>
auto max_pool(const X& x, const AxisSizes& pool_size, const PoolOptions& options = {}) {
  const auto& t = detail::as_tensor(x);
  return detail::max_pool(
      t, detail::pooling_of(t.shape(), pool_size, options.strides.value_or(pool_size), options.padding));
}
/// The mean of every window's elements, those inside the input.
template <TensorLike X>
auto average_pool(const X& x, const AxisSizes& pool_size, const PoolOptions& options = {}) {
  const auto& t = detail::as_tensor(x);
  return detail::average_pool(
      t, detail::pooling_of(t.shape(), pool_size, options.strides.value_or(pool_size), options.padding));
}

}  // namespace lamina
