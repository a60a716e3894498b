#pragma once
#include "lamina/layers/graph/operation.hpp"
#include "lamina/ops/logic.hpp"

// Comparisons and logical operations of graphs. Outputs are 1 (true) or 0 (false). See lamina/ops for the formulas.

namespace lamina {

namespace detail {

LAMINA_OPERATION(EqualOperation, "Equal", keras_numpy, "x1 x2", read_no_options, equal(in[0], in[1]));
LAMINA_OPERATION(NotEqualOperation, "NotEqual", keras_numpy, "x1 x2", read_no_options, not_equal(in[0], in[1]));
LAMINA_OPERATION(GreaterOperation, "Greater", keras_numpy, "x1 x2", read_no_options, in[0] > in[1]);
LAMINA_OPERATION(GreaterEqualOperation, "GreaterEqual", keras_numpy, "x1 x2", read_no_options, in[0] >= in[1]);
LAMINA_OPERATION(LessOperation, "Less", keras_numpy, "x1 x2", read_no_options, in[0] < in[1]);
LAMINA_OPERATION(LessEqualOperation, "LessEqual", keras_numpy, "x1 x2", read_no_options, in[0] <= in[1]);
LAMINA_OPERATION(LogicalAndOperation, "LogicalAnd", keras_numpy, "x1 x2", read_no_options, logical_and(in[0], in[1]));
LAMINA_OPERATION(LogicalOrOperation, "LogicalOr", keras_numpy, "x1 x2", read_no_options, logical_or(in[0], in[1]));
LAMINA_OPERATION(LogicalXorOperation, "LogicalXor", keras_numpy, "x1 x2", read_no_options, logical_xor(in[0], in[1]));
LAMINA_OPERATION(LogicalNotOperation, "LogicalNot", keras_numpy, "x", read_no_options, logical_not(in[0]));
LAMINA_OPERATION(WhereOperation, "Where", keras_numpy, "condition x1 x2", read_no_options, where(in[0], in[1], in[2]));
LAMINA_OPERATION(AnyOperation, "Any", keras_numpy, "x", read_reduction, any(in[0], in.settings.reduce));
LAMINA_OPERATION(AllOperation, "All", keras_numpy, "x", read_reduction, all(in[0], in.settings.reduce));

using logic_operations =
    OperationTable<EqualOperation, NotEqualOperation, GreaterOperation, GreaterEqualOperation, LessOperation,
                   LessEqualOperation, LogicalAndOperation, LogicalOrOperation, LogicalXorOperation,
                   LogicalNotOperation, WhereOperation, AnyOperation, AllOperation>;

}  // namespace detail

/// Adds an element-wise comparison (`equal`, `not_equal`, `>`, `>=`, `<`, `<=`) or logical operation (`logical_and`,
/// `logical_or`, `logical_xor`) to a graph and returns its output, 1 or 0. An operand is a symbolic tensor or a number;
/// shapes broadcast. Throws a ShapeError for shapes that do not broadcast.
///@{
LAMINA_SYMBOLIC_BINARY(equal, EqualOperation);
LAMINA_SYMBOLIC_BINARY(not_equal, NotEqualOperation);
LAMINA_SYMBOLIC_BINARY(operator>, GreaterOperation);
LAMINA_SYMBOLIC_BINARY(operator>=, GreaterEqualOperation);
LAMINA_SYMBOLIC_BINARY(operator<, LessOperation);
LAMINA_SYMBOLIC_BINARY(operator<=, LessEqualOperation);
LAMINA_SYMBOLIC_BINARY(logical_and, LogicalAndOperation);
LAMINA_SYMBOLIC_BINARY(logical_or, LogicalOrOperation);
LAMINA_SYMBOLIC_BINARY(logical_xor, LogicalXorOperation);
///@}

/// Adds a logical not to a graph and returns its output: 1 if the element is 0, otherwise 0.
LAMINA_SYMBOLIC_UNARY(logical_not, LogicalNotOperation);

/// Adds a reduction to a graph and returns its output: 1 if any element along the axes is not 0 (`any`), or if all are
/// not 0 (`all`), otherwise 0. The reduced axes are dropped, or have size 1 with keepdims.
///@{
LAMINA_SYMBOLIC_REDUCTION(any, AnyOperation);
LAMINA_SYMBOLIC_REDUCTION(all, AllOperation);
///@}

/// Adds a selection to a graph and returns its output: `a` if the condition is not 0, otherwise `b`, element by
/// element. `a` and `b` are symbolic tensors or numbers; shapes broadcast.
template <class S, class A, class B>
  requires((detail::IsSymbolic<A>::value || Arithmetic<A>) && (detail::IsSymbolic<B>::value || Arithmetic<B>))
SymbolicTensor<S> where(const SymbolicTensor<S>& condition, const A& a, const B& b) {
  std::vector<SymbolicTensor<S>> tensors;
  std::vector<OperationOperand> operands;
  detail::add_operand(condition, tensors, operands);
  detail::add_operand(a, tensors, operands);
  detail::add_operand(b, tensors, operands);
  return detail::symbolic_output<detail::WhereOperation, S>(tensors, Config::map(), std::move(operands));
}

}  // namespace lamina
