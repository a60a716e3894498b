#pragma once
#include <optional>

#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/losses/loss.hpp"
#include "lamina/ops/crossentropy.hpp"
#include "lamina/ops/logits.hpp"

namespace lamina {

/// Options of CategoricalCrossentropy and BinaryCrossentropy.
struct CrossentropyOptions {
  bool from_logits = false;  ///< If true, predictions are logits; if false, probabilities. Default: false.
  /// Weight of the uniform distribution that is mixed into the targets; in [0, 1]. Default: 0.
  double label_smoothing = 0.0;
  Index axis = -1;  ///< Class axis; in BinaryCrossentropy, the axis over which the mean is taken. Default: -1.
  /// How per-sample losses are combined; see Reduction. Default: sum_over_batch_size.
  Reduction reduction = Reduction::sum_over_batch_size;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("from_logits", self.from_logits);
    field("label_smoothing", self.label_smoothing);
    field("axis", self.axis);
    field("reduction", self.reduction);
  }
};

/// Options of SparseCategoricalCrossentropy.
struct SparseCategoricalCrossentropyOptions {
  bool from_logits = false;  ///< If true, predictions are logits; if false, probabilities. Default: false.
  std::optional<Index> ignore_class = {};  ///< Label whose samples are ignored, such as -1. Default: none.
  Index axis = -1;                         ///< Class axis of the predictions. Default: -1.
  /// How per-sample losses are combined; see Reduction. Default: sum_over_batch_size.
  Reduction reduction = Reduction::sum_over_batch_size;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("from_logits", self.from_logits);
    field("ignore_class", self.ignore_class);
    field("axis", self.axis);
    field("reduction", self.reduction);
  }
};

/// Options of CategoricalGeneralizedCrossEntropy.
struct CategoricalGeneralizedCrossEntropyOptions {
  /// Interpolates between cross-entropy (q near 0) and mean absolute error (q near 1); in (0, 1). Default: 0.5.
  double q = 0.5;
  /// How per-sample losses are combined; see Reduction. Default: sum_over_batch_size.
  Reduction reduction = Reduction::sum_over_batch_size;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("q", self.q);
    field("reduction", self.reduction);
  }
};

namespace detail {

/// Returns the logits: the predictions if `from_logits`, else the recorded input of the softmax or sigmoid that
/// computed the predictions; undefined if there is none. Softmax records its input only along the last axis.
template <class S>
Tensor<S> logits_of(const Tensor<S>& y_pred, bool from_logits, OutputActivation by, bool last_axis = true) {
  if (from_logits) return y_pred;
  const Tensor<S>* behind = last_axis ? LogitsCache<S>::find(y_pred, by) : nullptr;
  return behind == nullptr ? Tensor<S>() : *behind;
}

/// Label smoothing: t (1 - smoothing) + smoothing / n.
template <class S>
Tensor<S> smoothed(const Tensor<S>& t, double smoothing, Index n) {
  if (smoothing == 0) return t;
  const auto s = static_cast<S>(smoothing);
  return t * (S(1) - s) + s / static_cast<S>(n);
}

/// Probabilities normalized to a sum of 1 along an axis, then clipped to [1e-7, 1 - 1e-7].
template <class S>
Tensor<S> normalized_probabilities(const Tensor<S>& p, Index axis) {
  return clip(p / sum(p, {.axes = {axis}, .keepdims = true}), loss_epsilon, 1 - loss_epsilon);
}

/// Moves an axis to the end and keeps the order of the others, like numpy.moveaxis(x, axis, -1).
template <class S>
Tensor<S> axis_last(const Tensor<S>& x, Index axis) {
  const Index at = x.shape().axis(axis);
  if (at == x.rank() - 1) return x;
  Shape order;
  for (Index i = 0; i < x.rank(); ++i)
    if (i != at) order.push_back(i);
  order.push_back(at);
  return permute(x, order);
}

/// Throws ValueError unless every label is an integer in [0, classes).
template <class S>
void check_labels(const Tensor<S>& labels, Index classes, const char* who) {
  for (Index i = 0; i < labels.size(); ++i) {
    const S label = labels[i];
    if (!is_index(label, classes)) [[unlikely]]
      raise<ValueError>(who, ": label ", static_cast<double>(label), " of sample ", i,
                        " is not a class: expected an integer from 0 to ", classes - 1,
                        ". Check the labels, or the number of units of the last layer.");
  }
}

}  // namespace detail

/// Cross-entropy of integer labels and class predictions. Keras: `keras.losses.SparseCategoricalCrossentropy`.
///
///     loss = -log(p[label])                  from probabilities, normalized and clipped to [1e-7, 1 - 1e-7]
///     loss = log(sum(e^x)) - x[label]        from logits x
///
/// Shapes: `y_true` (batch, ...) or (batch, ..., 1), integers in [0, classes); `y_pred` (batch, ..., classes), or with
/// the class axis at `axis`; result (batch, ...). If the predictions are the output of a softmax over the last axis,
/// the loss is computed from the input of the softmax. Samples with the label `ignore_class` have a loss of 0, and a
/// mean is over the other samples. Throws ShapeError for other shapes, and ValueError for a label that is not a class.
template <class Scalar = float>
class SparseCategoricalCrossentropy : public LossWith<Scalar, SparseCategoricalCrossentropyOptions> {
 public:
  explicit SparseCategoricalCrossentropy(SparseCategoricalCrossentropyOptions options = {})
      : LossWith<Scalar, SparseCategoricalCrossentropyOptions>(options) {}
  std::string class_name() const override { return "SparseCategoricalCrossentropy"; }
  Tensor<Scalar> call(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    const SparseCategoricalCrossentropyOptions& o = this->options_;
    if (y_pred.rank() < 1) raise_labels(y_true, y_pred);
    const Index axis = y_pred.shape().axis(o.axis);
    const bool last = axis == y_pred.rank() - 1;
    Shape samples = y_pred.shape().slice(0, axis);
    for (Index i = axis + 1; i < y_pred.rank(); ++i) samples.push_back(y_pred.shape()[i]);
    if (y_true.shape() != samples && y_true.shape() != y_pred.shape().with(axis, 1)) raise_labels(y_true, y_pred);
    Tensor<Scalar> labels = detail::TensorAccess::with_shape(y_true, samples), kept;
    if (o.ignore_class) {
      kept = not_ignored(labels);
      labels = where(kept, labels, Scalar(0));
    }
    detail::check_labels(labels, y_pred.shape()[axis], "SparseCategoricalCrossentropy");
    Tensor<Scalar> x = detail::logits_of(y_pred, o.from_logits, detail::OutputActivation::softmax, last), values;
    const bool logits = x.defined();
    if (!logits) x = y_pred;
    if (!last) x = detail::axis_last(x, axis);
    if (kept.defined()) x = where(detail::TensorAccess::with_shape(kept, x.shape().with(-1, 1)), x, Scalar(0));
    if (logits) {
      values = detail::sparse_crossentropy(labels, x);
    } else {
      if (kept.defined())  // rows of zeros cannot be normalized: ignored rows become ones
        x = x + detail::TensorAccess::with_shape(Scalar(1) - kept, x.shape().with(-1, 1));
      values =
          -sum(detail::one_hot_of(labels, x.shape()) * log(detail::normalized_probabilities(x, -1)), {.axes = {-1}});
    }
    return kept.defined() ? where(kept, values, Scalar(0)) : values;
  }

 protected:
  TargetRule target_rule() const override { return {.matched = false, .classes = true, .target = 0}; }
  Tensor<Scalar> own_mask(const Tensor<Scalar>& y_true, const Tensor<Scalar>& values) const override {
    if (!this->options_.ignore_class) return {};
    return not_ignored(detail::TensorAccess::with_shape(y_true, values.shape()));
  }

 private:
  Tensor<Scalar> not_ignored(const Tensor<Scalar>& labels) const {
    const auto ignored = static_cast<Scalar>(*this->options_.ignore_class);
    return Scalar(1) - equal(labels.detached(), ignored);
  }
  [[noreturn]] LAMINA_COLD static void raise_labels(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) {
    raise<ShapeError>("SparseCategoricalCrossentropy: expected one label per row of predictions ", y_pred.shape(),
                      ", got labels of shape ", y_true.shape(), ". Pass integer labels without the class axis.");
  }
};

/// Cross-entropy of class distributions, such as one-hot targets. Keras: `keras.losses.CategoricalCrossentropy`.
///
///     loss = -sum(y_true log(p), axis)             from probabilities, normalized and clipped to [1e-7, 1 - 1e-7]
///     loss = -sum(y_true log_softmax(x), axis)     from logits x
///
/// Shapes: `y_true` and `y_pred` (batch, ..., classes), or with the class axis at `axis`; result: without that axis. If
/// the predictions are the output of a softmax over the last axis, the loss is computed from the input of the softmax.
/// Label smoothing divides by the number of classes, the size of `axis`; Keras divides by the size of the last axis.
/// Throws ShapeError if the shapes differ, and ValueError if `label_smoothing` is outside [0, 1].
template <class Scalar = float>
class CategoricalCrossentropy : public LossWith<Scalar, CrossentropyOptions> {
 public:
  /// Constructs the loss from its options.
  explicit CategoricalCrossentropy(CrossentropyOptions options = {}) : LossWith<Scalar, CrossentropyOptions>(options) {
    detail::check_fraction(options.label_smoothing, "label_smoothing", "CategoricalCrossentropy");
  }
  std::string class_name() const override { return "CategoricalCrossentropy"; }
  Tensor<Scalar> call(const Tensor<Scalar>& y_true, const Tensor<Scalar>& p) const override {
    const CrossentropyOptions& o = this->options_;
    detail::check_same_shape(y_true, p, "CategoricalCrossentropy");
    const Tensor<Scalar> t = detail::smoothed(y_true, o.label_smoothing, p.shape()[o.axis]);
    const bool last = p.shape().axis(o.axis) == p.rank() - 1;
    const Tensor<Scalar> x = detail::logits_of(p, o.from_logits, detail::OutputActivation::softmax, last);
    if (x.defined()) return -sum(t * log_softmax(x, o.axis), {.axes = {o.axis}});
    return -sum(t * log(detail::normalized_probabilities(p, o.axis)), {.axes = {o.axis}});
  }
};

/// Cross-entropy of independent binary labels. Keras: `keras.losses.BinaryCrossentropy`.
///
///     loss = mean(-(t log(p) + (1 - t) log(1 - p)), axis)     from probabilities, clipped to [1e-7, 1 - 1e-7]
///     loss = mean(log(1 + e^x) - t x, axis)                   from logits x
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features), targets in [0, 1]; result: without `axis`. If the predictions
/// are the output of a sigmoid, the loss is computed from the input of the sigmoid. Throws ShapeError if the shapes
/// differ, and ValueError if `label_smoothing` is outside [0, 1].
template <class Scalar = float>
class BinaryCrossentropy : public LossWith<Scalar, CrossentropyOptions> {
 public:
  /// Constructs the loss from its options.
  explicit BinaryCrossentropy(CrossentropyOptions options = {}) : LossWith<Scalar, CrossentropyOptions>(options) {
    detail::check_fraction(options.label_smoothing, "label_smoothing", "BinaryCrossentropy");
  }
  std::string class_name() const override { return "BinaryCrossentropy"; }
  Tensor<Scalar> call(const Tensor<Scalar>& y_true, const Tensor<Scalar>& p) const override {
    const CrossentropyOptions& o = this->options_;
    detail::check_same_shape(y_true, p, "BinaryCrossentropy");
    const Tensor<Scalar> t = detail::smoothed(y_true, o.label_smoothing, 2);
    const Tensor<Scalar> x = detail::logits_of(p, o.from_logits, detail::OutputActivation::sigmoid);
    if (x.defined()) return mean(softplus(x) - t * x, {.axes = {o.axis}});
    const Tensor<Scalar> clipped = clip(p, detail::loss_epsilon, 1 - detail::loss_epsilon);
    return -mean(t * log(clipped) + (1 - t) * log(1 - clipped), {.axes = {o.axis}});
  }
};

/// Generalized cross-entropy of integer labels, which is robust to noisy labels (Zhang and Sabuncu, 2018). Keras:
/// `keras.losses.CategoricalGeneralizedCrossEntropy`.
///
///     loss = (1 - p[label]^q) / q
///
/// Shapes: `y_true` (batch, ...) or (batch, ..., 1), integers in [0, classes); `y_pred` (batch, ..., classes),
/// probabilities; result (batch, ...). Throws ShapeError for other shapes, and ValueError for a label that is not a
/// class or a `q` outside (0, 1).
template <class Scalar = float>
class CategoricalGeneralizedCrossEntropy : public LossWith<Scalar, CategoricalGeneralizedCrossEntropyOptions> {
 public:
  LAMINA_COLD explicit CategoricalGeneralizedCrossEntropy(CategoricalGeneralizedCrossEntropyOptions options = {})
      : LossWith<Scalar, CategoricalGeneralizedCrossEntropyOptions>(options) {
    if (!(detail::above(options.q, 0) && detail::below(options.q, 1)))
      raise<ValueError>("CategoricalGeneralizedCrossEntropy: expected 0 < q < 1, got ", options.q);
  }
  std::string class_name() const override { return "CategoricalGeneralizedCrossEntropy"; }
  Tensor<Scalar> call(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    const Shape& shape = y_pred.shape();
    if (shape.rank() < 1 || (y_true.shape() != shape.slice(0, shape.rank() - 1) && y_true.shape() != shape.with(-1, 1)))
      raise<ShapeError>("CategoricalGeneralizedCrossEntropy: expected one label per row of predictions ", shape,
                        ", got labels of shape ", y_true.shape(), ". Pass integer labels without the class axis.");
    detail::check_labels(y_true, y_pred.columns(), "CategoricalGeneralizedCrossEntropy");
    const auto q = static_cast<Scalar>(this->options_.q);
    const Tensor<Scalar> p = sum(y_pred * detail::one_hot_of(y_true, shape), {.axes = {-1}});
    return (Scalar(1) - pow(p, q)) * (Scalar(1) / q);
  }

 protected:
  TargetRule target_rule() const override { return {.matched = false, .classes = true, .target = 0}; }
};

LAMINA_COMPILED_CLASS(SparseCategoricalCrossentropy);
LAMINA_COMPILED_CLASS(CategoricalCrossentropy);
LAMINA_COMPILED_CLASS(BinaryCrossentropy);

}  // namespace lamina
