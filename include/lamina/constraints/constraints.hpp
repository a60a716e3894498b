#pragma once
#include "lamina/core/names.hpp"
#include "lamina/ops/function_argument.hpp"
#include "lamina/ops/reductions.hpp"

namespace lamina {

/// Weights that are not negative: w = max(w, 0). Keras's NonNeg.
class NonNeg {
 public:
  template <class S>
  Tensor<S> operator()(const Tensor<S>& w) const {
    return relu(w);
  }
};

/// Vectors along `axis` of length at most `max_value`: w min(1, max_value / (epsilon + |w|)). Keras's MaxNorm.
class MaxNorm {
 public:
  explicit MaxNorm(double max_value = 2.0, Index axis = 0) : max_value_(max_value), axis_(axis) {}
  template <class S>
  Tensor<S> operator()(const Tensor<S>& w) const {
    constexpr S epsilon = S(1e-7);
    const Tensor<S> norms = sqrt(sum(square(w), {.axes = {axis_}, .keepdims = true}));
    const Tensor<S> wanted = clip(norms, 0.0, max_value_);
    return w * (wanted / (norms + epsilon));
  }

 private:
  double max_value_;
  Index axis_;
};

/// Vectors along `axis` of length 1: w / (epsilon + |w|). Keras's UnitNorm.
class UnitNorm {
 public:
  explicit UnitNorm(Index axis = 0) : axis_(axis) {}
  template <class S>
  Tensor<S> operator()(const Tensor<S>& w) const {
    constexpr S epsilon = S(1e-7);
    return w / (sqrt(sum(square(w), {.axes = {axis_}, .keepdims = true})) + epsilon);
  }

 private:
  Index axis_;
};

struct ConstraintFamily : detail::AdaptsTensorFunctions {
  static constexpr const char* kind = "constraint";
  template <class C>
  using Of = detail::TensorFunctionOf<C>;
  using Table = StrategyTable<const TensorFunction, Named<"non_neg", Of<NonNeg>>, Named<"max_norm", Of<MaxNorm>>,
                              Named<"unit_norm", Of<UnitNorm>>>;
};

/// What a weight is made to be after each update: a Keras name, one of the above, or any callable from a tensor to one
/// of the same shape. Keras's Constraint.
using Constraint = StrategyArgument<const TensorFunction, ConstraintFamily>;

}  // namespace lamina
