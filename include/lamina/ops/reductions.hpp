#pragma once
#include "lamina/core/classify.hpp"
#include "lamina/ops/math.hpp"
#include "lamina/ops/shaping.hpp"

// Reductions over axes: sum, mean, variance, standard deviation, maximum, minimum, argmax and argmin.

namespace lamina {

/// The options of reductions.
struct ReduceOptions {
  std::vector<Index> axes = {};  ///< Axes to reduce; negative ones count from the end. Default: all axes.
  bool keepdims = false;         ///< If true, keeps reduced axes with size 1. Default: false.
};

namespace detail {

/// The axes of a reduction as flags, and the shapes of its result. Throws ShapeError for an axis out of range,
/// ValueError for a repeated axis.
struct ReducedAxes {
  bool reduced[Shape::max_rank] = {};
  Shape keepdims_shape, result;
  Index count = 1;

  ReducedAxes(const Shape& shape, const Index* axes, std::size_t axis_count, bool keepdims) {
    for (Index i = 0; i < shape.rank(); ++i) reduced[i] = axis_count == 0;
    for (std::size_t i = 0; i < axis_count; ++i) {
      bool& flag = reduced[shape.axis(axes[i])];
      if (flag)
        raise<ValueError>("reduction of shape ", shape, ": expected distinct axes, got axis ", axes[i], " twice");
      flag = true;
    }
    for (Index i = 0; i < shape.rank(); ++i) {
      keepdims_shape.push_back(reduced[i] ? 1 : shape[i]);
      if (reduced[i]) count *= shape[i];
      if (!reduced[i]) result.push_back(shape[i]);
    }
    if (keepdims) result = keepdims_shape;
  }
};

/// y = sum of x over the reduced axes. Gradient: dx = dy broadcast to the shape of x.
template <class S>
Tensor<S> sum(const Tensor<S>& x, const ReducedAxes& r) {
  Tensor<S> y = TensorAccess::with_shape(reduce_axes<kernels::SumOf>(x.detached(), r.reduced), r.result);
  if (Recording<S> tape{y, x})
    tape.gradient([r, from = x.shape()](const Tensor<S>& dy, Gradients<S>& g) {
      g.add(0, broadcast_to(reshape_to(dy, r.keepdims_shape), from));
    });
  return y;
}

/// y = maximum or minimum of x over the reduced axes. Gradient: dx = dy divided evenly among the elements equal to y, 0
/// elsewhere.
template <class R, class S>
Tensor<S> extreme(const Tensor<S>& x, const ReducedAxes& r, const char* name) {
  if (r.count == 0) raise<ShapeError>(name, ": expected at least one element to reduce, got shape ", x.shape());
  Tensor<S> y = TensorAccess::with_shape(reduce_axes<R>(x.detached(), r.reduced), r.result);
  if (Recording<S> tape{y, x})
    tape.gradient([r, x, y](const Tensor<S>& dy, Gradients<S>& g) {
      const Tensor<S> mask = equal(x.detached(), TensorAccess::with_shape(y, r.keepdims_shape));
      const Tensor<S> fraction = divide(mask, reduce_axes<kernels::SumOf>(mask, r.reduced));
      g.add(0, multiply(fraction, reshape_to(dy, r.keepdims_shape)));
    });
  return y;
}

LAMINA_COMPILED_FUNCTION(sum);
}  // namespace detail

/// Computes the sum over `options.axes`; over all axes by default. 0 for no elements. Throws ShapeError for an axis out
/// of range and ValueError for a repeated axis. `keras.ops.sum`.
///
///     sum(x)                                        // a scalar
///     sum(x, {.axes = {-1}, .keepdims = true})      // (..., n) to (..., 1)
template <TensorLike X>
auto sum(const X& x, const ReduceOptions& options = {}) {
  const auto& t = detail::as_tensor(x);
  return detail::sum(t, detail::ReducedAxes(t.shape(), options.axes.data(), options.axes.size(), options.keepdims));
}

/// Computes the arithmetic mean over `options.axes`; over all axes by default. NaN for no elements. Throws as `sum`
/// does. `keras.ops.mean`.
template <TensorLike X>
auto mean(const X& x, const ReduceOptions& options = {}) {
  using S = detail::scalar_of<X>;
  const auto& t = detail::as_tensor(x);
  const detail::ReducedAxes r(t.shape(), options.axes.data(), options.axes.size(), options.keepdims);
  return detail::sum(t, r) * (S(1) / static_cast<S>(r.count));
}

/// Computes the biased variance, mean((x - mean(x))²), over `options.axes`; over all axes by default. Throws as `sum`
/// does. `keras.ops.var`.
template <TensorLike X>
auto variance(const X& x, const ReduceOptions& options = {}) {
  const auto& t = detail::as_tensor(x);
  return mean(square(t - mean(t, {.axes = options.axes, .keepdims = true})), options);
}

/// Computes the standard deviation, the square root of `variance`, over `options.axes`; over all axes by default. Its
/// gradient is NaN if the variance is 0. Throws as `sum` does. `keras.ops.std`.
template <TensorLike X>
auto stddev(const X& x, const ReduceOptions& options = {}) {
  return sqrt(variance(x, options));
}

/// Computes the maximum over `options.axes`; over all axes by default. Equal maxima get equal fractions of the
/// gradient. Throws ShapeError for no elements, and as `sum` does. `keras.ops.max`; for two tensors use `maximum`.
template <TensorLike X>
auto(max)(const X& x, const ReduceOptions& options = {}) {
  const auto& t = detail::as_tensor(x);
  return detail::extreme<kernels::MaximumOf>(
      t, detail::ReducedAxes(t.shape(), options.axes.data(), options.axes.size(), options.keepdims), "max");
}

/// Computes the minimum over `options.axes`; over all axes by default. Equal minima get equal fractions of the
/// gradient. Throws ShapeError for no elements, and as `sum` does. `keras.ops.min`; for two tensors use `minimum`.
template <TensorLike X>
auto(min)(const X& x, const ReduceOptions& options = {}) {
  const auto& t = detail::as_tensor(x);
  return detail::extreme<kernels::MinimumOf>(
      t, detail::ReducedAxes(t.shape(), options.axes.data(), options.axes.size(), options.keepdims), "min");
}

/// Returns the index of the maximum along `axis`, which is removed, as numbers of x's scalar type; the first index of
/// equal maxima. NaN counts as the maximum, as in NumPy. No gradient. Throws ShapeError if the axis is empty or out of
/// range. `keras.ops.argmax`.
template <TensorLike X>
auto argmax(const X& x, Index axis = -1) {
  using S = detail::scalar_of<X>;
  const auto& t = detail::as_tensor(x);
  const Index at = t.shape().axis(axis), n = t.shape()[at];
  if (n == 0) raise<ShapeError>("argmax: expected at least one element along axis ", at, ", got shape ", t.shape());
  Index outer = 1, inner = 1;
  Shape shape;
  for (Index i = 0; i < t.rank(); ++i) {
    if (i == at) continue;
    (i < at ? outer : inner) *= t.shape()[i];
    shape.push_back(t.shape()[i]);
  }
  Tensor<S> result = Tensor<S>::empty(shape);
  S* out = detail::TensorAccess::data(result);
  for (Index o = 0; o < outer; ++o)
    for (Index i = 0; i < inner; ++i) {
      const S* from = t.data() + o * n * inner + i;
      Index best = 0;
      for (Index j = 1; j < n; ++j)
        if (!is_nan(from[best * inner]) && (from[j * inner] > from[best * inner] || is_nan(from[j * inner]))) best = j;
      out[o * inner + i] = static_cast<S>(best);
    }
  return result;
}

/// Returns the index of the minimum along `axis`, which is removed, as numbers of x's scalar type; the first index of
/// equal minima. NaN counts as the minimum, as in NumPy. No gradient. Throws ShapeError if the axis is empty or out of
/// range. `keras.ops.argmin`.
template <TensorLike X>
auto argmin(const X& x, Index axis = -1) {
  return argmax(-detail::as_tensor(x).detached(), axis);
}

}  // namespace lamina
