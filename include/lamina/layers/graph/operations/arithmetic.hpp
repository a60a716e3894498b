#pragma once
#include <cmath>

#include "lamina/layers/graph/operation.hpp"
#include "lamina/ops/logic.hpp"

// Element-wise operations of graphs: arithmetic and functions of one number. See lamina/ops for the formulas.

namespace lamina {

namespace detail {

/// Converts elements to another type: to integers by dropping the fraction, to booleans as 1 unless the element is 0.
/// Only the conversion to floating-point numbers has a gradient.
template <class S>
Tensor<S> cast_to(const Tensor<S>& x, OperationSettings::Type type) {
  if (type == OperationSettings::Type::real) return x;
  if (type == OperationSettings::Type::boolean) return not_equal(x, S(0));
  Tensor<S> y = Tensor<S>::empty(x.shape());
  S* out = TensorAccess::data(y);
  for (Index i = 0; i < y.size(); ++i) out[i] = std::trunc(x[i]);
  return y;
}

LAMINA_OPERATION(AddOperation, "Add", keras_numpy, "x1 x2", read_no_options, in[0] + in[1]);
LAMINA_OPERATION(SubtractOperation, "Subtract", keras_numpy, "x1 x2", read_no_options, in[0] - in[1]);
LAMINA_OPERATION(MultiplyOperation, "Multiply", keras_numpy, "x1 x2", read_no_options, in[0] * in[1]);
LAMINA_OPERATION(TrueDivideOperation, "TrueDivide", keras_numpy, "x1 x2", read_no_options, in[0] / in[1]);
LAMINA_OPERATION(DivideOperation, "Divide", keras_numpy, "x1 x2", read_no_options, in[0] / in[1]);
LAMINA_OPERATION(DivideNoNanOperation, "DivideNoNan", keras_numpy, "x1 x2", read_no_options,
                 where(in[1], in[0] / where(in[1], in[1], S(1)), S(0)));
LAMINA_OPERATION(PowerOperation, "Power", keras_numpy, "x1 x2", read_no_options, pow(in[0], in[1]));
LAMINA_OPERATION(MaximumOperation, "Maximum", keras_numpy, "x1 x2", read_no_options, maximum(in[0], in[1]));
LAMINA_OPERATION(MinimumOperation, "Minimum", keras_numpy, "x1 x2", read_no_options, minimum(in[0], in[1]));
LAMINA_OPERATION(MatmulOperation, "Matmul", keras_numpy, "x1 x2", read_no_options, matmul(in[0], in[1]));

LAMINA_OPERATION(NegativeOperation, "Negative", keras_numpy, "x", read_no_options, -in[0]);
LAMINA_OPERATION(AbsoluteOperation, "Absolute", keras_numpy, "x", read_no_options, abs(in[0]));
LAMINA_OPERATION(AbsOperation, "Abs", keras_numpy, "x", read_no_options, abs(in[0]));
LAMINA_OPERATION(SquareOperation, "Square", keras_numpy, "x", read_no_options, square(in[0]));
LAMINA_OPERATION(SqrtOperation, "Sqrt", keras_numpy, "x", read_no_options, sqrt(in[0]));
LAMINA_OPERATION(RsqrtOperation, "Rsqrt", keras_math, "x", read_no_options, S(1) / sqrt(in[0]));
LAMINA_OPERATION(ReciprocalOperation, "Reciprocal", keras_numpy, "x", read_no_options, S(1) / in[0]);
LAMINA_OPERATION(ExpOperation, "Exp", keras_numpy, "x", read_no_options, exp(in[0]));
LAMINA_OPERATION(LogOperation, "Log", keras_numpy, "x", read_no_options, log(in[0]));
LAMINA_OPERATION(Log1pOperation, "Log1p", keras_numpy, "x", read_no_options, log1p(in[0]));
LAMINA_OPERATION(Log2Operation, "Log2", keras_numpy, "x", read_no_options, log(in[0]) * S(1.4426950408889634));
LAMINA_OPERATION(Log10Operation, "Log10", keras_numpy, "x", read_no_options, log(in[0]) * S(0.4342944819032518));
LAMINA_OPERATION(SinOperation, "Sin", keras_numpy, "x", read_no_options, sin(in[0]));
LAMINA_OPERATION(CosOperation, "Cos", keras_numpy, "x", read_no_options, cos(in[0]));
LAMINA_OPERATION(TanOperation, "Tan", keras_numpy, "x", read_no_options, sin(in[0]) / cos(in[0]));
LAMINA_OPERATION(TanhOperation, "Tanh", keras_numpy, "x", read_no_options, tanh(in[0]));
LAMINA_OPERATION(ErfOperation, "Erf", keras_math, "x", read_no_options, erf(in[0]));
LAMINA_OPERATION(SignOperation, "Sign", keras_numpy, "x", read_no_options, sign(in[0]));
LAMINA_OPERATION(CopyOperation, "Copy", keras_numpy, "x", read_no_options, in[0]);
LAMINA_OPERATION(OnesLikeOperation, "OnesLike", keras_numpy, "x", read_type, Tensor<S>::ones(in[0].shape()));
LAMINA_OPERATION(ZerosLikeOperation, "ZerosLike", keras_numpy, "x", read_type, Tensor<S>::zeros(in[0].shape()));
LAMINA_OPERATION(CastOperation, "Cast", keras_core, "x", read_type, cast_to(in[0], in.settings.type));
LAMINA_OPERATION(StopGradientOperation, "StopGradient", keras_core, "variable|x", read_no_options,
                 stop_gradient(in[0]));
LAMINA_OPERATION(ClipOperation, "Clip", keras_numpy, "x", read_bounds, clip(in[0], in.settings.low, in.settings.high));

using arithmetic_operations =
    OperationTable<AddOperation, SubtractOperation, MultiplyOperation, TrueDivideOperation, DivideOperation,
                   DivideNoNanOperation, PowerOperation, MaximumOperation, MinimumOperation, MatmulOperation,
                   NegativeOperation, AbsoluteOperation, AbsOperation, SquareOperation, SqrtOperation, RsqrtOperation,
                   ReciprocalOperation, ExpOperation, LogOperation, Log1pOperation, Log2Operation, Log10Operation,
                   SinOperation, CosOperation, TanOperation, TanhOperation, ErfOperation, SignOperation, CopyOperation,
                   OnesLikeOperation, ZerosLikeOperation, CastOperation, StopGradientOperation, ClipOperation>;

}  // namespace detail

/// Adds an element-wise operation of two operands (`+`, `-`, `*`, `/`, `pow`, `maximum` or `minimum`) to a graph and
/// returns its output. An operand is a symbolic tensor or a number; shapes broadcast. Throws a ShapeError for shapes
/// that do not broadcast.
///@{
LAMINA_SYMBOLIC_BINARY(operator+, AddOperation);
LAMINA_SYMBOLIC_BINARY(operator-, SubtractOperation);
LAMINA_SYMBOLIC_BINARY(operator*, MultiplyOperation);
LAMINA_SYMBOLIC_BINARY(operator/, TrueDivideOperation);
LAMINA_SYMBOLIC_BINARY(pow, PowerOperation);
LAMINA_SYMBOLIC_BINARY(maximum, MaximumOperation);
LAMINA_SYMBOLIC_BINARY(minimum, MinimumOperation);
///@}

/// Adds an element-wise function to a graph and returns its output, of the shape of x: `-x`, `abs` |x|, `square` x²,
/// `sqrt` √x, `exp` e^x, `log` ln x, `log1p` ln(1 + x), `sin`, `cos`, `tanh`, `erf` (the error function), `sign`
/// (-1, 0 or 1), or `stop_gradient` (x with gradient 0).
///@{
LAMINA_SYMBOLIC_UNARY(operator-, NegativeOperation);
LAMINA_SYMBOLIC_UNARY(abs, AbsoluteOperation);
LAMINA_SYMBOLIC_UNARY(square, SquareOperation);
LAMINA_SYMBOLIC_UNARY(sqrt, SqrtOperation);
LAMINA_SYMBOLIC_UNARY(exp, ExpOperation);
LAMINA_SYMBOLIC_UNARY(log, LogOperation);
LAMINA_SYMBOLIC_UNARY(log1p, Log1pOperation);
LAMINA_SYMBOLIC_UNARY(sin, SinOperation);
LAMINA_SYMBOLIC_UNARY(cos, CosOperation);
LAMINA_SYMBOLIC_UNARY(tanh, TanhOperation);
LAMINA_SYMBOLIC_UNARY(erf, ErfOperation);
LAMINA_SYMBOLIC_UNARY(sign, SignOperation);
LAMINA_SYMBOLIC_UNARY(stop_gradient, StopGradientOperation);
///@}

/// Adds the operation min(max(x, low), high) to a graph and returns its output, of the shape of x.
template <class S>
SymbolicTensor<S> clip(const SymbolicTensor<S>& x, double low, double high) {
  return detail::symbolic_output<detail::ClipOperation, S>({x}, detail::options_config("x_min", low, "x_max", high));
}

}  // namespace lamina
