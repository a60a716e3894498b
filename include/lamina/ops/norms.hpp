#pragma once
#include <vector>

#include "lamina/kernels/squares.hpp"
#include "lamina/ops/reductions.hpp"

// Euclidean norms of vectors, and vectors normalized to length 1.

namespace lamina {

namespace detail {

/// Vectors along some axes of x, each multiplied by a power of two so that the sum of its squares neither overflows nor
/// underflows. Gradients treat the factors as constants.
template <class S>
struct ScaledVectors {
  Tensor<S> vectors;  ///< x times scales; the shape of x.
  Tensor<S> squares;  ///< Sums of the squares of `vectors`; reduced axes have size 1.
  Tensor<S> scales;   ///< The factors, in the shape of `squares`; undefined if all are 1, the usual case.

  /// Returns value times scales^power: a quantity of x to the given power, after scaling.
  Tensor<S> scaled(double value, int power = 1) const {
    if (!scales.defined()) return static_cast<S>(value);
    Tensor<S> all = Tensor<S>::empty(scales.shape());
    for (Index i = 0; i < all.size(); ++i)
      TensorAccess::data(all)[i] = static_cast<S>(value * std::pow(static_cast<double>(scales[i]), power));
    return all;
  }
};

/// The powers of two; if `scale_small`, also for vectors whose squares underflow.
template <class S>
LAMINA_NOINLINE Tensor<S> scales_of_vectors(const Tensor<S>& x, const ReduceOptions& together, bool scale_small) {
  Tensor<S> scales = (max)(abs(x.detached()), together).copy();
  S* s = TensorAccess::data(scales);
  for (Index i = 0; i < scales.size(); ++i) {
    const int exponent = kernels::scaling_exponent(s[i]);
    s[i] = std::ldexp(S(1), exponent > 0 || scale_small ? -exponent : 0);
  }
  return scales;
}

/// The vectors of x along `axes`; if `axes` is empty, x is one vector. Squared norms below `least` need not be exact:
/// the caller adds an epsilon of that size.
template <class S>
ScaledVectors<S> scaled_vectors(const Tensor<S>& x, const std::vector<Index>& axes, double least) {
  const ReduceOptions together{.axes = axes, .keepdims = true};
  ScaledVectors<S> result{x, sum(square(x), together), {}};
  const Index vectors = result.squares.size(), length = vectors == 0 ? 0 : x.size() / vectors;
  const bool scale_small = !kernels::squares_are_exact<S>(least, length);
  bool exact = true;
  for (Index i = 0; i < vectors; ++i)
    exact = exact && kernels::squares_are_exact<S>(
                         scale_small ? static_cast<double>(result.squares.data()[i])
                                     : (std::max)(least, static_cast<double>(result.squares.data()[i])),
                         length);
  if (exact) [[likely]]
    return result;
  result.scales = scales_of_vectors(x, together, scale_small);
  result.vectors = x * result.scales;
  result.squares = sum(square(result.vectors), together);
  return result;
}

/// y = x / √max(sum x², epsilon), with the sum over `axes`.
template <class S>
Tensor<S> unit_vectors(const Tensor<S>& x, const std::vector<Index>& axes, double epsilon) {
  const ScaledVectors<S> v = scaled_vectors(x, axes, epsilon);
  if (!v.scales.defined()) return x / sqrt(maximum(v.squares, static_cast<S>(epsilon)));
  return v.vectors / sqrt(maximum(v.squares, v.scaled(epsilon, 2)));
}

LAMINA_COMPILED_FUNCTION(unit_vectors);

}  // namespace detail

/// Normalizes vectors along `axis` to Euclidean length 1: y = x / √max(sum x², epsilon). Does not overflow or underflow
/// for large or small elements. The result has the shape of x. Throws ShapeError if `axis` is out of range.
/// `keras.ops.normalize` with order 2; TensorFlow's `tf.math.l2_normalize`.
template <TensorLike X>
auto l2_normalize(const X& x, Index axis = -1, double epsilon = 1e-12) {
  using S = detail::scalar_of<X>;
  return detail::unit_vectors<S>(detail::as_tensor(x), {axis}, epsilon);
}

}  // namespace lamina
