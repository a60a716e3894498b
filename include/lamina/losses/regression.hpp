#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/losses/loss.hpp"

namespace lamina {

/// mean |y_true - y_pred| over the last axis. Keras's MeanAbsoluteError.
template <class Scalar = float>
class MeanAbsoluteError : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  explicit MeanAbsoluteError(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  explicit MeanAbsoluteError(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "MeanAbsoluteError"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "MeanAbsoluteError");
    return mean(abs(t - p), {.axes = {-1}});
  }
};

/// 100 mean |y_true - y_pred| / max(|y_true|, 1e-7) over the last axis. Keras's MeanAbsolutePercentageError.
template <class Scalar = float>
class MeanAbsolutePercentageError : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  explicit MeanAbsolutePercentageError(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  explicit MeanAbsolutePercentageError(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "MeanAbsolutePercentageError"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "MeanAbsolutePercentageError");
    const Tensor<Scalar> scale = maximum(abs(t), static_cast<Scalar>(detail::loss_epsilon));
    return Scalar(100) * mean(abs((t - p) / scale), {.axes = {-1}});
  }
};

/// mean (log(1 + y_true) - log(1 + y_pred))² over the last axis, both held above 1e-7. Keras's
/// MeanSquaredLogarithmicError.
template <class Scalar = float>
class MeanSquaredLogarithmicError : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  explicit MeanSquaredLogarithmicError(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  explicit MeanSquaredLogarithmicError(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "MeanSquaredLogarithmicError"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "MeanSquaredLogarithmicError");
    const auto epsilon = static_cast<Scalar>(detail::loss_epsilon);
    return mean(square(log1p(maximum(p, epsilon)) - log1p(maximum(t, epsilon))), {.axes = {-1}});
  }
};

/// mean log cosh(y_pred - y_true) over the last axis, without overflow: e + log(1 + e^(-2e)) - log 2. Keras's LogCosh.
template <class Scalar = float>
class LogCosh : public Loss<Scalar> {
 public:
  using Arguments = LossOptions;
  explicit LogCosh(LossOptions options = {}) : Loss<Scalar>(options.reduction) {}
  explicit LogCosh(Reduction reduction) : Loss<Scalar>(reduction) {}
  std::string class_name() const override { return "LogCosh"; }
  Tensor<Scalar> call(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "LogCosh");
    const Tensor<Scalar> e = p - t;
    return mean(e + softplus(e * Scalar(-2)) - Scalar(0.69314718055994531), {.axes = {-1}});
  }
};

struct HuberOptions {
  double delta = 1.0;  ///< errors up to it count as squares, larger ones in proportion
  Reduction reduction = Reduction::sum_over_batch_size;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("delta", self.delta);
    field("reduction", self.reduction);
  }
};

/// The mean over the last axis of e² / 2 where |e| <= delta, else delta |e| - delta² / 2; e = y_pred - y_true. Keras's
/// Huber.
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

struct CosineSimilarityOptions {
  Index axis = -1;
  Reduction reduction = Reduction::sum_over_batch_size;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("axis", self.axis);
    field("reduction", self.reduction);
  }
};

/// -sum of y_true y_pred along an axis, both scaled to length 1: -1 for the same direction, 1 for the opposite. Vectors
/// shorter than 1e-7 are divided by that. Keras's CosineSimilarity.
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
