#pragma once
#include <string_view>

#include "lamina/ops/matmul.hpp"
#include "lamina/ops/reductions.hpp"

namespace lamina {

namespace detail {

/// The axis labels of both operands and the result. The label of a named axis is its letter's code; the axes of an
/// ellipsis have the labels 256, 257, ..., from right to left, so ellipses align at the right.
struct EinsumAxes {
  Shape a, b, y;
};

/// Throws ValueError for an equation with a syntax error.
[[noreturn]] LAMINA_NOINLINE inline void raise_bad_equation(std::string_view equation, const char* problem) {
  raise<ValueError>("einsum: equation \"", equation, "\": ", problem,
                    ". Write two operands and a result, such as \"ab,bc->ac\" or \"...a,ab->...b\".");
}

/// The labels of one term of an equation. For an operand: `rank` is its rank, `hidden` is -1. For the result: `rank` is
/// -1, `hidden` is the number of axes of its ellipsis.
inline Shape labels_of(std::string_view part, Index rank, Index hidden, std::string_view equation) {
  Shape labels;
  bool open = false;
  Index letters = 0;
  for (const char c : part) letters += c == '.' ? 0 : 1;
  if (hidden < 0) hidden = rank - letters;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] == '.') {
      if (open || part.substr(i, 3) != "...")
        raise_bad_equation(equation, "expected an ellipsis \"...\" at most once per term");
      open = true;
      i += 2;
      for (Index k = hidden; k-- > 0;) labels.push_back(256 + k);
      continue;
    }
    const bool letter = (part[i] >= 'a' && part[i] <= 'z') || (part[i] >= 'A' && part[i] <= 'Z');
    if (!letter) raise_bad_equation(equation, "expected axes named by single letters");
    labels.push_back(part[i]);
  }
  for (Index i = 0; i < labels.rank(); ++i)
    for (Index k = 0; k < i; ++k)
      if (labels[i] == labels[k]) raise_bad_equation(equation, "an axis occurs twice in one term");
  if (rank >= 0 && labels.rank() != rank)
    raise<ShapeError>("einsum: equation \"", equation, "\": expected a tensor of rank ", labels.rank(),
                      " for the term \"", part, "\", got rank ", rank);
  return labels;
}

/// Parses "first,second->result". Throws ValueError for a syntax error, ShapeError for an operand of another rank.
inline EinsumAxes parse_equation(std::string_view equation, Index rank_a, Index rank_b) {
  const std::size_t comma = equation.find(','), arrow = equation.find("->");
  if (comma == std::string_view::npos || arrow == std::string_view::npos || arrow < comma)
    raise_bad_equation(equation, "expected \"first,second->result\"");
  const std::string_view a = equation.substr(0, comma), b = equation.substr(comma + 1, arrow - comma - 1),
                         y = equation.substr(arrow + 2);
  const auto hidden = [](std::string_view part, Index rank) {
    Index letters = 0;
    for (const char c : part) letters += c == '.' ? 0 : 1;
    return part.find('.') == std::string_view::npos ? 0 : rank - letters;
  };
  const Index most = (std::max)(hidden(a, rank_a), hidden(b, rank_b));
  EinsumAxes axes{labels_of(a, rank_a, -1, equation), labels_of(b, rank_b, -1, equation), {}};
  axes.y = labels_of(y, -1, most, equation);
  return axes;
}

/// The position of a label; -1 if absent.
constexpr Index position_in(const Shape& labels, Index label) {
  for (Index i = 0; i < labels.rank(); ++i)
    if (labels[i] == label) return i;
  return -1;
}

/// Transposes an operand to the axes (first..., second, third), where the axes of `second` and of `third` are merged
/// into one each. An axis that the operand lacks has size 1.
template <class S>
Tensor<S> to_matrices(const Tensor<S>& x, const Shape& labels, const Shape& first, const Shape& second,
                      const Shape& third) {
  Shape order, shape;
  const auto take = [&](const Shape& group, bool merge) {
    Index size = 1;
    for (const Index label : group) {
      const Index at = position_in(labels, label);
      if (at >= 0) order.push_back(at);
      if (!merge)
        shape.push_back(at >= 0 ? x.shape()[at] : 1);
      else if (at >= 0)
        size *= x.shape()[at];
    }
    if (merge) shape.push_back(size);
  };
  take(first, false);
  take(second, true);
  take(third, true);
  bool moves = false;
  for (Index i = 0; i < order.rank(); ++i) moves = moves || order[i] != i;
  return reshape_to(moves ? permute(x, order) : x, shape);
}

/// Returns whether to_matrices needs no transposition: `labels` already has the order first, second, third.
inline bool is_in_order(const Shape& labels, const Shape& first, const Shape& second, const Shape& third) {
  Index next = 0;
  for (const Shape* group : {&first, &second, &third})
    for (const Index label : *group) {
      const Index at = position_in(labels, label);
      if (at >= 0 && at != next++) return false;
    }
  return true;
}

/// y = Σ a b over the axes that the result lacks. Axes of one operand alone are summed first; the rest is a batched
/// matrix product, whose batch axes are those that both operands and the result have.
template <class S>
Tensor<S> einsum(std::string_view equation, const Tensor<S>& a, const Tensor<S>& b) {
  EinsumAxes axes = parse_equation(equation, a.rank(), b.rank());
  for (const Index label : axes.y)
    if (position_in(axes.a, label) < 0 && position_in(axes.b, label) < 0)
      raise_bad_equation(equation, "the result has an axis that neither operand has");
  const auto sum_unmatched = [&](const Tensor<S>& x, Shape& labels, const Shape& other) {
    std::vector<Index> summed;
    Shape kept;
    for (Index i = 0; i < labels.rank(); ++i)
      if (position_in(other, labels[i]) < 0 && position_in(axes.y, labels[i]) < 0)
        summed.push_back(i);
      else
        kept.push_back(labels[i]);
    labels = kept;
    return summed.empty() ? x : lamina::sum(x, {.axes = summed});
  };
  const Tensor<S> left = sum_unmatched(a, axes.a, axes.b), right = sum_unmatched(b, axes.b, axes.a);

  Shape stack, rows, columns, inner, result;
  for (const Index label : axes.y) {
    const Index in_a = position_in(axes.a, label), in_b = position_in(axes.b, label);
    (in_a >= 0 && in_b >= 0 ? stack : in_a >= 0 ? rows : columns).push_back(label);
  }
  const auto check_sizes = [&](Index label, bool broadcasts) {
    const Index in_a = position_in(axes.a, label), in_b = position_in(axes.b, label);
    const Index m = left.shape()[in_a], n = right.shape()[in_b];
    if (m != n && !(broadcasts && (m == 1 || n == 1)))
      raise<ShapeError>("einsum: equation \"", equation, "\": expected equal sizes of an axis in both operands, got ",
                        m, " and ", n, " in shapes ", a.shape(), " and ", b.shape());
    return m == 1 ? n : m;
  };
  for (const Index label : axes.a)
    if (position_in(axes.b, label) >= 0 && position_in(axes.y, label) < 0) {
      check_sizes(label, false);
      inner.push_back(label);
    }
  // The product has the axes stack, rows, columns, before they are transposed to the order of the result.
  for (const Index label : stack) result.push_back(check_sizes(label, label >= 256));
  for (const Index label : rows) result.push_back(left.shape()[position_in(axes.a, label)]);
  for (const Index label : columns) result.push_back(right.shape()[position_in(axes.b, label)]);
  const bool transpose_a = !is_in_order(axes.a, stack, rows, inner) && is_in_order(axes.a, stack, inner, rows);
  const bool transpose_b = !is_in_order(axes.b, stack, inner, columns) && is_in_order(axes.b, stack, columns, inner);
  const Tensor<S> product = matmul(
      transpose_a ? to_matrices(left, axes.a, stack, inner, rows) : to_matrices(left, axes.a, stack, rows, inner),
      transpose_b ? to_matrices(right, axes.b, stack, columns, inner)
                  : to_matrices(right, axes.b, stack, inner, columns),
      {transpose_a, transpose_b});
  const Tensor<S> y = reshape_to(product, result);
  Shape order, produced;
  for (const Shape* part : {&stack, &rows, &columns})
    for (const Index label : *part) produced.push_back(label);
  bool moves = false;
  for (Index i = 0; i < axes.y.rank(); ++i) {
    order.push_back(position_in(produced, axes.y[i]));
    moves = moves || order[i] != i;
  }
  return moves ? permute(y, order) : y;
}

LAMINA_COMPILED_FUNCTION(einsum);
}  // namespace detail

/// Computes the Einstein summation of two tensors. The equation "first,second->result" names the axes of both operands
/// and of the result by letters; axes that the result lacks are summed. An ellipsis stands for the unnamed axes, which
/// broadcast.
///
///     einsum("ab,bc->ac", a, b)          // matrix product
///     einsum("...x,xy->...y", a, kernel) // contraction of the last axis
///     einsum("bqhd,bkhd->bhqk", q, k)    // scores of multi-head attention
///
/// Throws ValueError for a syntax error or an axis that occurs twice in one term (a diagonal is not supported), and
/// ShapeError if ranks or sizes do not match. `keras.ops.einsum`.
template <class A, class B>
  requires Operands<A, B>
auto einsum(std::string_view equation, const A& a, const B& b) {
  using S = detail::common_scalar<A, B>;
  return detail::einsum<S>(equation, detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b));
}

}  // namespace lamina
