#pragma once
#include <algorithm>
#include <vector>

#include "lamina/ops/arithmetic.hpp"
#include "lamina/ops/logic.hpp"
#include "lamina/ops/reductions.hpp"

namespace lamina::detail {

/// Sparsemax of one row (Martins and Astudillo, 2016), as Keras computes it: y = max(x - τ, 0). With the sorted row x₁
/// >= x₂ >= ... and cⱼ = x₁ + ... + xⱼ, k is the number of j with xⱼ > (cⱼ - 1) / j, and τ = (c₁ + ... + c_k - 1) / k.
/// `slope` receives ∂τ/∂x, which is (k - i + 1) / k for the i-th largest element if i <= k, else 0.
template <class S>
void sparsemax_row(Index n, const S* x, S* y, S* slope, std::vector<Index>& order) {
  for (Index i = 0; i < n; ++i)
    if (x[i] != x[i]) {  // a NaN makes the whole row NaN
      for (Index j = 0; j < n; ++j) y[j] = slope[j] = x[i];
      return;
    }
  order.resize(static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i) order[static_cast<std::size_t>(i)] = i;
  std::sort(order.begin(), order.end(), [x](Index a, Index b) { return x[a] > x[b] || (x[a] == x[b] && a < b); });
  S sum = S(0), total = S(0);
  Index k = 0;
  for (Index j = 0; j < n; ++j) {
    const S value = x[order[static_cast<std::size_t>(j)]];
    sum += value;
    if (j == 0 || value - (sum - S(1)) / static_cast<S>(j + 1) > S(0)) {
      total += sum;
      ++k;
    }
  }
  const S largest = x[order[0]], tau = (total - S(1)) / static_cast<S>(k);
  for (Index i = 0; i < n; ++i) {
    const Index at = order[static_cast<std::size_t>(i)];
    const S left = k == 1 ? (x[at] - largest) + S(1) : x[at] - tau;  // computing τ would round away the 1 if x is large
    y[at] = left < S(0) ? S(0) : left;
    slope[at] = i < k ? static_cast<S>(k - i) / static_cast<S>(k) : S(0);
  }
}

/// y = sparsemax of each row of x (..., n). Gradient: dx = m dy - ∂τ/∂x sum(m dy), where m is 1 if y > 0, else 0.
template <class S>
Tensor<S> sparsemax(const Tensor<S>& x) {
  Tensor<S> y = Tensor<S>::empty(x.shape()), slope = Tensor<S>::empty(x.shape());
  const Index n = x.columns();
  std::vector<Index> order;
  for (Index row = 0; row < x.rows(); ++row)
    sparsemax_row(n, x.data() + row * n, TensorAccess::data(y) + row * n, TensorAccess::data(slope) + row * n, order);
  if (Recording<S> tape{y, x})
    tape.gradient([y, slope](const Tensor<S>& dy, Gradients<S>& g) {
      const Tensor<S> masked = dy * (y.detached() > 0);
      g.add(0, masked - slope * lamina::sum(masked, {.axes = {-1}, .keepdims = true}));
    });
  return y;
}

LAMINA_COMPILED_FUNCTION(sparsemax);

}  // namespace lamina::detail
