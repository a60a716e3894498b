#pragma once
#include "lamina/ops/softmax.hpp"
#include "lamina/ops/sparsemax.hpp"

// Activations over the elements along an axis: softmax, log-softmax and sparsemax.

namespace lamina {
namespace activations {

/// Softmax: y = e^x / sum e^x along an axis. Same shape as x. `keras.activations.softmax`.
struct Softmax {
  Index axis = -1;  ///< Axis of the sum; a negative one counts from the end. Default: -1.

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

/// Logarithm of softmax: y = x - log(sum e^x) along an axis. Same shape as x. `keras.activations.log_softmax`.
struct LogSoftmax {
  Index axis = -1;  ///< Axis of the sum; a negative one counts from the end. Default: -1.

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

/// Sparsemax: y = max(x - τ, 0) along an axis; like softmax, but with exact zeros (Martins and Astudillo, 2016). Same
/// shape as x. `keras.activations.sparsemax`.
///
/// τ is that of Keras 3, (c₁ + ... + c_k - 1) / k, where cⱼ is the sum of the j largest elements and k the number of j
/// with xⱼ > (cⱼ - 1) / j. The paper has (c_k - 1) / k: for k > 1 the result does not sum to 1.
struct Sparsemax {
  Index axis = -1;  ///< Axis of the distribution; a negative one counts from the end. Default: -1.

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
