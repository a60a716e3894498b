#pragma once
#include "lamina/losses/loss.hpp"
#include "lamina/ops/ctc.hpp"

namespace lamina {

/// Connectionist temporal classification: -log of the probability, over all alignments, of labels (batch, longest) in
/// logits (batch, time, classes). Class 0 is the blank; labels are integers >= 1, filled up with 0. A
/// sequence that is too long for the time there is has an infinite loss, and no gradient. Keras's CTC.
template <class Scalar = float>
class CTC : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  explicit CTC(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  explicit CTC(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "CTC"; }
  Tensor<Scalar> call(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    if (y_true.rank() != 2 || y_pred.rank() != 3 || y_true.shape()[0] != y_pred.shape()[0])
      raise<ShapeError>("CTC: expected labels (batch, longest) and logits (batch, time, classes), got shapes ",
                        y_true.shape(), " and ", y_pred.shape());
    if (y_pred.columns() < 1) raise<ShapeError>("CTC: expected at least the blank's class, got shape ", y_pred.shape());
    return detail::ctc(y_true.detached(), y_pred);
  }

 protected:
  TargetRule target_rule() const override { return {.matched = false, .target = 0}; }
};

}  // namespace lamina
