#pragma once
#include <utility>

#include "lamina/kernels/softmax.hpp"
#include "lamina/ops/arithmetic.hpp"
#include "lamina/ops/shaping.hpp"
#include "lamina/ops/softmax.hpp"

namespace lamina::detail {

/// One-hot encodes labels into a tensor of the given shape (..., classes): 1 at the label, 0 elsewhere. Precondition:
/// each label is an integer in [0, classes).
template <class S>
Tensor<S> one_hot_of(const Tensor<S>& labels, const Shape& shape) {
  Tensor<S> result = Tensor<S>::zeros(shape);
  S* out = TensorAccess::data(result);
  for (Index i = 0, n = shape[-1]; i < labels.size(); ++i) out[i * n + static_cast<Index>(labels[i])] = S(1);
  return result;
}

/// y = log(sum e^x) - x[label] for each row of x (..., classes). Precondition: each label is an integer in [0,
/// classes). Gradient: dx = dy (softmax(x) - one_hot(label)).
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

}  // namespace lamina::detail
