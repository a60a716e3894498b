#pragma once

#include "lamina/core/classify.hpp"
#include "lamina/core/list.hpp"
#include "lamina/core/target_rule.hpp"
#include "lamina/ops/arithmetic.hpp"
#include "lamina/ops/logits.hpp"
#include "lamina/ops/match_ranks.hpp"

// Samples whose weight or mask is 0 are left out, rather than multiplied by 0: NaN times 0 is NaN.

namespace lamina::detail {

template <class S>
bool all_finite(const Tensor<S>& x) noexcept {
  const S* from = x.data();
  for (Index i = 0; i < x.size(); ++i)
    if (!is_finite(from[i])) return false;
  return true;
}

/// The samples, or steps of samples, that sample weights and a mask leave out, and which of them hold numbers that are
/// not finite.
template <class S>
class ExcludedSamples {
 public:
  /// Either may be undefined. Their shapes are those of the first axes of predictions.
  ExcludedSamples(const Tensor<S>& weight, const Tensor<S>& mask) {
    if (weight.defined()) add(weight);
    if (mask.defined()) add(mask);
  }
  /// Whether anything is left out.
  static bool any(const Tensor<S>& weight, const Tensor<S>& mask) noexcept {
    for (const Tensor<S>* w : {&weight, &mask})
      for (Index i = 0; w->defined() && i < w->size(); ++i)
        if ((*w)[i] == S(0)) return true;
    return false;
  }
  /// Finds the positions that are left out and where `x` is not finite; true if there are new ones. `class_axis`: the
  /// axis of x that weights do not have; -1 is the last.
  bool find(const Tensor<S>& x, Index class_axis) {
    const Shape shape = beside(x.shape(), class_axis);
    if (shape.rank() != x.rank()) return false;
    bool found = false;
    if (bad_.empty()) bad_.assign(out_.size(), 0);
    const S* from = x.data();
    for (Index i = 0; i < x.size(); ++i) {
      if (is_finite(from[i])) continue;
      const std::size_t at = position(i, x.shape(), shape);
      if (out_[at] == 0 || bad_[at] != 0) continue;
      bad_[at] = 1;
      found = true;
    }
    return found;
  }
  /// Puts stand-ins into targets, predictions, and the logits behind predictions, at the positions found.
  void replace(Tensor<S>& y_true, Tensor<S>& y_pred, Index class_axis, const TargetRule& rule) const {
    y_true = replaced(y_true, axis_of(y_true, y_pred, class_axis), rule.target, bad_);
    const Tensor<S> before = y_pred;
    y_pred = replaced(before, class_axis, rule.prediction, bad_);
    for (const OutputActivation by : {OutputActivation::softmax, OutputActivation::sigmoid})
      if (const Tensor<S>* logits = LogitsCache<S>::find(before, by))
        LogitsCache<S>::store(y_pred, replaced(*logits, class_axis, 0, bad_), by);
  }
  /// Finds the positions where targets or predictions are not finite, and puts stand-ins there; and into all targets
  /// that are left out, if they are classes.
  void replace_bad(Tensor<S>& y_true, Tensor<S>& y_pred, Index class_axis, const TargetRule& rule) {
    const bool in_targets = find(y_true, axis_of(y_true, y_pred, class_axis)),
               in_predictions = find(y_pred, class_axis);
    if (in_targets || in_predictions) replace(y_true, y_pred, class_axis, rule);
    if (rule.classes) y_true = replaced(y_true, axis_of(y_true, y_pred, class_axis), rule.target, out_);
  }

 private:
  using Flags = List<char>;  // by position

  /// Labels have no axis of the classes.
  static Index axis_of(const Tensor<S>& y_true, const Tensor<S>& y_pred, Index class_axis) noexcept {
    return y_true.rank() == y_pred.rank() ? class_axis : y_true.rank();
  }
  Tensor<S> replaced(const Tensor<S>& x, Index class_axis, double stand_in, const Flags& flags) const {
    const Shape shape = beside(x.shape(), class_axis);
    if (shape.rank() != x.rank() || flags.empty()) return x;
    Tensor<S> chosen = Tensor<S>::empty(shape);
    S* to = TensorAccess::data(chosen);
    for (std::size_t i = 0; i < flags.size(); ++i) to[i] = flags[i] != 0 ? S(1) : S(0);
    return where(chosen, Tensor<S>(static_cast<S>(stand_in)), x);
  }
  void add(const Tensor<S>& weight) {
    Shape shape = weight.shape();
    while (shape.rank() > 1 && shape.back() == 1) shape.pop_back();
    Shape before = shape_;
    while (before.rank() < shape.rank()) before.push_back(1);
    while (shape.rank() < before.rank()) shape.push_back(1);
    bool fit = true;
    for (Index i = 0; i < shape.rank(); ++i) fit = fit && (shape[i] == before[i] || shape[i] == 1 || before[i] == 1);
    if (!fit) return;  // an error where they are applied
    const Shape both = broadcast(before, shape);
    Flags out;
    out.assign(static_cast<std::size_t>(both.known_size()), 0);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto at = static_cast<Index>(i);
      if (!out_.empty()) out[i] = out_[position(at, both, before)];
      if (weight[static_cast<Index>(position(at, both, shape))] == S(0)) out[i] = 1;
    }
    shape_ = both;
    out_ = std::move(out);
  }
  /// The shape of the weights beside a tensor: with 1 for the axis of the classes, and for axes that they lack; of
  /// another rank if they do not fit.
  Shape beside(const Shape& x, Index class_axis) const {
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
  /// Which element of `shape` belongs to element i of `x`, a shape of the same rank that it broadcasts to.
  static std::size_t position(Index i, const Shape& x, const Shape& shape) noexcept {
    Index at = 0, stride = 1;
    for (Index axis = x.rank(); axis-- > 0; i /= x[axis]) {
      if (shape[axis] != 1) at += i % x[axis] * stride;
      stride *= shape[axis];
    }
    return static_cast<std::size_t>(at);
  }

  Shape shape_;      // of weights and mask together
  Flags out_, bad_;  // left out; left out and not finite
};

LAMINA_COMPILED_FUNCTION(all_finite);
LAMINA_COMPILED_CLASS(ExcludedSamples);

}  // namespace lamina::detail
