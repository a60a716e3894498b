#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "lamina/core/tensor.hpp"
#include "lamina/kernels/squares.hpp"
#include "lamina/ops/match_ranks.hpp"

// Functions that metrics apply to the rows of targets and predictions.

namespace lamina {

namespace detail {

inline Shape without_last(const Shape& shape) { return shape.rank() == 0 ? shape : shape.slice(0, shape.rank() - 1); }

inline double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return values.empty() ? 0.0 : sum / static_cast<double>(values.size());
}
/// Returns a / b, or 0 if b is 0.
inline double divide_or_zero(double a, double b) { return b == 0 ? 0.0 : a / b; }

/// Moves an axis to the end and keeps the order of the others, like numpy.moveaxis(x, axis, -1).
template <class S>
Tensor<S> moved_last(const Tensor<S>& x, Index axis) {
  if (axis == -1) return x;
  const Index at = x.shape().axis(axis), n = x.shape()[at];
  if (at == x.rank() - 1) return x;
  Shape shape;
  Index outer = 1, inner = 1;
  for (Index i = 0; i < x.rank(); ++i) {
    if (i == at) continue;
    shape.push_back(x.shape()[i]);
    (i < at ? outer : inner) *= x.shape()[i];
  }
  shape.push_back(n);
  Tensor<S> y = Tensor<S>::empty(shape);
  S* out = TensorAccess::data(y);
  for (Index o = 0; o < outer; ++o)
    for (Index i = 0; i < inner; ++i)
      for (Index j = 0; j < n; ++j) out[(o * inner + i) * n + j] = x[(o * n + j) * inner + i];
  return y;
}

/// Returns f(targets, predictions, n) of every row of n elements. Targets and predictions have the same shape.
template <class S, class F>
Tensor<S> each_row(const Tensor<S>& y_true, const Tensor<S>& y_pred, const char* who, const F& f, Index axis = -1) {
  check_same_shape(y_true, y_pred, who);
  const Tensor<S> t = moved_last(y_true, axis), p = moved_last(y_pred, axis);
  Tensor<S> values = Tensor<S>::empty(without_last(p.shape()));
  S* out = TensorAccess::data(values);
  const Index n = p.columns();
  for (Index i = 0; i < values.size(); ++i) out[i] = static_cast<S>(f(t.data() + i * n, p.data() + i * n, n));
  return values;
}

/// Returns the mean of f(target, prediction) over every row.
template <class S, class F>
Tensor<S> mean_of_each_row(const Tensor<S>& y_true, const Tensor<S>& y_pred, const char* who, const F& f) {
  return each_row(y_true, y_pred, who, [&f](const S* t, const S* p, Index n) {
    double sum = 0;
    for (Index j = 0; j < n; ++j) sum += static_cast<double>(f(t[j], p[j]));
    return sum / static_cast<double>(n);
  });
}

/// Returns a power of two that scales the largest of n magnitudes to about 1, so that no sum of squares overflows.
template <class S>
double power_of_two_scale(const S* x, Index n) noexcept {
  double largest = 0;
  for (Index j = 0; j < n; ++j) largest = (std::max)(largest, std::abs(static_cast<double>(x[j])));
  return std::ldexp(1.0, -kernels::scaling_exponent(largest));
}

/// Returns the index of the largest element, the first one among equals.
template <class S>
Index argmax_of_row(const S* row, Index n) noexcept {
  Index best = 0;
  for (Index j = 1; j < n; ++j)
    if (row[j] > row[best]) best = j;
  return best;
}

LAMINA_COMPILED_FUNCTION(moved_last);
}  // namespace detail

}  // namespace lamina
