#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/losses/loss.hpp"

namespace lamina {

/// Mean absolute error. Keras: `keras.losses.MeanAbsoluteError`.
///
///     loss = mean(|y_true - y_pred|, axis=-1)
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features); result (batch, ...). Throws ShapeError if the shapes differ.
template <class Scalar = float>
class MeanAbsoluteError : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  /// Constructs the loss from its options.
  explicit MeanAbsoluteError(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  /// Constructs the loss with a reduction.
  explicit MeanAbsoluteError(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "MeanAbsoluteError"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "MeanAbsoluteError");
    return mean(abs(t - p), {.axes = {-1}});
  }
};

/// Mean absolute percentage error. Keras: `keras.losses.MeanAbsolutePercentageError`.
///
///     loss = 100 mean(|y_true - y_pred| / max(|y_true|, 1e-7), axis=-1)
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features); result (batch, ...). Throws ShapeError if the shapes differ.
template <class Scalar = float>
class MeanAbsolutePercentageError : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  /// Constructs the loss from its options.
  explicit MeanAbsolutePercentageError(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  /// Constructs the loss with a reduction.
  explicit MeanAbsolutePercentageError(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "MeanAbsolutePercentageError"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "MeanAbsolutePercentageError");
    const Tensor<Scalar> scale = maximum(abs(t), static_cast<Scalar>(detail::loss_epsilon));
    return Scalar(100) * mean(abs((t - p) / scale), {.axes = {-1}});
  }
};

/// Mean squared logarithmic error. Keras: `keras.losses.MeanSquaredLogarithmicError`.
///
///     loss = mean((log(1 + max(y_true, 1e-7)) - log(1 + max(y_pred, 1e-7)))², axis=-1)
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features); result (batch, ...). Throws ShapeError if the shapes differ.
template <class Scalar = float>
class MeanSquaredLogarithmicError : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  /// Constructs the loss from its options.
  explicit MeanSquaredLogarithmicError(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  /// Constructs the loss with a reduction.
  explicit MeanSquaredLogarithmicError(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "MeanSquaredLogarithmicError"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "MeanSquaredLogarithmicError");
    const auto epsilon = static_cast<Scalar>(detail::loss_epsilon);
    return mean(square(log1p(maximum(p, epsilon)) - log1p(maximum(t, epsilon))), {.axes = {-1}});
  }
};

/// Logarithm of the hyperbolic cosine of the error, without overflow. Keras: `keras.losses.LogCosh`.
///
///     e = y_pred - y_true
///     loss = mean(log(cosh(e)), axis=-1) = mean(e + log(1 + exp(-2 e)) - log(2), axis=-1)
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features); result (batch, ...). Throws ShapeError if the shapes differ.
template <class Scalar = float>
class LogCosh : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  /// Constructs the loss from its options.
  explicit LogCosh(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  /// Constructs the loss with a reduction.
  explicit LogCosh(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "LogCosh"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "LogCosh");
    const Tensor<Scalar> e = p - t;
    return mean(e + softplus(e * Scalar(-2)) - Scalar(0.69314718055994531), {.axes = {-1}});
  }
};

/// Options of Huber.
struct HuberOptions {
  double delta = 1.0;  ///< Absolute error at which the loss changes from quadratic to linear; finite, > 0. Default: 1.
  /// How per-sample losses are combined; see Reduction. Default: sum_over_batch_size.
  Reduction reduction = Reduction::sum_over_batch_size;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("delta", self.delta);
    field("reduction", self.reduction);
  }
};

/// Huber loss: quadratic for small errors, linear for large ones. Keras: `keras.losses.Huber`.
///
///     e = y_pred - y_true
///     loss = mean(e² / 2 if |e| <= delta else delta |e| - delta² / 2, axis=-1)
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features); result (batch, ...). Throws ShapeError if the shapes differ,
/// and ValueError if `delta` is not a finite number > 0.
template <class Scalar = float>
class Huber : public LossWith<Scalar, HuberOptions> {
 public:
  explicit Huber(HuberOptions options = {}) : LossWith<Scalar, HuberOptions>(options) {
    detail::check_positive(options.delta, "delta", "Huber");
  }
  std::string class_name() const override { return "Huber"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "Huber");
    const auto delta = static_cast<Scalar>(this->options_.delta);
    const Tensor<Scalar> e = p - t, size = abs(e);
    return mean(where(size <= delta, Scalar(0.5) * square(e), delta * size - Scalar(0.5) * delta * delta),
                {.axes = {-1}});
  }
};

/// Options of CosineSimilarity.
struct CosineSimilarityOptions {
  Index axis = -1;  ///< Axis of the vectors. Default: -1.
  /// How per-sample losses are combined; see Reduction. Default: sum_over_batch_size.
  Reduction reduction = Reduction::sum_over_batch_size;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("axis", self.axis);
    field("reduction", self.reduction);
  }
};

/// Negative cosine similarity: -1 for vectors of the same direction, 1 for opposite ones. Keras:
/// `keras.losses.CosineSimilarity`.
///
///     loss = -sum(y_true / max(|y_true|, 1e-7) * y_pred / max(|y_pred|, 1e-7), axis), |.| the L2 norm along axis
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features); result: without `axis`. Throws ShapeError if the shapes
/// differ.
template <class Scalar = float>
class CosineSimilarity : public LossWith<Scalar, CosineSimilarityOptions> {
 public:
  explicit CosineSimilarity(CosineSimilarityOptions options = {})
      : LossWith<Scalar, CosineSimilarityOptions>(options) {}
  std::string class_name() const override { return "CosineSimilarity"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "CosineSimilarity");
    const Index axis = this->options_.axis;
    const double least = detail::loss_epsilon * detail::loss_epsilon;
    return -sum(l2_normalize(t, axis, least) * l2_normalize(p, axis, least), {.axes = {axis}});
  }
};

LAMINA_COMPILED_CLASS(MeanAbsoluteError);

}  // namespace lamina
