#pragma once

#include "lamina/core/classify.hpp"
#include "lamina/core/list.hpp"
#include "lamina/core/target_rule.hpp"
#include "lamina/ops/arithmetic.hpp"
#include "lamina/ops/logits.hpp"
#include "lamina/ops/match_ranks.hpp"

// Samples whose weight or mask is 0 do not count in losses and metrics. Multiplying by 0 is not enough, because NaN
// times 0 is NaN: their values that are not finite are replaced first.

namespace lamina::detail {

/// Returns whether no element is NaN or infinity.
template <class S>
bool all_finite(const Tensor<S>& x) noexcept {
  const S* from = x.data();
  for (Index i = 0; i < x.size(); ++i)
    if (!is_finite(from[i])) return false;
  return true;
}

/// The samples, or time steps of samples, whose sample weight or mask is 0, and which of them have values that are not
/// finite.
template <class S>
class ExcludedSamples {
 public:
  /// Either tensor may be undefined. Shapes: the leading axes of the predictions.
  ExcludedSamples(const Tensor<S>& weight, const Tensor<S>& mask) {
    if (weight.defined()) add(weight);
    if (mask.defined()) add(mask);
  }
  /// Returns whether any weight or mask element is 0.
  static bool any(const Tensor<S>& weight, const Tensor<S>& mask) noexcept {
    for (const Tensor<S>* w : {&weight, &mask})
      for (Index i = 0; w->defined() && i < w->size(); ++i)
        if ((*w)[i] == S(0)) return true;
    return false;
  }
  /// Marks the excluded positions at which `x` is not finite; returns whether any was not marked before. `class_axis`
  /// is the axis of x that weights lack; -1 is the last.
  bool find(const Tensor<S>& x, Index class_axis) {
    const Shape shape = aligned_with(x.shape(), class_axis);
    if (shape.rank() != x.rank()) return false;
    bool found = false;
    if (not_finite_.empty()) not_finite_.assign(excluded_.size(), 0);
    const S* from = x.data();
    for (Index i = 0; i < x.size(); ++i) {
      if (is_finite(from[i])) continue;
      const std::size_t at = position(i, x.shape(), shape);
      if (excluded_[at] == 0 || not_finite_[at] != 0) continue;
      not_finite_[at] = 1;
      found = true;
    }
    return found;
  }
  /// Replaces targets, predictions, and the cached logits of the predictions at the marked positions by the
  /// replacement values of `rule`.
  void replace(Tensor<S>& y_true, Tensor<S>& y_pred, Index class_axis, const TargetRule& rule) const {
    y_true = replaced(y_true, axis_of(y_true, y_pred, class_axis), rule.target, not_finite_);
    const Tensor<S> before = y_pred;
    y_pred = replaced(before, class_axis, rule.prediction, not_finite_);
    for (const OutputActivation by : {OutputActivation::softmax, OutputActivation::sigmoid})
      if (const Tensor<S>* logits = LogitsCache<S>::find(before, by))
        LogitsCache<S>::store(y_pred, replaced(*logits, class_axis, 0, not_finite_), by);
  }
  /// Marks and replaces the excluded positions at which targets or predictions are not finite. If targets are class
  /// labels, replaces all excluded targets.
  void replace_bad(Tensor<S>& y_true, Tensor<S>& y_pred, Index class_axis, const TargetRule& rule) {
    const bool in_targets = find(y_true, axis_of(y_true, y_pred, class_axis)),
               in_predictions = find(y_pred, class_axis);
    if (in_targets || in_predictions) replace(y_true, y_pred, class_axis, rule);
    if (rule.classes) y_true = replaced(y_true, axis_of(y_true, y_pred, class_axis), rule.target, excluded_);
  }

 private:
  using Flags = List<char>;  // one flag per position of shape_

  /// The class axis of targets; labels have none.
  static Index axis_of(const Tensor<S>& y_true, const Tensor<S>& y_pred, Index class_axis) noexcept {
    return y_true.rank() == y_pred.rank() ? class_axis : y_true.rank();
  }
  Tensor<S> replaced(const Tensor<S>& x, Index class_axis, double stand_in, const Flags& flags) const {
    const Shape shape = aligned_with(x.shape(), class_axis);
    if (shape.rank() != x.rank() || flags.empty()) return x;
    Tensor<S> marked = Tensor<S>::empty(shape);
    S* to = TensorAccess::data(marked);
    for (std::size_t i = 0; i < flags.size(); ++i) to[i] = flags[i] != 0 ? S(1) : S(0);
    return where(marked, Tensor<S>(static_cast<S>(stand_in)), x);
  }
  void add(const Tensor<S>& weight) {
    Shape shape = weight.shape();
    while (shape.rank() > 1 && shape.back() == 1) shape.pop_back();
    Shape before = shape_;
    while (before.rank() < shape.rank()) before.push_back(1);
    while (shape.rank() < before.rank()) shape.push_back(1);
    bool fit = true;
    for (Index i = 0; i < shape.rank(); ++i) fit = fit && (shape[i] == before[i] || shape[i] == 1 || before[i] == 1);
    if (!fit) return;  // applying the weights throws
    const Shape both = broadcast(before, shape);
    Flags out;
    out.assign(static_cast<std::size_t>(both.known_size()), 0);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto at = static_cast<Index>(i);
      if (!excluded_.empty()) out[i] = excluded_[position(at, both, before)];
      if (weight[static_cast<Index>(position(at, both, shape))] == S(0)) out[i] = 1;
    }
    shape_ = both;
    excluded_ = std::move(out);
  }
  /// The shape of the weights with axes of size 1 inserted for the class axis and for axes that they lack, so that it
  /// broadcasts to `x`; of another rank if it does not.
  Shape aligned_with(const Shape& x, Index class_axis) const {
    const Index axis = class_axis < 0 ? class_axis + x.rank() : class_axis;
    Shape shape;
    for (const Index size : shape_) {
      if (shape.rank() == axis && shape_.rank() < x.rank()) shape.push_back(1);
      shape.push_back(size);
    }
    while (shape.rank() < x.rank()) shape.push_back(1);
    for (Index i = 0; i < x.rank() && shape.rank() == x.rank(); ++i)
      if (shape[i] != 1 && shape[i] != x[i]) return Shape();
    return shape;
  }
  /// The index of the element of `shape` that broadcasts to element i of `x`; both shapes have the same rank.
  static std::size_t position(Index i, const Shape& x, const Shape& shape) noexcept {
    Index at = 0, stride = 1;
    for (Index axis = x.rank(); axis-- > 0; i /= x[axis]) {
      if (shape[axis] != 1) at += i % x[axis] * stride;
      stride *= shape[axis];
    }
    return static_cast<std::size_t>(at);
  }

  Shape shape_;                  // weights and mask, broadcast
  Flags excluded_, not_finite_;  // excluded positions; those with a value that is not finite
};

LAMINA_COMPILED_FUNCTION(all_finite);
LAMINA_COMPILED_CLASS(ExcludedSamples);

}  // namespace lamina::detail
