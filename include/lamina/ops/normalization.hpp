#pragma once
#include "lamina/kernels/normalization_gradients.hpp"
#include "lamina/ops/math.hpp"
#include "lamina/ops/reductions.hpp"

// Normalization to mean 0 and variance 1, followed by scale (gamma) and offset (beta): batch, layer, group and RMS
// normalization. A Grouping selects the elements that have common statistics.

namespace lamina {

namespace detail {

using kernels::Grouping;
using kernels::OwnStatistics;

/// Computes the mean and the biased variance (divisor n) of each sample and group, both of shape (samples, groups). No
/// gradient.
template <class S>
void moments(const Tensor<S>& x, const Grouping& v, Tensor<S>& mean, Tensor<S>& variance) {
  const Shape shape{v.samples, v.groups};
  if (x.size() == 0) {
    mean = variance = Tensor<S>::zeros(shape);
    return;
  }
  mean = Tensor<S>::empty(shape);
  variance = Tensor<S>::empty(shape);
  Tensor<S> scratch = Tensor<S>::empty({kernels::normalization_scratch<S>(v)});
  kernels::moments(v, x.data(), TensorAccess::data(mean), TensorAccess::data(variance), TensorAccess::data(scratch));
}

/// The gradients of `normalized`, composed of recorded operations.
template <class S>
void normalized_gradient(const Tensor<S>& x, const Tensor<S>& dy, const Tensor<S>& gamma, const Tensor<S>& mean,
                         const Tensor<S>& inverse, const Grouping& v, OwnStatistics own, S epsilon, Gradients<S>& g) {
  const Shape whole{v.samples, v.outer, v.groups, v.members, v.inner}, statistics{v.samples, 1, v.groups, 1, 1};
  const Shape channels{1, 1, v.groups, v.members, 1};
  const ReduceOptions together{.axes = {1, 3, 4}, .keepdims = true};
  const Tensor<S> d = reshape_to(dy, whole);
  Tensor<S> u = reshape_to(x, whole), r = reshape_to(inverse, statistics);
  u = own.mean ? u - lamina::mean(u, together) : u - reshape_to(mean, statistics);
  if (own.variance) r = S(1) / lamina::sqrt(lamina::mean(lamina::square(u), together) + epsilon);
  const Tensor<S> standard = u * r;
  if (g.needs(1)) g.add(1, reshape_to(sum_to(d * standard, channels), {v.channels()}));
  if (g.needs(2)) g.add(2, reshape_to(sum_to(d, channels), {v.channels()}));
  if (!g.needs(0)) return;
  Tensor<S> e = gamma.defined() ? d * reshape_to(gamma, channels) : d;
  const Tensor<S> scaled = own.variance ? lamina::mean(e * standard, together) : Tensor<S>();
  if (own.mean) e = e - lamina::mean(e, together);
  if (own.variance) e = e - standard * scaled;
  g.add(0, reshape_to(e * r, x.shape()));
}

/// Records the gradients of y = x̂ gamma + beta with x̂ = (x - mean) inverse, inverse = 1 / √(variance + epsilon):
/// dbeta = Σ dy, dgamma = Σ dy x̂, dx = inverse (gamma dy - mean(gamma dy) - x̂ mean(gamma dy x̂)). The two means apply
/// only if the statistics were computed from x (see `own`).
template <class S>
void record_normalization(Tensor<S>& y, const Tensor<S>& x, const Tensor<S>& gamma, const Tensor<S>& beta,
                          const Tensor<S>& mean, const Tensor<S>& inverse, const Grouping& v, OwnStatistics own,
                          S epsilon) {
  if (Recording<S> tape{y, x, gamma, beta})
    tape.gradient([x, gamma, mean, inverse, v, own, epsilon](const Tensor<S>& dy, Gradients<S>& g) {
      if (Gradients<S>::recorded()) return normalized_gradient(x, dy, gamma, mean, inverse, v, own, epsilon, g);
      Tensor<S> dx, dgamma, dbeta;
      const bool rows = v.is_rows();
      if (g.needs(0) || rows) dx = Tensor<S>::empty(x.shape());
      if (g.needs(1)) dgamma = Tensor<S>::empty({v.channels()});
      if (g.needs(2)) dbeta = Tensor<S>::empty({v.channels()});
      Tensor<S> scratch =
          Tensor<S>::empty({rows ? kernels::normalize_rows_scratch(v) : kernels::normalization_scratch<S>(v)});
      const auto gradient = rows ? kernels::normalize_rows_gradient<S> : kernels::normalize_gradient<S>;
      gradient(v, x.data(), dy.data(), mean.data(), inverse.data(), gamma.data(), own,
               {TensorAccess::data(dx), TensorAccess::data(dgamma), TensorAccess::data(dbeta)},
               TensorAccess::data(scratch));
      if (g.needs(0)) g.add(0, std::move(dx));
      if (g.needs(1)) g.add(1, std::move(dgamma));
      if (g.needs(2)) g.add(2, std::move(dbeta));
    });
}

/// y = (x - mean) / √(variance + epsilon) gamma + beta; mean and variance (samples, groups) come from `moments` or are
/// constants (see `own`). gamma and beta have shape (channels,) or are undefined.
template <class S>
Tensor<S> normalized_with(const Tensor<S>& x, const Tensor<S>& gamma, const Tensor<S>& beta, const Tensor<S>& mean,
                          const Tensor<S>& variance, const Grouping& v, OwnStatistics own, S epsilon) {
  Tensor<S> y = Tensor<S>::empty(x.shape()), inverse = Tensor<S>::empty(variance.shape());
  kernels::map(
      inverse.size(), TensorAccess::data(inverse),
      [epsilon](const auto& s) LAMINA_INLINE_LAMBDA { return S(1) / sqrt(s + epsilon); }, variance.data());
  Tensor<S> scratch = Tensor<S>::empty({kernels::normalization_scratch<S>(v)});
  kernels::normalize(v, x.data(), mean.data(), inverse.data(), gamma.data(), beta.data(), TensorAccess::data(y),
                     TensorAccess::data(scratch));
  record_normalization(y, x, gamma, beta, mean, inverse, v, own, epsilon);
  return y;
}

/// y = (x - mean) / √(variance + epsilon) gamma + beta with the mean and variance of x. If not `centered`, the mean is
/// taken as 0 (RMS normalization); rows only (Grouping::is_rows).
template <class S>
Tensor<S> normalized(const Tensor<S>& x, const Tensor<S>& gamma, const Tensor<S>& beta, const Grouping& v,
                     bool centered, S epsilon) {
  Tensor<S> mean, variance;
  if (!v.is_rows()) {
    moments(x, v, mean, variance);
    return normalized_with(x, gamma, beta, mean, variance, v, {true, true}, epsilon);
  }
  Tensor<S> y = Tensor<S>::empty(x.shape()), inverse = Tensor<S>::empty({v.samples, v.groups});
  mean = Tensor<S>::empty(inverse.shape());
  kernels::normalize_rows(v, x.data(), gamma.data(), beta.data(), epsilon, centered, TensorAccess::data(y),
                          TensorAccess::data(mean), TensorAccess::data(inverse));
  record_normalization(y, x, gamma, beta, mean, inverse, v, {centered, true}, epsilon);
  return y;
}

LAMINA_COMPILED_FUNCTION(moments);
LAMINA_COMPILED_FUNCTION(normalized_gradient);
LAMINA_COMPILED_FUNCTION(record_normalization);
LAMINA_COMPILED_FUNCTION(normalized_with);
LAMINA_COMPILED_FUNCTION(normalized);
}  // namespace detail

}  // namespace lamina
