#pragma once
#include <algorithm>
#include <vector>

#include "lamina/ops/softmax.hpp"

// Activations that share among the elements along an axis.

namespace lamina {
namespace detail {

/// One row: y = max(x - τ, 0), with x₁ >= x₂ >= ... the sorted row, cⱼ = x₁ + ... + xⱼ, k the number of j with
/// xⱼ > (cⱼ - 1) / j, and τ = (c₁ + ... + c_k - 1) / k. `slope` gets ∂τ/∂x: (k - i + 1) / k for the i-th largest.
template <class S>
void sparsemax_row(Index n, const S* x, S* y, S* slope, std::vector<Index>& order) {
  for (Index i = 0; i < n; ++i)
    if (x[i] != x[i]) {  // one that is not a number makes none of the row one
      for (Index j = 0; j < n; ++j) y[j] = slope[j] = x[i];
      return;
    }
  order.resize(static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i) order[static_cast<std::size_t>(i)] = i;
  std::stable_sort(order.begin(), order.end(), [x](Index a, Index b) { return x[a] > x[b]; });
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
    const S left = k == 1 ? (x[at] - largest) + S(1) : x[at] - tau;  // of large numbers the 1 would be lost in τ
    y[at] = left < S(0) ? S(0) : left;
    slope[at] = i < k ? static_cast<S>(k - i) / static_cast<S>(k) : S(0);
  }
}

/// y as above for every row;  dx = m dy - ∂τ/∂x sum m dy, m being 1 where y > 0 and 0 elsewhere
template <class S>
Tensor<S> sparsemax(const Tensor<S>& x) {
  Tensor<S> y = Tensor<S>::empty(x.shape()), slope = Tensor<S>::empty(x.shape());
  const Index n = x.columns();
  std::vector<Index> order;
  for (Index row = 0; row < x.rows(); ++row)
    sparsemax_row(n, x.data() + row * n, TensorAccess::data(y) + row * n, TensorAccess::data(slope) + row * n, order);
  if (Recording<S> tape{y, x})
    tape.gradient([y, slope](const Tensor<S>& dy, Gradients<S>& g) {
      const Tensor<S> passed = dy * (y.detached() > 0);
      g.add(0, passed - slope * lamina::sum(passed, {.axes = {-1}, .keepdims = true}));
    });
  return y;
}

LAMINA_COMPILED_FUNCTION(sparsemax);
}  // namespace detail

namespace activations {

/// e^x / sum e^x along an axis. Keras's softmax.
struct Softmax {
  Index axis = -1;

  static constexpr const char* class_name() noexcept { return "softmax"; }
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("axis", self.axis);
  }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return softmax(x, axis);
  }
};

/// x - log sum e^x along an axis. Keras's log_softmax.
struct LogSoftmax {
  Index axis = -1;

  static constexpr const char* class_name() noexcept { return "log_softmax"; }
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("axis", self.axis);
  }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return log_softmax(x, axis);
  }
};

/// max(x - τ, 0) along an axis: like softmax, but many shares are exactly 0. As Keras 3 computes it: its τ is
/// (c₁ + ... + c_k - 1) / k, cⱼ being the sum of the j largest elements and k how many of them count, where Martins and
/// Astudillo (2016) have (c_k - 1) / k; with k > 1 the shares do not add up to 1. Keras's sparsemax.
struct Sparsemax {
  Index axis = -1;

  static constexpr const char* class_name() noexcept { return "sparsemax"; }
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("axis", self.axis);
  }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return lamina::detail::along_last(x, axis, "sparsemax",
                                      [](const auto& rows) { return lamina::detail::sparsemax(rows); });
  }
};

}  // namespace activations
}  // namespace lamina
