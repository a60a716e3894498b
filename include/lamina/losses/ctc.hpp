#pragma once
#include "lamina/losses/loss.hpp"
#include "lamina/ops/ctc.hpp"

namespace lamina {

/// Connectionist temporal classification loss (Graves et al., 2006). Keras: `keras.losses.CTC`.
///
///     loss = -log(sum over all alignments of the label sequence of the product over time of softmax(y_pred))
///
/// Shapes: `y_true` (batch, max_label_length), integer labels >= 1, padded with 0; `y_pred` (batch, time, classes),
/// logits, where class 0 is the blank; result (batch,). A label sequence that does not fit into the time steps has an
/// infinite loss and a gradient of 0. Throws ShapeError for other shapes, and ValueError for a label that is not a
/// class or follows a 0.
template <class Scalar = float>
class CTC : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  /// Constructs the loss from its options.
  explicit CTC(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  /// Constructs the loss with a reduction.
  explicit CTC(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "CTC"; }
  Tensor<Scalar> call(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    if (y_true.rank() != 2 || y_pred.rank() != 3 || y_true.shape()[0] != y_pred.shape()[0])
      raise<ShapeError>("CTC: expected labels (batch, max_label_length) and logits (batch, time, classes), got shapes ",
                        y_true.shape(), " and ", y_pred.shape());
    if (y_pred.columns() < 1)
      raise<ShapeError>("CTC: expected logits with at least 1 class, got shape ", y_pred.shape());
    return detail::ctc(y_true.detached(), y_pred);
  }

 protected:
  TargetRule target_rule() const override { return {.matched = false, .target = 0}; }
};

}  // namespace lamina
