#pragma once
#include "lamina/losses/loss.hpp"
#include "lamina/ops/logits.hpp"

namespace lamina {

struct CrossentropyOptions {
  bool from_logits = false;      ///< predictions are logits, not probabilities
  double label_smoothing = 0.0;  ///< targets are drawn so far towards the even distribution; not for sparse labels
  Reduction reduction = Reduction::sum_over_batch_size;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("from_logits", self.from_logits);
    field("label_smoothing", self.label_smoothing);
    field("reduction", self.reduction);
  }
};

namespace detail {

/// Keras's epsilon: probabilities are kept so far from 0 and 1 where no logits are known.
inline constexpr double crossentropy_epsilon = 1e-7;

/// The logits to compute from: the predictions themselves, or those behind them; undefined where only probabilities are
/// known.
template <class S>
Tensor<S> logits_of(const Tensor<S>& y_pred, bool from_logits, Squashing by) {
  if (from_logits) return y_pred;
  const Tensor<S>* behind = LogitsMemory<S>::find(y_pred, by);
  return behind == nullptr ? Tensor<S>() : *behind;
}

/// Labels as whole numbers, each checked to be a class.
template <class S>
void check_labels(const Tensor<S>& labels, Index classes) {
  for (Index i = 0; i < labels.size(); ++i) {
    const S label = labels[i];
    if (!(label >= 0 && label < static_cast<S>(classes)) || label != std::floor(label)) [[unlikely]]
      raise<ValueError>("SparseCategoricalCrossentropy: label ", static_cast<double>(label), " of sample ", i,
                        " is not a class: expected a whole number from 0 to ", classes - 1,
                        ". Check the labels, or the number of units of the last layer.");
  }
}

template <class S>
Tensor<S> one_hot_of(const Tensor<S>& labels, const Shape& shape) {
  Tensor<S> result = Tensor<S>::zeros(shape);
  S* out = TensorAccess::data(result);
  for (Index i = 0, n = shape[-1]; i < labels.size(); ++i) out[i * n + static_cast<Index>(labels[i])] = S(1);
  return result;
}

/// y = log sum e^x - x[label] for every row;  dx = dy (softmax(x) - one_hot(label))
template <class S>
Tensor<S> sparse_crossentropy(const Tensor<S>& labels, const Tensor<S>& x) {
  const Index rows = x.rows(), n = x.columns();
  Tensor<S> y = Tensor<S>::empty(x.shape().slice(0, x.rank() - 1));
  kernels::log_sum_exp(rows, n, x.data(), TensorAccess::data(y));
  S* out = TensorAccess::data(y);
  for (Index i = 0; i < rows; ++i) out[i] -= x[i * n + static_cast<Index>(labels[i])];
  if (Recording<S> tape{y, x})
    tape.gradient([labels, x](const Tensor<S>& dy, Gradients<S>& g) {
      const Index m = x.rows(), k = x.columns();
      if (Gradients<S>::recorded()) {
        g.add(0, (softmax(x) - one_hot_of(labels, x.shape())) * reshape_to(dy, x.shape().with(-1, 1)));
        return;
      }
      Tensor<S> dx = Tensor<S>::empty(x.shape());
      S* to = TensorAccess::data(dx);
      kernels::softmax(m, k, x.data(), to);
      for (Index i = 0; i < m; ++i) {
        const S scale = dy[i];
        to[i * k + static_cast<Index>(labels[i])] -= S(1);
        for (Index j = 0; j < k; ++j) to[i * k + j] *= scale;
      }
      g.add(0, std::move(dx));
    });
  return y;
}

LAMINA_COMPILED_FUNCTION(sparse_crossentropy);
}  // namespace detail

/// -log p[label]: the cross-entropy of whole-number labels, (batch, ...) or (batch, ..., 1), and predictions (batch,
/// ..., classes). From logits, given or behind a softmax, log sum e^x - x[label]. Keras's
/// SparseCategoricalCrossentropy.
template <class Scalar = float>
class SparseCategoricalCrossentropy : public Loss<Scalar> {
 public:
  using Arguments = CrossentropyOptions;
  explicit SparseCategoricalCrossentropy(CrossentropyOptions options = {})
      : Loss<Scalar>(options.reduction), options_(options) {
    if (options.label_smoothing != 0) raise<ValueError>("SparseCategoricalCrossentropy has no label_smoothing");
  }
  std::string class_name() const override { return "SparseCategoricalCrossentropy"; }
  Config get_config() const override { return config_of(options_); }
  Tensor<Scalar> call(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    const Shape samples = y_pred.shape().slice(0, std::max<Index>(0, y_pred.rank() - 1));
    if (y_pred.rank() < 1 || y_true.size() != samples.size())
      raise<ShapeError>("SparseCategoricalCrossentropy: expected one label for every row of predictions ",
                        y_pred.shape(), ", got labels of shape ", y_true.shape());
    detail::check_labels(y_true, y_pred.columns());
    const Tensor<Scalar> x = detail::logits_of(y_pred, options_.from_logits, detail::Squashing::softmax);
    if (x.defined()) return detail::sparse_crossentropy(y_true.detached(), x);
    const double epsilon = detail::crossentropy_epsilon;
    const Tensor<Scalar> p = clip(y_pred / sum(y_pred, {.axes = {-1}, .keepdims = true}), epsilon, 1 - epsilon);
    return -sum(detail::one_hot_of(y_true, y_pred.shape()) * log(p), {.axes = {-1}});
  }

 private:
  CrossentropyOptions options_;
};

/// -sum y_true log y_pred over the last axis. Keras's CategoricalCrossentropy.
template <class Scalar = float>
class CategoricalCrossentropy : public Loss<Scalar> {
 public:
  using Arguments = CrossentropyOptions;
  explicit CategoricalCrossentropy(CrossentropyOptions options = {})
      : Loss<Scalar>(options.reduction), options_(options) {}
  std::string class_name() const override { return "CategoricalCrossentropy"; }
  Config get_config() const override { return config_of(options_); }
  Tensor<Scalar> call(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    Tensor<Scalar> t = detail::match_target(y_true, y_pred, class_name());
    if (options_.label_smoothing != 0) {
      const auto s = static_cast<Scalar>(options_.label_smoothing);
      t = t * (1 - s) + s / static_cast<Scalar>(t.columns());
    }
    const Tensor<Scalar> x = detail::logits_of(y_pred, options_.from_logits, detail::Squashing::softmax);
    if (x.defined()) return -sum(t * log_softmax(x), {.axes = {-1}});
    const double epsilon = detail::crossentropy_epsilon;
    const Tensor<Scalar> p = clip(y_pred / sum(y_pred, {.axes = {-1}, .keepdims = true}), epsilon, 1 - epsilon);
    return -sum(t * log(p), {.axes = {-1}});
  }

 private:
  CrossentropyOptions options_;
};

/// -(t log p + (1 - t) log(1 - p)), the mean over the last axis. Keras's BinaryCrossentropy.
template <class Scalar = float>
class BinaryCrossentropy : public Loss<Scalar> {
 public:
  using Arguments = CrossentropyOptions;
  explicit BinaryCrossentropy(CrossentropyOptions options = {}) : Loss<Scalar>(options.reduction), options_(options) {}
  std::string class_name() const override { return "BinaryCrossentropy"; }
  Config get_config() const override { return config_of(options_); }
  Tensor<Scalar> call(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    Tensor<Scalar> t = detail::match_target(y_true, y_pred, class_name());
    if (options_.label_smoothing != 0) {
      const auto s = static_cast<Scalar>(options_.label_smoothing);
      t = t * (1 - s) + s / 2;
    }
    const Tensor<Scalar> x = detail::logits_of(y_pred, options_.from_logits, detail::Squashing::sigmoid);
    // log(1 + e^x) - t x, which is the same in terms of logits
    if (x.defined()) return mean(softplus(x) - t * x, {.axes = {-1}});
    const double epsilon = detail::crossentropy_epsilon;
    const Tensor<Scalar> p = clip(y_pred, epsilon, 1 - epsilon);
    return -mean(t * log(p) + (1 - t) * log(1 - p), {.axes = {-1}});
  }

 private:
  CrossentropyOptions options_;
};

LAMINA_COMPILED_CLASS(SparseCategoricalCrossentropy);
LAMINA_COMPILED_CLASS(CategoricalCrossentropy);
LAMINA_COMPILED_CLASS(BinaryCrossentropy);

}  // namespace lamina
