#pragma once
#include <limits>

#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/losses/loss.hpp"
#include "lamina/ops/matmul.hpp"

namespace lamina {

/// Options of Circle.
struct CircleOptions {
  double gamma = 80.0;          ///< Scale factor of the weighted similarities; finite. Default: 80.
  double margin = 0.4;          ///< Relaxation margin of the similarities; finite. Default: 0.4.
  bool remove_diagonal = true;  ///< If true, a sample is not paired with itself. Default: true.
  /// How per-sample losses are combined; see Reduction. Default: sum_over_batch_size.
  Reduction reduction = Reduction::sum_over_batch_size;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("gamma", self.gamma);
    field("margin", self.margin);
    field("remove_diagonal", self.remove_diagonal);
    field("reduction", self.reduction);
  }
};

/// Circle loss of L2-normalized embeddings (Sun et al., 2020). Keras: `keras.losses.Circle`.
///
///     d = max(1 - y_pred y_predᵀ, 0)            pairwise cosine distances, (batch, batch)
///     a = max(margin + d, 0)
///     b = max(1 + margin - d, 0)
///     positive = sum over samples of the same class of e^(-gamma a (margin - d))
///     negative = sum over samples of other classes of e^(gamma b (1 - margin - d))
///     loss = log(1 + positive negative)
///
/// Shapes: `y_true` (batch,) or (batch, 1), class labels; `y_pred` (batch, features), rows of L2 norm 1; result
/// (batch,). A mean is over the samples with a nonzero loss. A sample whose label is NaN or infinite forms no pairs.
/// Throws ShapeError for other shapes, and ValueError if `gamma` or `margin` is not finite.
template <class Scalar = float>
class Circle : public LossWith<Scalar, CircleOptions> {
 public:
  LAMINA_COLD explicit Circle(CircleOptions options = {}) : LossWith<Scalar, CircleOptions>(options) {
    detail::check_finite(options.gamma, "gamma", "Circle");
    detail::check_finite(options.margin, "margin", "Circle");
  }
  std::string class_name() const override { return "Circle"; }
  Tensor<Scalar> call(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    const Index n = y_pred.rank() == 2 ? y_pred.shape()[0] : -1;
    if (n < 0 || y_true.size() != n || y_true.rank() < 1 || y_true.rank() > 2 || y_true.shape()[0] != n)
      raise<ShapeError>("Circle: expected predictions (batch, features) and one label per sample, got shapes ",
                        y_pred.shape(), " and ", y_true.shape());
    if (n == 0) return Tensor<Scalar>::zeros({0});
    Tensor<Scalar> same = Tensor<Scalar>::empty({n, n}), other = Tensor<Scalar>::empty({n, n});
    Scalar *in = detail::TensorAccess::data(same), *out = detail::TensorAccess::data(other);
    for (Index i = 0; i < n; ++i)
      for (Index j = 0; j < n; ++j) {
        const bool equal = y_true[i] == y_true[j], pair = is_finite(y_true[i]) && is_finite(y_true[j]);
        in[i * n + j] = pair && equal && !(this->options_.remove_diagonal && i == j) ? Scalar(1) : Scalar(0);
        out[i * n + j] = pair && !equal ? Scalar(1) : Scalar(0);
      }
    const auto gamma = static_cast<Scalar>(this->options_.gamma), margin = static_cast<Scalar>(this->options_.margin);
    const Tensor<Scalar> d = relu(Scalar(1) - matmul(y_pred, y_pred, {false, true}));
    const Tensor<Scalar> positive = -gamma * (relu(margin + d) * (margin - d));
    const Tensor<Scalar> negative = gamma * (relu(Scalar(1) + margin - d) * (Scalar(1) - margin - d));
    // Excluded pairs get a finite number far below every similarity: its exponential is 0 in logsumexp.
    const Scalar excluded = Scalar(-1e30);
    const Tensor<Scalar> sums =
        logsumexp(where(same, positive, excluded)) + logsumexp(where(other, negative, excluded));
    return reshape(softplus(sums), {n});
  }

 protected:
  TargetRule target_rule() const override {
    return {.matched = false, .target = std::numeric_limits<double>::quiet_NaN(), .prediction = 0};
  }
  Tensor<Scalar> own_mask(const Tensor<Scalar>&, const Tensor<Scalar>& values) const override {
    return values.detached() > Scalar(0);
  }
};

}  // namespace lamina
