#pragma once
#include "lamina/layers/graph/operation.hpp"
#include "lamina/ops/softmax.hpp"

// Reductions of graphs: sums, means, maxima and minima over axes. See lamina/ops for the formulas.

namespace lamina {

namespace detail {

/// The largest (or smallest) element along the axes and `initial`, if that is given.
template <bool Larger, class S>
Tensor<S> extreme_from(const OperationInputs<S>& in) {
  const Tensor<S> y = Larger ? (max)(in[0], in.settings.reduce) : (min)(in[0], in.settings.reduce);
  if (!in.settings.initial) return y;
  return extremum<Larger>(y, Tensor<S>(static_cast<S>(*in.settings.initial)));
}
/// The index of the largest (or smallest) element along an axis, or in the flattened tensor.
template <bool Larger, class S>
Tensor<S> position_of_extreme(const OperationInputs<S>& in) {
  const OperationSettings& s = in.settings;
  const Tensor<S> x = s.has_axes ? in[0] : reshape(in[0], {-1});
  const Index axis = s.has_axes ? s.axis : 0;
  const Tensor<S> y = Larger ? argmax(x, axis) : argmin(x, axis);
  return s.keepdims ? reshape(y, ReducedAxes(in[0].shape(), s.axes.data(), s.axes.size(), true).result) : y;
}
/// ln sum e^x over any axes, which are transposed to the end and flattened.
template <class S>
Tensor<S> log_sum_exp_over(const OperationInputs<S>& in) {
  const ReduceOptions& o = in.settings.reduce;
  const ReducedAxes r(in[0].shape(), o.axes.data(), o.axes.size(), o.keepdims);
  Shape order, shape;
  for (const bool reduced : {false, true})
    for (Index i = 0; i < in[0].rank(); ++i)
      if (r.reduced[i] == reduced) order.push_back(i);
  for (Index i = 0; i < in[0].rank(); ++i)
    if (!r.reduced[i]) shape.push_back(in[0].shape()[i]);
  shape.push_back(r.count);
  return reshape_to(logsumexp(reshape_to(permute(in[0], order), shape)), r.result);
}

LAMINA_OPERATION(SumOperation, "Sum", keras_numpy, "x", read_reduction, sum(in[0], in.settings.reduce));
LAMINA_OPERATION(MeanOperation, "Mean", keras_numpy, "x", read_reduction, mean(in[0], in.settings.reduce));
LAMINA_OPERATION(MaxOperation, "Max", keras_numpy, "x", read_extreme, extreme_from<true>(in));
LAMINA_OPERATION(MinOperation, "Min", keras_numpy, "x", read_extreme, extreme_from<false>(in));
LAMINA_OPERATION(AmaxOperation, "Amax", keras_numpy, "x", read_reduction, (max)(in[0], in.settings.reduce));
LAMINA_OPERATION(AminOperation, "Amin", keras_numpy, "x", read_reduction, (min)(in[0], in.settings.reduce));
LAMINA_OPERATION(VarOperation, "Var", keras_numpy, "x", read_reduction, variance(in[0], in.settings.reduce));
LAMINA_OPERATION(StdOperation, "Std", keras_numpy, "x", read_reduction, stddev(in[0], in.settings.reduce));
LAMINA_OPERATION(ArgmaxOperation, "Argmax", keras_numpy, "x", read_optional_axis_kept, position_of_extreme<true>(in));
LAMINA_OPERATION(ArgminOperation, "Argmin", keras_numpy, "x", read_optional_axis_kept, position_of_extreme<false>(in));
LAMINA_OPERATION(LogsumexpOperation, "Logsumexp", keras_math, "x", read_reduction, log_sum_exp_over(in));

using reduction_operations =
    OperationTable<SumOperation, MeanOperation, MaxOperation, MinOperation, AmaxOperation, AminOperation, VarOperation,
                   StdOperation, ArgmaxOperation, ArgminOperation, LogsumexpOperation>;

}  // namespace detail

/// Adds a reduction over axes to a graph and returns its output: `sum`, `mean`, `variance` (divided by n, as in NumPy)
/// or `stddev`. The reduced axes are dropped, or have size 1 with keepdims.
///@{
LAMINA_SYMBOLIC_REDUCTION(sum, SumOperation);
LAMINA_SYMBOLIC_REDUCTION(mean, MeanOperation);
LAMINA_SYMBOLIC_REDUCTION(variance, VarOperation);
LAMINA_SYMBOLIC_REDUCTION(stddev, StdOperation);
///@}

/// Adds the largest elements along axes to a graph and returns the output; shapes as for `sum`.
template <class S>
SymbolicTensor<S>(max)(const SymbolicTensor<S>& x, const ReduceOptions& options = {}) {
  return detail::symbolic_output<detail::MaxOperation, S>({x}, detail::extreme_config(options));
}
/// Adds the smallest elements along axes to a graph and returns the output; shapes as for `sum`.
template <class S>
SymbolicTensor<S>(min)(const SymbolicTensor<S>& x, const ReduceOptions& options = {}) {
  return detail::symbolic_output<detail::MinOperation, S>({x}, detail::extreme_config(options));
}
/// Adds the indices of the largest elements along an axis, which is dropped, to a graph and returns the output.
template <class S>
SymbolicTensor<S> argmax(const SymbolicTensor<S>& x, Index axis = -1) {
  return detail::symbolic_output<detail::ArgmaxOperation, S>({x},
                                                             detail::options_config("axis", axis, "keepdims", false));
}
/// Adds the indices of the smallest elements along an axis, which is dropped, to a graph and returns the output.
template <class S>
SymbolicTensor<S> argmin(const SymbolicTensor<S>& x, Index axis = -1) {
  return detail::symbolic_output<detail::ArgminOperation, S>({x},
                                                             detail::options_config("axis", axis, "keepdims", false));
}
/// Adds ln sum e^x along an axis to a graph and returns its output, where the axis has size 1.
template <class S>
SymbolicTensor<S> logsumexp(const SymbolicTensor<S>& x, Index axis = -1) {
  return detail::symbolic_output<detail::LogsumexpOperation, S>({x},
                                                                detail::options_config("axis", axis, "keepdims", true));
}

}  // namespace lamina
