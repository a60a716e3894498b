#pragma once
#include <memory>

#include "lamina/activations/functions.hpp"
#include "lamina/layers/graph/operation.hpp"
#include "lamina/ops/axes.hpp"
#include "lamina/ops/softmax.hpp"

// Operations of graphs from Keras's `ops.nn`: activations, softmax, normalization, one-hot encoding. See lamina/ops and
// lamina/activations for the formulas.

namespace lamina {

namespace detail {

/// Softmax over one or several axes.
template <class S>
Tensor<S> softmax_over(const Tensor<S>& x, const std::vector<Index>& axes) {
  if (axes.size() == 1) return softmax(x, axes.front());
  const ReduceOptions together{.axes = axes, .keepdims = true};
  const Tensor<S> e = exp(x - stop_gradient((max)(x, together)));
  return e / sum(e, together);
}
/// Keras's `ops.normalize` of order p: x / max((sum |x|^p)^(1/p), epsilon) along an axis.
template <class S>
Tensor<S> normalize_by(const OperationInputs<S>& in) {
  const OperationSettings& s = in.settings;
  if (s.count == 2) return l2_normalize(in[0], s.axis, s.low * s.low);
  const auto order = static_cast<double>(s.count);
  const Tensor<S> powers = s.count == 1 ? abs(in[0]) : pow(abs(in[0]), order);
  const Tensor<S> norm = pow(sum(powers, {.axes = {s.axis}, .keepdims = true}), 1 / order);
  return in[0] / maximum(norm, s.low);
}
/// One-hot encoding on a new axis: 1 at the index of the class, otherwise 0; all 0 for an index out of range.
template <class S>
Tensor<S> one_hot_of(const OperationInputs<S>& in) {
  Tensor<S> classes = Tensor<S>::empty({in.settings.count});
  for (Index i = 0; i < classes.size(); ++i) TensorAccess::data(classes)[i] = static_cast<S>(i);
  return moveaxis(equal(expand_dims(in[0], -1), classes), -1, in.settings.axis);
}

template <int = 0>
void read_softmax(OperationReader& r) {
  r.settings.axes = {-1};
  if (r.config.find("axis") != nullptr) r.read_axes("axis");
  if (r.settings.axes.empty()) raise<ValueError>("the argument \"axis\": expected an integer or a list, got null");
}
template <int = 0>
void read_normalize(OperationReader& r) {
  r.read_axis("axis", -1);
  r.settings.count = 2;
  r.settings.low = 1e-7;
  std::optional<double> epsilon;
  r.field("order", r.settings.count);
  r.field("epsilon", epsilon);
  if (epsilon) r.settings.low = *epsilon;
  if (r.settings.count < 1) raise<ValueError>("the argument \"order\": expected 1 or more, got ", r.settings.count);
}
template <int = 0>
void read_one_hot(OperationReader& r) {
  r.field.required("num_classes", r.settings.count);
  r.read_axis("axis", -1);
  read_type(r);
  r.require_default("sparse", false);
}
template <class F>
void read_activation(OperationReader& r) {
  auto function = std::make_shared<F>();
  if constexpr (std::is_same_v<F, activations::Gelu>) function->approximate = true;  // the operation's default
  if constexpr (activations::has_arguments<F>) F::fields(*function, r.field);
  r.settings.function = std::move(function);
}

LAMINA_OPERATION(ReluOperation, "Relu", keras_nn, "x", read_no_options, relu(in[0]));
LAMINA_OPERATION(SigmoidOperation, "Sigmoid", keras_nn, "x", read_no_options, sigmoid(in[0]));
LAMINA_OPERATION(SoftplusOperation, "Softplus", keras_nn, "x", read_no_options, softplus(in[0]));
LAMINA_OPERATION(SoftmaxOperation, "Softmax", keras_nn, "x", read_softmax, softmax_over(in[0], in.settings.axes));
LAMINA_OPERATION(LogSoftmaxOperation, "LogSoftmax", keras_nn, "x", read_last_axis,
                 log_softmax(in[0], in.settings.axis));
LAMINA_OPERATION(NormalizeOperation, "Normalize", keras_nn, "x", read_normalize, normalize_by(in));
LAMINA_OPERATION(OneHotOperation, "OneHot", keras_nn, "x", read_one_hot, one_hot_of(in));

/// Defines an operation that applies an activation function with its arguments.
#define LAMINA_ACTIVATION_OPERATION(F)                                               \
  LAMINA_OPERATION(F##Operation, #F, keras_nn, "x", read_activation<activations::F>, \
                   (*static_cast<const activations::F*>(in.settings.function.get()))(in[0]))
LAMINA_ACTIVATION_OPERATION(Relu6);
LAMINA_ACTIVATION_OPERATION(LeakyRelu);
LAMINA_ACTIVATION_OPERATION(Elu);
LAMINA_ACTIVATION_OPERATION(Selu);
LAMINA_ACTIVATION_OPERATION(Celu);
LAMINA_ACTIVATION_OPERATION(Gelu);
LAMINA_ACTIVATION_OPERATION(Silu);
LAMINA_ACTIVATION_OPERATION(HardSilu);
LAMINA_ACTIVATION_OPERATION(Glu);
LAMINA_ACTIVATION_OPERATION(HardSigmoid);
LAMINA_ACTIVATION_OPERATION(LogSigmoid);
LAMINA_ACTIVATION_OPERATION(SparseSigmoid);
LAMINA_ACTIVATION_OPERATION(HardTanh);
LAMINA_ACTIVATION_OPERATION(TanhShrink);
LAMINA_ACTIVATION_OPERATION(HardShrink);
LAMINA_ACTIVATION_OPERATION(SoftShrink);
LAMINA_ACTIVATION_OPERATION(Threshold);
LAMINA_ACTIVATION_OPERATION(Softsign);
LAMINA_ACTIVATION_OPERATION(Squareplus);
LAMINA_ACTIVATION_OPERATION(SparsePlus);
LAMINA_ACTIVATION_OPERATION(Sparsemax);
#undef LAMINA_ACTIVATION_OPERATION

using nn_operations =
    OperationTable<ReluOperation, SigmoidOperation, SoftplusOperation, SoftmaxOperation, LogSoftmaxOperation,
                   NormalizeOperation, OneHotOperation, Relu6Operation, LeakyReluOperation, EluOperation, SeluOperation,
                   CeluOperation, GeluOperation, SiluOperation, HardSiluOperation, GluOperation, HardSigmoidOperation,
                   LogSigmoidOperation, SparseSigmoidOperation, HardTanhOperation, TanhShrinkOperation,
                   HardShrinkOperation, SoftShrinkOperation, ThresholdOperation, SoftsignOperation, SquareplusOperation,
                   SparsePlusOperation, SparsemaxOperation>;

}  // namespace detail

/// Adds an element-wise activation to a graph and returns its output, of the shape of x: `relu` max(x, 0), `sigmoid`
/// 1 / (1 + e^-x), or `softplus` ln(1 + e^x).
///@{
LAMINA_SYMBOLIC_UNARY(relu, ReluOperation);
LAMINA_SYMBOLIC_UNARY(sigmoid, SigmoidOperation);
LAMINA_SYMBOLIC_UNARY(softplus, SoftplusOperation);
///@}

/// Adds e^x / sum e^x, with the sum along an axis, to a graph and returns its output, of the shape of x.
template <class S>
SymbolicTensor<S> softmax(const SymbolicTensor<S>& x, Index axis = -1) {
  return detail::symbolic_output<detail::SoftmaxOperation, S>({x}, detail::options_config("axis", axis));
}
/// Adds ln(e^x / sum e^x), with the sum along an axis, to a graph and returns its output, of the shape of x.
template <class S>
SymbolicTensor<S> log_softmax(const SymbolicTensor<S>& x, Index axis = -1) {
  return detail::symbolic_output<detail::LogSoftmaxOperation, S>({x}, detail::options_config("axis", axis));
}
/// Adds x / √max(sum x², epsilon), with the sum along an axis, to a graph and returns its output, of the shape of x.
/// Its configuration is Keras's Normalize of order 2, whose epsilon is the square root of this one.
template <class S>
SymbolicTensor<S> l2_normalize(const SymbolicTensor<S>& x, Index axis = -1, double epsilon = 1e-12) {
  return detail::symbolic_output<detail::NormalizeOperation, S>(
      {x}, detail::options_config("axis", axis, "order", 2, "epsilon", std::sqrt(epsilon)));
}

}  // namespace lamina
