#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/core/one_or_more.hpp"
#include "lamina/losses/crossentropy.hpp"

// Cross-entropies in which what is predicted well already counts little.

namespace lamina {

struct BinaryFocalCrossentropyOptions {
  bool apply_class_balancing = false;  ///< weigh class 1 by alpha and class 0 by 1 - alpha
  double alpha = 0.25;
  double gamma = 2.0;  ///< how much less a good prediction counts
  bool from_logits = false;
  double label_smoothing = 0.0;
  Index axis = -1;  ///< over which the mean is taken
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

struct CategoricalFocalCrossentropyOptions {
  OneOrMore<double> alpha = 0.25;  ///< the weight of all classes, or of each: as many as `axis` has
  double gamma = 2.0;              ///< how much less a good prediction counts
  bool from_logits = false;
  double label_smoothing = 0.0;
  Index axis = -1;  ///< of the classes
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

/// -(1 - q)^gamma (t log p + (1 - t) log(1 - p)) with q = t p + (1 - t)(1 - p), the mean over an axis; with class
/// balancing times t alpha + (1 - t)(1 - alpha). Keras's BinaryFocalCrossentropy.
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
    Tensor<Scalar> crossentropy, missed;
    if (x.defined()) {
      crossentropy = softplus(x) - t * x;
      missed = t * sigmoid(-x) + (1 - t) * sigmoid(x);
    } else {
      const Tensor<Scalar> held = clip(p, detail::loss_epsilon, 1 - detail::loss_epsilon);
      crossentropy = -(t * log(held) + (1 - t) * log(1 - held));
      missed = t * (1 - p) + (1 - t) * p;
    }
    Tensor<Scalar> focal = pow(missed, static_cast<Scalar>(o.gamma)) * crossentropy;
    if (o.apply_class_balancing) {
      const auto alpha = static_cast<Scalar>(o.alpha);
      focal = (t * alpha + (1 - t) * (1 - alpha)) * focal;
    }
    return mean(focal, {.axes = {o.axis}});
  }
};

/// -sum alpha (1 - p)^gamma t log p along the axis of the classes, with predictions as for CategoricalCrossentropy.
/// Keras's CategoricalFocalCrossentropy. Label smoothing and a list of alphas go by the number of classes, the size of
/// `axis`. (In Keras they go by the size of the last axis.)
template <class Scalar = float>
class CategoricalFocalCrossentropy : public LossWith<Scalar, CategoricalFocalCrossentropyOptions> {
 public:
  LAMINA_COLD explicit CategoricalFocalCrossentropy(CategoricalFocalCrossentropyOptions options = {})
      : LossWith<Scalar, CategoricalFocalCrossentropyOptions>(std::move(options)) {
    for (const double& alpha : this->options_.alpha.values())
      detail::check_finite(alpha, "alpha", "CategoricalFocalCrossentropy");
    detail::check_not_negative(this->options_.gamma, "gamma", "CategoricalFocalCrossentropy");
    detail::check_fraction(this->options_.label_smoothing, "label_smoothing", "CategoricalFocalCrossentropy");
    if (!this->options_.alpha.given()) raise<ValueError>("CategoricalFocalCrossentropy: alpha is missing");
  }
  std::string class_name() const override { return "CategoricalFocalCrossentropy"; }
  Tensor<Scalar> call(const Tensor<Scalar>& y_true, const Tensor<Scalar>& p) const override {
    const CategoricalFocalCrossentropyOptions& o = this->options_;
    detail::check_same_shape(y_true, p, "CategoricalFocalCrossentropy");
    const Tensor<Scalar> t = detail::smoothed(y_true, o.label_smoothing, p.shape()[o.axis]);
    const bool last = p.shape().axis(o.axis) == p.rank() - 1;
    const Tensor<Scalar> x = detail::logits_of(p, o.from_logits, detail::OutputActivation::softmax, last);
    Tensor<Scalar> logarithm, missed;
    if (x.defined()) {
      logarithm = log_softmax(x, o.axis);
      missed = clip(1 - exp(logarithm), 0, 1);
    } else {
      const Tensor<Scalar> held = detail::normalized_probabilities(p, o.axis);
      logarithm = log(held);
      missed = 1 - held;
    }
    return -sum(alphas(p) * pow(missed, static_cast<Scalar>(o.gamma)) * (t * logarithm), {.axes = {o.axis}});
  }

 private:
  Tensor<Scalar> alphas(const Tensor<Scalar>& p) const {
    const std::vector<double>& alpha = this->options_.alpha.values();
    const auto count = static_cast<Index>(alpha.size());
    if (count == 1) return Tensor<Scalar>(alpha[0]);
    const Index axis = p.shape().axis(this->options_.axis), classes = p.shape()[axis];
    if (count != classes)
      raise<ShapeError>("CategoricalFocalCrossentropy: expected one alpha, or one for each of ", classes,
                        " classes, got ", count);
    Shape shape{count};
    while (shape.rank() < p.rank() - axis) shape.push_back(1);  // broadcasts along the axis of the classes
    return Tensor<Scalar>::from(alpha.data(), shape);
  }
};

}  // namespace lamina
