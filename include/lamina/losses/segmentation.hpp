#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/core/one_or_more.hpp"
#include "lamina/losses/loss.hpp"

// Losses that compare areas.

namespace lamina {

struct DiceOptions {
  Reduction reduction = Reduction::sum_over_batch_size;
  OneOrMore<Index> axis = {};  ///< what is summed over: `{1, 2, 3}` leaves one value a sample; nothing: everything
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("reduction", self.reduction);
    field("axis", self.axis);
  }
};

/// 1 - 2 sum y_true y_pred / (sum y_true + sum y_pred + 1e-7). Keras's Dice.
template <class Scalar = float>
class Dice : public LossWith<Scalar, DiceOptions> {
 public:
  explicit Dice(DiceOptions options = {}) : LossWith<Scalar, DiceOptions>(std::move(options)) {}
  std::string class_name() const override { return "Dice"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "Dice");
    const ReduceOptions over{.axes = this->options_.axis.values()};
    const auto epsilon = static_cast<Scalar>(detail::loss_epsilon);
    return 1 - Scalar(2) * sum(t * p, over) / (sum(t, over) + sum(p, over) + epsilon);
  }

 protected:
  TargetRule target_rule() const override { return {.target = 0, .prediction = 0}; }
};

struct TverskyOptions {
  double alpha = 0.5;  ///< the weight of what the predictions miss of the targets
  double beta = 0.5;   ///< the weight of what the predictions have beside the targets
  Reduction reduction = Reduction::sum_over_batch_size;
  OneOrMore<Index> axis = {};  ///< what is summed over: `{1, 2, 3}` leaves one value a sample; nothing: everything
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("alpha", self.alpha);
    field("beta", self.beta);
    field("reduction", self.reduction);
    field("axis", self.axis);
  }
};

/// 1 - I / (I + alpha sum y_true (1 - y_pred) + beta sum (1 - y_true) y_pred + 1e-7) with I = sum y_true y_pred.
/// Keras's Tversky, as version 3.15 computes it; its documentation has alpha and beta the other way round.
template <class Scalar = float>
class Tversky : public LossWith<Scalar, TverskyOptions> {
 public:
  LAMINA_COLD explicit Tversky(TverskyOptions options = {}) : LossWith<Scalar, TverskyOptions>(std::move(options)) {
    detail::check_finite(this->options_.alpha, "alpha", "Tversky");
    detail::check_finite(this->options_.beta, "beta", "Tversky");
  }
  std::string class_name() const override { return "Tversky"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "Tversky");
    const ReduceOptions over{.axes = this->options_.axis.values()};
    const auto alpha = static_cast<Scalar>(this->options_.alpha), beta = static_cast<Scalar>(this->options_.beta);
    const Tensor<Scalar> both = sum(t * p, over), missed = sum(t * (1 - p), over), beside = sum((1 - t) * p, over);
    return 1 - both / (both + alpha * missed + beta * beside + static_cast<Scalar>(detail::loss_epsilon));
  }

 protected:
  TargetRule target_rule() const override { return {.target = 0, .prediction = 0}; }
};

}  // namespace lamina
