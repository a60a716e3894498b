#pragma once
#include <cmath>

#include "lamina/core/classify.hpp"
#include "lamina/core/tensor.hpp"
#include "lamina/kernels/elementwise.hpp"
#include "lamina/kernels/reduce.hpp"
#include "lamina/kernels/squares.hpp"

// Norms and element-wise functions of gradients. Some gradients list their nonzero rows (see TouchedRows): then only
// these are read.

namespace lamina::detail {

/// Calls `f(n, values)` for the whole gradient, or for each listed nonzero row.
template <class S, class F>
void for_each_part(const Tensor<S>& gradient, const F& f) {
  const TouchedRows* rows = TensorAccess::rows(gradient);
  if (rows == nullptr) return f(gradient.size(), gradient.data());
  const auto width = static_cast<Index>(rows->row_bytes() / sizeof(S));
  for (const Index row : *rows) f(width, gradient.data() + row * width);
}

/// The sum of the squares of all elements of `count` gradients; skips undefined ones.
template <class S>
kernels::Squares squares_of(const Tensor<S>* gradients, std::size_t count) {
  double total = 0;
  Index n = 0;
  for (std::size_t i = 0; i < count; ++i)
    if (gradients[i].defined())
      for_each_part(gradients[i], [&](Index size, const S* values) {
        S part = 0;
        kernels::sum_of_squares(size, values, &part);
        total += static_cast<double>(part);
        n += size;
      });
  if (kernels::squares_are_exact<S>(total, n)) return {total};
  kernels::Squares scaled;
  for (std::size_t i = 0; i < count; ++i)
    if (gradients[i].defined())
      for_each_part(gradients[i],
                    [&](Index size, const S* values) { scaled.add(kernels::scaled_squares(size, values)); });
  return scaled;
}

/// Applies f element-wise; only to the nonzero rows, if the gradient lists them and f(0) = 0.
template <class S, class F>
Tensor<S> mapped_gradient(const Tensor<S>& gradient, const F& f) {
  const TouchedRows* rows = TensorAccess::rows(gradient);
  if (rows == nullptr || f(kernels::Pack<S, 1>{S(0)}).v != S(0)) {
    Tensor<S> result = Tensor<S>::empty(gradient.shape());
    kernels::map(gradient.size(), TensorAccess::data(result), f, gradient.data());
    return result;
  }
  const auto width = static_cast<Index>(rows->row_bytes() / sizeof(S));
  Tensor<S> result = TensorAccess::zeros_by_rows<S>(gradient.shape(), width);
  for (const Index row : *rows) {
    TensorAccess::rows(result)->touch(row);
    kernels::map(width, TensorAccess::data(result) + row * width, f, gradient.data() + row * width);
  }
  return result;
}

/// The factor that clips the norm of a gradient, as a product of two: `unit` is a power of two that prevents overflow
/// if the square of the norm exceeds the range of the scalar type.
template <class S>
struct ClippingScale {
  S unit = 1, factor = 1;
};

/// The scale that clips a norm to `bound`; `infinite` is the factor for an infinite norm. For a NaN norm it is NaN.
template <class S>
ClippingScale<S> clipping_scale(const kernels::Squares& squares, double bound, double infinite) {
  if (squares.length() <= bound) return {};
  if (is_infinite(squares.sum)) return {1, static_cast<S>(infinite)};
  return {static_cast<S>(std::ldexp(1.0, -squares.exponent)), static_cast<S>(bound / squares.root())};
}

/// The gradient times both factors of `scale`.
template <class S>
Tensor<S> scaled_gradient(const Tensor<S>& gradient, const ClippingScale<S>& scale) {
  if (scale.unit == 1)
    return mapped_gradient(gradient,
                           [factor = scale.factor](const auto& g) LAMINA_INLINE_LAMBDA { return g * factor; });
  return mapped_gradient(gradient,
                         [scale](const auto& g) LAMINA_INLINE_LAMBDA { return g * scale.unit * scale.factor; });
}

}  // namespace lamina::detail
