#pragma once
#include <string_view>

#include "lamina/ops/matmul.hpp"
#include "lamina/ops/reductions.hpp"

namespace lamina {

namespace detail {

/// The axes that an equation names: those of both operands and of the result, as labels. A letter is its own label;
/// axes of an ellipsis have labels above all letters, the same ones counted from the right.
struct EinsumAxes {
  Shape a, b, y;
};

[[noreturn]] LAMINA_NOINLINE inline void raise_bad_equation(std::string_view equation, const char* problem) {
  raise<ValueError>("einsum: equation \"", equation, "\": ", problem,
                    ". Two operands and a result are written as \"ab,bc->ac\" or \"...a,ab->...b\".");
}

/// The labels of one part of an equation, for a tensor of `rank` axes; of the result, where the rank follows from
/// `hidden`, the number of axes in its ellipsis.
inline Shape labels_of(std::string_view part, Index rank, Index hidden, std::string_view equation) {
  Shape labels;
  bool open = false;
  Index letters = 0;
  for (const char c : part) letters += c == '.' ? 0 : 1;
  if (hidden < 0) hidden = rank - letters;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] == '.') {
      if (open || part.substr(i, 3) != "...") raise_bad_equation(equation, "an ellipsis is three points, once a part");
      open = true;
      i += 2;
      for (Index k = hidden; k-- > 0;) labels.push_back(256 + k);
      continue;
    }
    const bool letter = (part[i] >= 'a' && part[i] <= 'z') || (part[i] >= 'A' && part[i] <= 'Z');
    if (!letter) raise_bad_equation(equation, "axes are letters");
    labels.push_back(part[i]);
  }
  for (Index i = 0; i < labels.rank(); ++i)
    for (Index k = 0; k < i; ++k)
      if (labels[i] == labels[k]) raise_bad_equation(equation, "an axis stands twice in one part");
  if (rank >= 0 && labels.rank() != rank)
    raise<ShapeError>("einsum: equation \"", equation, "\": the part \"", part, "\" stands for ", labels.rank(),
                      " axes, the tensor has ", rank);
  return labels;
}

inline EinsumAxes read_equation(std::string_view equation, Index rank_a, Index rank_b) {
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

constexpr Index position_in(const Shape& labels, Index label) {
  for (Index i = 0; i < labels.rank(); ++i)
    if (labels[i] == label) return i;
  return -1;
}

/// An operand with its axes in an order: those of `first`, of `second`, of `third`, the last two each as one axis. An
/// axis that it lacks is 1.
template <class S>
Tensor<S> arranged(const Tensor<S>& x, const Shape& labels, const Shape& first, const Shape& second,
                   const Shape& third) {
  Shape order, shape;
  const auto take = [&](const Shape& wanted, bool together) {
    Index size = 1;
    for (const Index label : wanted) {
      const Index at = position_in(labels, label);
      if (at >= 0) order.push_back(at);
      if (!together)
        shape.push_back(at >= 0 ? x.shape()[at] : 1);
      else if (at >= 0)
        size *= x.shape()[at];
    }
    if (together) shape.push_back(size);
  };
  take(first, false);
  take(second, true);
  take(third, true);
  bool moves = false;
  for (Index i = 0; i < order.rank(); ++i) moves = moves || order[i] != i;
  return reshape_to(moves ? permute(x, order) : x, shape);
}

/// Whether the axes of `labels` that the three name stand in this order already.
inline bool stands_in_order(const Shape& labels, const Shape& first, const Shape& second, const Shape& third) {
  Index next = 0;
  for (const Shape* wanted : {&first, &second, &third})
    for (const Index label : *wanted) {
      const Index at = position_in(labels, label);
      if (at >= 0 && at != next++) return false;
    }
  return true;
}

/// y = Σ a b over the axes that the result lacks: a matrix product of what is left of both, with the axes that all
/// three have as a stack of matrices
template <class S>
Tensor<S> einsum(std::string_view equation, const Tensor<S>& a, const Tensor<S>& b) {
  EinsumAxes axes = read_equation(equation, a.rank(), b.rank());
  for (const Index label : axes.y)
    if (position_in(axes.a, label) < 0 && position_in(axes.b, label) < 0)
      raise_bad_equation(equation, "the result has an axis that neither operand has");
  // An axis of one operand only, which the result lacks, is summed first.
  const auto without_lonely = [&](const Tensor<S>& x, Shape& labels, const Shape& other) {
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
  const Tensor<S> left = without_lonely(a, axes.a, axes.b), right = without_lonely(b, axes.b, axes.a);

  Shape stack, rows, columns, inner, result;
  for (const Index label : axes.y) {
    const Index in_a = position_in(axes.a, label), in_b = position_in(axes.b, label);
    (in_a >= 0 && in_b >= 0 ? stack : in_a >= 0 ? rows : columns).push_back(label);
  }
  const auto check_sizes = [&](Index label, bool stretches) {
    const Index in_a = position_in(axes.a, label), in_b = position_in(axes.b, label);
    const Index m = left.shape()[in_a], n = right.shape()[in_b];
    if (m != n && !(stretches && (m == 1 || n == 1)))
      raise<ShapeError>("einsum: equation \"", equation, "\" gives one axis the sizes ", m, " and ", n, ", in shapes ",
                        a.shape(), " and ", b.shape());
    return m == 1 ? n : m;
  };
  for (const Index label : axes.a)
    if (position_in(axes.b, label) >= 0 && position_in(axes.y, label) < 0) {
      check_sizes(label, false);
      inner.push_back(label);
    }
  // What comes out of the product: stack, rows, columns, each axis by itself.
  for (const Index label : stack) result.push_back(check_sizes(label, label >= 256));
  for (const Index label : rows) result.push_back(left.shape()[position_in(axes.a, label)]);
  for (const Index label : columns) result.push_back(right.shape()[position_in(axes.b, label)]);
  const bool turn_a = !stands_in_order(axes.a, stack, rows, inner) && stands_in_order(axes.a, stack, inner, rows);
  const bool turn_b = !stands_in_order(axes.b, stack, inner, columns) && stands_in_order(axes.b, stack, columns, inner);
  const Tensor<S> product =
      matmul(turn_a ? arranged(left, axes.a, stack, inner, rows) : arranged(left, axes.a, stack, rows, inner),
             turn_b ? arranged(right, axes.b, stack, columns, inner) : arranged(right, axes.b, stack, inner, columns),
             {turn_a, turn_b});
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

/// Einstein's sum of two tensors: the equation names the axes of both and of the result, and what the result lacks is
/// summed. An ellipsis stands for the axes that are not named. NumPy's einsum; an axis may not stand twice in one part.
///
///     einsum("ab,bc->ac", a, b)          // the matrix product
///     einsum("...x,xy->...y", a, kernel) // over the last axis, whatever comes before
///     einsum("bqhd,bkhd->bhqk", q, k)    // the scores of attention with several heads
template <class A, class B>
  requires Operands<A, B>
auto einsum(std::string_view equation, const A& a, const B& b) {
  using S = detail::common_scalar<A, B>;
  return detail::einsum<S>(equation, detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b));
}

}  // namespace lamina
