#pragma once
#include <string_view>

#include "lamina/core/target_rule.hpp"
#include "lamina/ops/logits.hpp"
#include "lamina/ops/shaping.hpp"

namespace lamina {

namespace detail {

/// Applies Keras's rule for tensors whose ranks differ by a last axis of size 1: if the lower rank is 1, appends that
/// axis to it; otherwise removes the axis. Does nothing for other tensors. Keras's squeeze_or_expand_to_same_rank.
template <class S>
void match_ranks(Tensor<S>& a, Tensor<S>& b) {
  Tensor<S>*longer = &a, *shorter = &b;
  if (a.rank() < b.rank()) std::swap(longer, shorter);
  if (longer->rank() != shorter->rank() + 1 || longer->columns() != 1) return;
  if (shorter->rank() == 1) {
    *shorter = reshape_to(*shorter, {shorter->size(), 1});
  } else {
    *longer = reshape_to(*longer, longer->shape().slice(0, longer->rank() - 1));
  }
}

/// Targets `t` and predictions `p`.
template <class S>
struct TargetsAndPredictions {
  Tensor<S> t, p;
};

/// Returns targets and predictions of equal rank (see match_ranks); every loss and metric calls it. Targets may have
/// fewer axes if they are labels for the leading axes of the predictions. Throws ShapeError for other ranks, which
/// operations would silently broadcast.
template <class S>
TargetsAndPredictions<S> match_targets(const Tensor<S>& y_true, const Tensor<S>& y_pred, std::string_view who) {
  TargetsAndPredictions<S> both{y_true, y_pred};
  if (y_true.rank() == y_pred.rank()) return both;
  match_ranks(both.t, both.p);
  if (both.p.rank() != y_pred.rank())  // reshape the cached logits, too
    for (const OutputActivation by : {OutputActivation::softmax, OutputActivation::sigmoid})
      if (const Tensor<S>* logits = LogitsCache<S>::find(y_pred, by))
        LogitsCache<S>::store(both.p, reshape_to(*logits, both.p.shape()), by);
  bool fit = both.t.rank() <= both.p.rank() && both.t.rank() > 0;
  for (Index i = 0; fit && i < both.t.rank(); ++i) fit = both.t.shape()[i] == both.p.shape()[i];
  if (!fit && both.t.rank() != both.p.rank())
    raise<ShapeError>(
        who, ": targets of shape ", y_true.shape(), " do not match predictions of shape ", y_pred.shape(),
        ". Pass targets of the shape of the predictions, or one label for each element of their leading axes. (A "
        "custom loss whose targets have another shape overrides target_rule.)");
  return both;
}

/// Throws ShapeError unless targets and predictions have the same shape.
template <class S>
void check_same_shape(const Tensor<S>& y_true, const Tensor<S>& y_pred, std::string_view who) {
  if (y_true.shape() != y_pred.shape()) [[unlikely]]
    raise<ShapeError>(who, ": targets of shape ", y_true.shape(), " do not match predictions of shape ", y_pred.shape(),
                      y_true.rank() < y_pred.rank()
                          ? ". For targets that are class labels, use a sparse loss or metric "
                            "(sparse_categorical_crossentropy), or one-hot encode them."
                          : ": expected the same shape.");
}

LAMINA_COMPILED_FUNCTION(match_ranks);
LAMINA_COMPILED_FUNCTION(match_targets);
LAMINA_COMPILED_FUNCTION(check_same_shape);

}  // namespace detail
}  // namespace lamina
