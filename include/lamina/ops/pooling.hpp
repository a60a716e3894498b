#pragma once
#include <optional>

#include "lamina/kernels/pooling.hpp"
#include "lamina/ops/operand.hpp"

// Pooling over one to three spatial axes, channels last: (batch, axes..., channels).

namespace lamina {

namespace detail {

/// The pooling of a tensor of shape x by windows.
inline kernels::Pooling pooling_of(const Shape& x, const AxisSizes& size, const AxisSizes& strides, Padding padding) {
  const Index rank = x.rank() - 2;
  return kernels::Pooling(x.front(), x.back(), kernels::Window(rank, x.begin() + 1, size, strides, 1, padding));
}
/// The adaptive pooling of a tensor of shape x to the given output sizes.
inline kernels::Pooling pooling_of(const Shape& x, const AxisSizes& output) {
  return kernels::Pooling(x.front(), x.back(), x.rank() - 2, x.begin() + 1, output);
}
inline Shape pooled_shape(const Shape& x, const kernels::Pooling& p) {
  Shape y = x;
  for (Index i = 1; i + 1 < x.rank(); ++i) y[i] = p.axes[3 - (x.rank() - 2) + i - 1].output;
  return y;
}

template <class S>
Tensor<S> max_unpool(const kernels::Pooling& p, const Tensor<S>& dy, const Tensor<S>& place, const Shape& shape);

/// y = the element of each window of x at the position `place`. Gradient: dx = max_unpool(dy).
template <class S>
Tensor<S> max_unpool_gradient(const kernels::Pooling& p, const Tensor<S>& x, const Tensor<S>& place) {
  Tensor<S> y = Tensor<S>::empty(place.shape());
  kernels::max_pool_gather(p, x.data(), place.data(), TensorAccess::data(y));
  if (Recording<S> tape{y, x})
    tape.gradient([p, place, shape = x.shape()](const Tensor<S>& dy, Gradients<S>& g) {
      g.add(0, max_unpool(p, dy, place, shape));
    });
  return y;
}

/// dx = zeros, plus each dy added at the position `place` of its window; the transpose of max_unpool_gradient.
/// If g is the gradient of dx, the gradient of dy is max_unpool_gradient(g).
template <class S>
Tensor<S> max_unpool(const kernels::Pooling& p, const Tensor<S>& dy, const Tensor<S>& place, const Shape& shape) {
  Tensor<S> dx = Tensor<S>::empty(shape);
  kernels::max_pool_gradient(p, dy.data(), place.data(), TensorAccess::data(dx));
  if (Recording<S> tape{dx, dy})
    tape.gradient([p, place](const Tensor<S>& d, Gradients<S>& g) { g.add(0, max_unpool_gradient(p, d, place)); });
  return dx;
}

/// y = the maximum of each window. Gradient: dx = dy at the position of the (first) maximum, 0 elsewhere.
template <class S>
Tensor<S> max_pool(const Tensor<S>& x, const kernels::Pooling& p) {
  Tensor<S> y = Tensor<S>::empty(pooled_shape(x.shape(), p)), place;
  Recording<S> tape{y, x};
  if (tape) place = Tensor<S>::empty(y.shape());
  kernels::max_pool(p, x.data(), TensorAccess::data(y), tape ? TensorAccess::data(place) : nullptr);
  if (tape)
    tape.gradient([p, place, shape = x.shape()](const Tensor<S>& dy, Gradients<S>& g) {
      g.add(0, max_unpool(p, dy, place, shape));
    });
  return y;
}

template <class S>
Tensor<S> average_pool_gradient(const Tensor<S>& dy, const kernels::Pooling& p, const Shape& shape);

/// y = the mean of each window, or the sum if `p.mean` is false. Gradient: average_pool_gradient.
template <class S>
Tensor<S> average_pool(const Tensor<S>& x, const kernels::Pooling& p) {
  Tensor<S> y = Tensor<S>::empty(pooled_shape(x.shape(), p));
  kernels::average_pool(p, x.data(), TensorAccess::data(y));
  if (Recording<S> tape{y, x})
    tape.gradient([p, shape = x.shape()](const Tensor<S>& dy, Gradients<S>& g) {
      g.add(0, average_pool_gradient(dy, p, shape));
    });
  return y;
}

/// The gradient of average_pool: each element of a window gets dy / (number of elements), or dy for a sum (`p.mean`
/// false). If g is the gradient of dx, the gradient of dy is average_pool(g).
template <class S>
Tensor<S> average_pool_gradient(const Tensor<S>& dy, const kernels::Pooling& p, const Shape& shape) {
  Tensor<S> dx = Tensor<S>::empty(shape);
  kernels::average_pool_gradient(p, dy.data(), TensorAccess::data(dx));
  if (Recording<S> tape{dx, dy})
    tape.gradient([p](const Tensor<S>& d, Gradients<S>& g) { g.add(0, average_pool(d, p)); });
  return dx;
}

/// y = each element of x repeated size[i] times along spatial axis i (nearest-neighbor upsampling). Gradient: dx = dy
/// summed over the repetitions.
template <class S>
Tensor<S> up_sample(const Tensor<S>& x, const AxisSizes& size) {
  Shape shape = x.shape();
  for (Index i = 1; i + 1 < x.rank(); ++i) shape[i] = saturating_product(shape[i], size[i - 1]);
  kernels::Pooling p(x.shape().front(), x.shape().back(), x.rank() - 2, shape.begin() + 1,
                     AxisSizes(x.shape().begin() + 1, x.rank() - 2));
  p.mean = false;
  return average_pool_gradient(x, p, shape);
}

LAMINA_COMPILED_FUNCTION(up_sample);
LAMINA_COMPILED_FUNCTION(max_unpool);
LAMINA_COMPILED_FUNCTION(max_unpool_gradient);
LAMINA_COMPILED_FUNCTION(max_pool);
LAMINA_COMPILED_FUNCTION(average_pool);
LAMINA_COMPILED_FUNCTION(average_pool_gradient);

}  // namespace detail

/// The options of max_pool and average_pool.
struct PoolOptions {
  /// Step between adjacent windows, in elements, one number or one per axis; >= 1. Default: the window size.
  std::optional<AxisSizes> strides = std::nullopt;
  Padding padding = Padding::valid;  ///< "valid" or "same"; see Padding. Default: "valid".
};

/// Computes the maximum of each window. Padding does not count. The first of equal maxima gets the gradient.
///
/// Shapes: x (batch, axes..., channels) with one to three axes; result (batch, output axes..., channels). Throws
/// ShapeError or ValueError if the windows do not match the input. `keras.ops.max_pool`.
template <TensorLike X>
auto max_pool(const X& x, const AxisSizes& pool_size, const PoolOptions& options = {}) {
  const auto& t = detail::as_tensor(x);
  return detail::max_pool(
      t, detail::pooling_of(t.shape(), pool_size, options.strides.value_or(pool_size), options.padding));
}
/// Computes the mean of each window. Padding does not count: the divisor is the number of elements inside the input.
///
/// Shapes: x (batch, axes..., channels) with one to three axes; result (batch, output axes..., channels). Throws
/// ShapeError or ValueError if the windows do not match the input. `keras.ops.average_pool`.
template <TensorLike X>
auto average_pool(const X& x, const AxisSizes& pool_size, const PoolOptions& options = {}) {
  const auto& t = detail::as_tensor(x);
  return detail::average_pool(
      t, detail::pooling_of(t.shape(), pool_size, options.strides.value_or(pool_size), options.padding));
}

}  // namespace lamina
