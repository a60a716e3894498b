#pragma once
#include <string_view>

#include "lamina/ops/shaping.hpp"

namespace lamina::detail {

/// Keras's rule for shapes that differ by a last axis of size 1: beside rank 1 it is added to the other, otherwise it
/// goes.
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

template <class S>
struct TargetsAndPredictions {
  Tensor<S> t, p;
};

/// Targets and predictions brought to one shape by the rule above; shapes that differ otherwise are an error.
template <class S>
TargetsAndPredictions<S> match_targets(const Tensor<S>& y_true, const Tensor<S>& y_pred, std::string_view who) {
  TargetsAndPredictions<S> both{y_true, y_pred};
  if (y_true.shape() == y_pred.shape()) return both;
  match_ranks(both.t, both.p);
  if (both.t.shape() != both.p.shape())
    raise<ShapeError>(who, ": targets of shape ", y_true.shape(), " do not match predictions of shape ", y_pred.shape(),
                      ". Both must have the same shape.");
  return both;
}

LAMINA_COMPILED_FUNCTION(match_ranks);
LAMINA_COMPILED_FUNCTION(match_targets);

}  // namespace lamina::detail
