#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/core/one_or_more.hpp"
#include "lamina/losses/crossentropy.hpp"

// Focal cross-entropies: cross-entropies with a factor (1 - p_t)^gamma that reduces the loss of well-classified
// samples, where p_t is the predicted probability of the target (Lin et al., 2017).

namespace lamina {

/// Options of BinaryFocalCrossentropy.
struct BinaryFocalCrossentropyOptions {
  /// If true, class 1 has weight `alpha` and class 0 weight 1 - `alpha`. Default: false.
  bool apply_class_balancing = false;
  double alpha = 0.25;       ///< Weight of class 1; finite. Used if `apply_class_balancing`. Default: 0.25.
  double gamma = 2.0;        ///< Focusing exponent; finite, >= 0. 0: plain cross-entropy. Default: 2.
  bool from_logits = false;  ///< If true, predictions are logits; if false, probabilities. Default: false.
  /// Weight of the uniform distribution that is mixed into the targets; in [0, 1]. Default: 0.
  double label_smoothing = 0.0;
  Index axis = -1;  ///< Axis over which the mean is taken. Default: -1.
  /// How per-sample losses are combined; see Reduction. Default: sum_over_batch_size.
  Reduction reduction = Reduction::sum_over_batch_size;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("apply_class_balancing", self.apply_class_balancing);
    field("alpha", self.alpha);
    field("gamma", self.gamma);
    field("from_logits", self.from_logits);
    field("label_smoothing", self.label_smoothing);
    field("axis", self.axis);
    field("reduction", self.reduction);
  }
};

/// Options of CategoricalFocalCrossentropy.
struct CategoricalFocalCrossentropyOptions {
  OneOrMore<double> alpha = 0.25;  ///< Weight of every class, or a list of one weight per class; finite. Default: 0.25.
  double gamma = 2.0;              ///< Focusing exponent; finite, >= 0. 0: plain cross-entropy. Default: 2.
  bool from_logits = false;        ///< If true, predictions are logits; if false, probabilities. Default: false.
  /// Weight of the uniform distribution that is mixed into the targets; in [0, 1]. Default: 0.
  double label_smoothing = 0.0;
  Index axis = -1;  ///< Class axis. Default: -1.
  /// How per-sample losses are combined; see Reduction. Default: sum_over_batch_size.
  Reduction reduction = Reduction::sum_over_batch_size;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("alpha", self.alpha);
    field("gamma", self.gamma);
    field("from_logits", self.from_logits);
    field("label_smoothing", self.label_smoothing);
    field("axis", self.axis);
    field("reduction", self.reduction);
  }
};

/// Focal cross-entropy of independent binary labels. Keras: `keras.losses.BinaryFocalCrossentropy`.
///
///     p_t = t p + (1 - t)(1 - p)
///     loss = mean(-w (1 - p_t)^gamma (t log(p) + (1 - t) log(1 - p)), axis)
///     w = t alpha + (1 - t)(1 - alpha) with class balancing, else 1
///
/// Shapes, logits and errors are those of BinaryCrossentropy. Throws ValueError also if `alpha` is not finite or
/// `gamma` is not a finite number >= 0.
template <class Scalar = float>
class BinaryFocalCrossentropy : public LossWith<Scalar, BinaryFocalCrossentropyOptions> {
 public:
  LAMINA_COLD explicit BinaryFocalCrossentropy(BinaryFocalCrossentropyOptions options = {})
      : LossWith<Scalar, BinaryFocalCrossentropyOptions>(options) {
    detail::check_finite(options.alpha, "alpha", "BinaryFocalCrossentropy");
    detail::check_not_negative(options.gamma, "gamma", "BinaryFocalCrossentropy");
    detail::check_fraction(options.label_smoothing, "label_smoothing", "BinaryFocalCrossentropy");
  }
  std::string class_name() const override { return "BinaryFocalCrossentropy"; }
  Tensor<Scalar> call(const Tensor<Scalar>& y_true, const Tensor<Scalar>& p) const override {
    const BinaryFocalCrossentropyOptions& o = this->options_;
    detail::check_same_shape(y_true, p, "BinaryFocalCrossentropy");
    const Tensor<Scalar> t = detail::smoothed(y_true, o.label_smoothing, 2);
    const Tensor<Scalar> x = detail::logits_of(p, o.from_logits, detail::OutputActivation::sigmoid);
    Tensor<Scalar> crossentropy, one_minus_pt;
    if (x.defined()) {
      crossentropy = softplus(x) - t * x;
      one_minus_pt = t * sigmoid(-x) + (1 - t) * sigmoid(x);
    } else {
      const Tensor<Scalar> clipped = clip(p, detail::loss_epsilon, 1 - detail::loss_epsilon);
      crossentropy = -(t * log(clipped) + (1 - t) * log(1 - clipped));
      one_minus_pt = t * (1 - p) + (1 - t) * p;
    }
    Tensor<Scalar> focal = pow(one_minus_pt, static_cast<Scalar>(o.gamma)) * crossentropy;
    if (o.apply_class_balancing) {
      const auto alpha = static_cast<Scalar>(o.alpha);
      focal = (t * alpha + (1 - t) * (1 - alpha)) * focal;
    }
    return mean(focal, {.axes = {o.axis}});
  }
};

/// Focal cross-entropy of class distributions, such as one-hot targets. Keras:
/// `keras.losses.CategoricalFocalCrossentropy`.
///
///     loss = -sum(alpha (1 - p)^gamma y_true log(p), axis)
///
/// Shapes, logits and errors are those of CategoricalCrossentropy. A list of `alpha` has the size of `axis`; in Keras,
/// that of the last axis. Throws ShapeError if it has another size, and ValueError if an alpha is not finite, if there
/// is none, or if `gamma` is not a finite number >= 0.
template <class Scalar = float>
class CategoricalFocalCrossentropy : public LossWith<Scalar, CategoricalFocalCrossentropyOptions> {
 public:
  LAMINA_COLD explicit CategoricalFocalCrossentropy(CategoricalFocalCrossentropyOptions options = {})
      : LossWith<Scalar, CategoricalFocalCrossentropyOptions>(std::move(options)) {
    for (const double& alpha : this->options_.alpha.values())
      detail::check_finite(alpha, "alpha", "CategoricalFocalCrossentropy");
    detail::check_not_negative(this->options_.gamma, "gamma", "CategoricalFocalCrossentropy");
    detail::check_fraction(this->options_.label_smoothing, "label_smoothing", "CategoricalFocalCrossentropy");
    if (!this->options_.alpha.given())
      raise<ValueError>("CategoricalFocalCrossentropy: expected alpha, one number or one per class, got none");
  }
  std::string class_name() const override { return "CategoricalFocalCrossentropy"; }
  Tensor<Scalar> call(const Tensor<Scalar>& y_true, const Tensor<Scalar>& p) const override {
    const CategoricalFocalCrossentropyOptions& o = this->options_;
    detail::check_same_shape(y_true, p, "CategoricalFocalCrossentropy");
    const Tensor<Scalar> t = detail::smoothed(y_true, o.label_smoothing, p.shape()[o.axis]);
    const bool last = p.shape().axis(o.axis) == p.rank() - 1;
    const Tensor<Scalar> x = detail::logits_of(p, o.from_logits, detail::OutputActivation::softmax, last);
    Tensor<Scalar> logarithm, one_minus_pt;
    if (x.defined()) {
      logarithm = log_softmax(x, o.axis);
      one_minus_pt = clip(1 - exp(logarithm), 0, 1);
    } else {
      const Tensor<Scalar> clipped = detail::normalized_probabilities(p, o.axis);
      logarithm = log(clipped);
      one_minus_pt = 1 - clipped;
    }
    return -sum(alphas(p) * pow(one_minus_pt, static_cast<Scalar>(o.gamma)) * (t * logarithm), {.axes = {o.axis}});
  }

 private:
  Tensor<Scalar> alphas(const Tensor<Scalar>& p) const {
    const std::vector<double>& alpha = this->options_.alpha.values();
    const auto count = static_cast<Index>(alpha.size());
    if (count == 1) return Tensor<Scalar>(alpha[0]);
    const Index axis = p.shape().axis(this->options_.axis), classes = p.shape()[axis];
    if (count != classes)
      raise<ShapeError>("CategoricalFocalCrossentropy: expected one alpha, or one per class for ", classes,
                        " classes, got ", count);
    Shape shape{count};
    while (shape.rank() < p.rank() - axis) shape.push_back(1);  // broadcasts along the class axis
    return Tensor<Scalar>::from(alpha.data(), shape);
  }
};

}  // namespace lamina
