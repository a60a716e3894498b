#pragma once
#include "lamina/ops/softmax.hpp"
#include "lamina/ops/sparsemax.hpp"

// Activations that share among the elements along an axis.

namespace lamina {
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
