#pragma once
#include <vector>

#include "lamina/kernels/squares.hpp"
#include "lamina/ops/reductions.hpp"

// Lengths of vectors, and vectors of length 1.

namespace lamina {

namespace detail {

/// Vectors along some axes of x, each times a power of two that keeps the sum of its squares from overflow and
/// underflow. The powers are constants to a gradient.
template <class S>
struct ScaledVectors {
  Tensor<S> vectors;  ///< x times scales; shape of x
  Tensor<S> squares;  ///< sums of the squares of `vectors`; the axes have size 1
  Tensor<S> scales;   ///< shape of `squares`; undefined if all are 1, as nearly always

  /// What `value`, in units of x, is in units of each vector: value times scale^power.
  Tensor<S> in_units(double value, int power = 1) const {
    if (!scales.defined()) return static_cast<S>(value);
    Tensor<S> all = Tensor<S>::empty(scales.shape());
    for (Index i = 0; i < all.size(); ++i)
      TensorAccess::data(all)[i] = static_cast<S>(value * std::pow(static_cast<double>(scales[i]), power));
    return all;
  }
};

template <class S>
LAMINA_NOINLINE Tensor<S> scales_of_vectors(const Tensor<S>& x, const ReduceOptions& together, bool small_too) {
  Tensor<S> scales = (max)(abs(x.detached()), together).copy();
  S* s = TensorAccess::data(scales);
  for (Index i = 0; i < scales.size(); ++i) {
    const int exponent = kernels::scaling_exponent(s[i]);
    s[i] = std::ldexp(S(1), exponent > 0 || small_too ? -exponent : 0);
  }
  return scales;
}

/// The vectors of x along `axes`; none: all elements are one vector. Squared lengths below `least` need not be told
/// apart, as the caller adds an epsilon to them.
template <class S>
ScaledVectors<S> scaled_vectors(const Tensor<S>& x, const std::vector<Index>& axes, double least) {
  const ReduceOptions together{.axes = axes, .keepdims = true};
  ScaledVectors<S> result{x, sum(square(x), together), {}};
  const Index vectors = result.squares.size(), length = vectors == 0 ? 0 : x.size() / vectors;
  const bool small_too = !kernels::squares_are_exact<S>(least, length);
  bool exact = true;
  for (Index i = 0; i < vectors; ++i)
    exact = exact &&
            kernels::squares_are_exact<S>(small_too ? static_cast<double>(result.squares.data()[i])
                                                    : (std::max)(least, static_cast<double>(result.squares.data()[i])),
                                          length);
  if (exact) [[likely]]
    return result;
  result.scales = scales_of_vectors(x, together, small_too);
  result.vectors = x * result.scales;
  result.squares = sum(square(result.vectors), together);
  return result;
}

/// x / √max(sum x², epsilon), the sum being over all elements along `axes`.
template <class S>
Tensor<S> unit_vectors(const Tensor<S>& x, const std::vector<Index>& axes, double epsilon) {
  const ScaledVectors<S> v = scaled_vectors(x, axes, epsilon);
  if (!v.scales.defined()) return x / sqrt(maximum(v.squares, static_cast<S>(epsilon)));
  return v.vectors / sqrt(maximum(v.squares, v.in_units(epsilon, 2)));
}

LAMINA_COMPILED_FUNCTION(unit_vectors);

}  // namespace detail

/// x / √max(sum x², epsilon) along an axis: vectors of length 1. Elements whose squares overflow or underflow are
/// scaled first. TensorFlow's l2_normalize.
template <TensorLike X>
auto l2_normalize(const X& x, Index axis = -1, double epsilon = 1e-12) {
  using S = detail::scalar_of<X>;
  return detail::unit_vectors<S>(detail::as_tensor(x), {axis}, epsilon);
}

}  // namespace lamina
