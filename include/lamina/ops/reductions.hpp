#pragma once
#include "lamina/core/classify.hpp"
#include "lamina/ops/math.hpp"
#include "lamina/ops/shaping.hpp"

// Sums, means and extremes over axes.

namespace lamina {

/// The options of reductions.
struct ReduceOptions {
  std::vector<Index> axes = {};  ///< Axes to reduce, negative ones counted from the end. Default: all.
  bool keepdims = false;         ///< If true, reduced axes stay, with size 1. Default: false.
};

namespace detail {

struct ReducedAxes {
  bool reduced[Shape::max_rank] = {};
  Shape kept_as_one, result;
  Index count = 1;

  ReducedAxes(const Shape& shape, const Index* axes, std::size_t axis_count, bool keepdims) {
    for (Index i = 0; i < shape.rank(); ++i) reduced[i] = axis_count == 0;
    for (std::size_t i = 0; i < axis_count; ++i) {
      bool& flag = reduced[shape.axis(axes[i])];
      if (flag) raise<ValueError>("axis ", axes[i], " is named twice in a reduction of shape ", shape);
      flag = true;
    }
    for (Index i = 0; i < shape.rank(); ++i) {
      kept_as_one.push_back(reduced[i] ? 1 : shape[i]);
      if (reduced[i]) count *= shape[i];
      if (!reduced[i]) result.push_back(shape[i]);
    }
    if (keepdims) result = kept_as_one;
  }
};

/// y = sum of x;  dx = dy stretched
template <class S>
Tensor<S> sum(const Tensor<S>& x, const ReducedAxes& r) {
  Tensor<S> y = TensorAccess::with_shape(reduce_axes<kernels::SumOf>(x.detached(), r.reduced), r.result);
  if (Recording<S> tape{y, x})
    tape.gradient([r, from = x.shape()](const Tensor<S>& dy, Gradients<S>& g) {
      g.add(0, broadcast_to(reshape_to(dy, r.kept_as_one), from));
    });
  return y;
}

/// y = the largest (smallest) of x;  dx = dy, split evenly among those that are it
template <class R, class S>
Tensor<S> extreme(const Tensor<S>& x, const ReducedAxes& r, const char* name) {
  if (r.count == 0) raise<ShapeError>(name, ": nothing to choose from in shape ", x.shape());
  Tensor<S> y = TensorAccess::with_shape(reduce_axes<R>(x.detached(), r.reduced), r.result);
  if (Recording<S> tape{y, x})
    tape.gradient([r, x, y](const Tensor<S>& dy, Gradients<S>& g) {
      const Tensor<S> mask = equal(x.detached(), TensorAccess::with_shape(y, r.kept_as_one));
      const Tensor<S> share = divide(mask, reduce_axes<kernels::SumOf>(mask, r.reduced));
      g.add(0, multiply(share, reshape_to(dy, r.kept_as_one)));
    });
  return y;
}

LAMINA_COMPILED_FUNCTION(sum);
}  // namespace detail

/// The sum over all axes, or those given: `sum(x)`, `sum(x, {.axes = {-1}, .keepdims = true})`.
template <TensorLike X>
auto sum(const X& x, const ReduceOptions& options = {}) {
  const auto& t = detail::as_tensor(x);
  return detail::sum(t, detail::ReducedAxes(t.shape(), options.axes.data(), options.axes.size(), options.keepdims));
}

/// The arithmetic mean over all axes, or those given.
template <TensorLike X>
auto mean(const X& x, const ReduceOptions& options = {}) {
  using S = detail::scalar_of<X>;
  const auto& t = detail::as_tensor(x);
  const detail::ReducedAxes r(t.shape(), options.axes.data(), options.axes.size(), options.keepdims);
  return detail::sum(t, r) * (S(1) / static_cast<S>(r.count));
}

/// The mean of the squared distances from the mean, over all axes, or those given. Keras's var.
template <TensorLike X>
auto variance(const X& x, const ReduceOptions& options = {}) {
  const auto& t = detail::as_tensor(x);
  return mean(square(t - mean(t, {.axes = options.axes, .keepdims = true})), options);
}

/// The square root of the variance, over all axes, or those given; its gradient is NaN where the variance is 0. Keras's
/// std.
template <TensorLike X>
auto stddev(const X& x, const ReduceOptions& options = {}) {
  return sqrt(variance(x, options));
}

/// The largest element over all axes, or those given; where several are it, they share the gradient evenly.
template <TensorLike X>
auto(max)(const X& x, const ReduceOptions& options = {}) {
  const auto& t = detail::as_tensor(x);
  return detail::extreme<kernels::MaximumOf>(
      t, detail::ReducedAxes(t.shape(), options.axes.data(), options.axes.size(), options.keepdims), "max");
}

/// The smallest element over all axes, or those given; where several are it, they share the gradient evenly.
template <TensorLike X>
auto(min)(const X& x, const ReduceOptions& options = {}) {
  const auto& t = detail::as_tensor(x);
  return detail::extreme<kernels::MinimumOf>(
      t, detail::ReducedAxes(t.shape(), options.axes.data(), options.axes.size(), options.keepdims), "min");
}

/// The position of the largest element along an axis, as numbers; the first one if several are equal. NaN counts as the
/// largest, as in NumPy. No gradient.
template <TensorLike X>
auto argmax(const X& x, Index axis = -1) {
  using S = detail::scalar_of<X>;
  const auto& t = detail::as_tensor(x);
  const Index at = t.shape().axis(axis), n = t.shape()[at];
  if (n == 0) raise<ShapeError>("argmax: nothing to choose from in shape ", t.shape());
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

/// The position of the smallest element along an axis, as numbers; the first where several are it. No gradient.
template <TensorLike X>
auto argmin(const X& x, Index axis = -1) {
  return argmax(-detail::as_tensor(x).detached(), axis);
}

}  // namespace lamina
