#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/core/one_or_more.hpp"
#include "lamina/losses/loss.hpp"

// Overlap losses of segmentation masks.

namespace lamina {

/// Options of Dice.
struct DiceOptions {
  /// How per-sample losses are combined; see Reduction. Default: sum_over_batch_size.
  Reduction reduction = Reduction::sum_over_batch_size;
  OneOrMore<Index> axis = {};  ///< Axes of the sums: `{1, 2, 3}` gives one value per image. Default: all axes.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("reduction", self.reduction);
    field("axis", self.axis);
  }
};

/// Dice loss. Keras: `keras.losses.Dice`.
///
///     loss = 1 - 2 sum(y_true y_pred) / (sum(y_true) + sum(y_pred) + 1e-7)
///
/// Shapes: `y_true` and `y_pred` (batch, ..., classes), values in [0, 1]; result: without the axes `axis`. Throws
/// ShapeError if the shapes differ.
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

/// Options of Tversky.
struct TverskyOptions {
  double alpha = 0.5;  ///< Weight of the false negatives; finite. Default: 0.5.
  double beta = 0.5;   ///< Weight of the false positives; finite. Default: 0.5.
  /// How per-sample losses are combined; see Reduction. Default: sum_over_batch_size.
  Reduction reduction = Reduction::sum_over_batch_size;
  OneOrMore<Index> axis = {};  ///< Axes of the sums: `{1, 2, 3}` gives one value per image. Default: all axes.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("alpha", self.alpha);
    field("beta", self.beta);
    field("reduction", self.reduction);
    field("axis", self.axis);
  }
};

/// Tversky loss. Keras: `keras.losses.Tversky`, as version 3.15 computes it; Keras's documentation swaps alpha
/// and beta.
///
///     tp = sum(y_true y_pred)
///     fn = sum(y_true (1 - y_pred))
///     fp = sum((1 - y_true) y_pred)
///     loss = 1 - tp / (tp + alpha fn + beta fp + 1e-7)
///
/// Shapes: `y_true` and `y_pred` (batch, ..., classes), values in [0, 1]; result: without the axes `axis`. Throws
/// ShapeError if the shapes differ, and ValueError if `alpha` or `beta` is not finite.
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
    const Tensor<Scalar> tp = sum(t * p, over), fn = sum(t * (1 - p), over), fp = sum((1 - t) * p, over);
    return 1 - tp / (tp + alpha * fn + beta * fp + static_cast<Scalar>(detail::loss_epsilon));
  }

 protected:
  TargetRule target_rule() const override { return {.target = 0, .prediction = 0}; }
};

}  // namespace lamina
