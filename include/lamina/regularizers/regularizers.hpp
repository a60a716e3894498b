#pragma once
#include "lamina/core/names.hpp"
#include "lamina/ops/function_argument.hpp"
#include "lamina/ops/reductions.hpp"

namespace lamina {

/// l1 sum |w| + l2 sum w². Keras's L1L2.
class L1L2 {
 public:
  explicit L1L2(double l1 = 0.0, double l2 = 0.0) : l1_(l1), l2_(l2) {
    if (!(l1 >= 0) || !(l2 >= 0)) raise<ValueError>("regularizer: expected factors >= 0, got ", l1, " and ", l2);
  }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& w) const {
    Tensor<S> penalty(S(0));
    if (l1_ != 0) penalty = penalty + static_cast<S>(l1_) * sum(abs(w));
    if (l2_ != 0) penalty = penalty + static_cast<S>(l2_) * sum(square(w));
    return penalty;
  }

 private:
  double l1_, l2_;
};

/// l1 sum |w|. Keras's L1, by default 0.01.
class L1 : public L1L2 {
 public:
  explicit L1(double l1 = 0.01) : L1L2(l1, 0.0) {}
};

/// l2 sum w². Keras's L2, by default 0.01.
class L2 : public L1L2 {
 public:
  explicit L2(double l2 = 0.01) : L1L2(0.0, l2) {}
};

struct RegularizerFamily : detail::AdaptsTensorFunctions {
  static constexpr const char* kind = "regularizer";
  template <class R>
  using Of = detail::TensorFunctionOf<R>;
  using Table = StrategyTable<const TensorFunction, Named<"l1", Of<L1>>, Named<"l2", Of<L2>>, Named<"l1_l2", Of<L1L2>>>;
};

/// A penalty on a weight, added to the loss: a Keras name, one of the above, or any callable from a tensor to a tensor
/// of rank 0. Keras's Regularizer.
using Regularizer = StrategyArgument<const TensorFunction, RegularizerFamily>;

}  // namespace lamina
