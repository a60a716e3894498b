#pragma once
#include "lamina/ops/math.hpp"

// Sigmoidal activations: sigmoid, tanh, softsign and their piecewise linear and logarithmic variants.

namespace lamina::activations {

/// Logistic sigmoid: y = 1 / (1 + e^-x), element-wise. `keras.activations.sigmoid`.
struct Sigmoid {
  static constexpr const char* class_name() noexcept { return "sigmoid"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return sigmoid(x);
  }
};

/// Hard sigmoid, element-wise: y = 0 if x <= -3, 1 if x >= 3, else x / 6 + 1/2. The derivative is 0 at ±3.
/// `keras.activations.hard_sigmoid`.
struct HardSigmoid {
  static constexpr const char* class_name() noexcept { return "hard_sigmoid"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    const S sixth = S(1.0 / 6);
    return lamina::detail::unary<false>(
        x,
        [sixth](const auto& v)
            LAMINA_INLINE_LAMBDA { return select(v <= -3, 0, select(v >= 3, 1, v * sixth + S(0.5))); },
        [sixth](const auto& dy, const auto& v)
            LAMINA_INLINE_LAMBDA { return select(v <= -3, 0, select(v >= 3, 0, dy * sixth)); });
  }
};

/// Sparse sigmoid, element-wise: y = 0 if x <= -1, 1 if x >= 1, else (x + 1) / 2. The derivative is 0 at ±1.
/// `keras.activations.sparse_sigmoid`.
struct SparseSigmoid {
  static constexpr const char* class_name() noexcept { return "sparse_sigmoid"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return lamina::detail::unary<false>(
        x, [](const auto& v) LAMINA_INLINE_LAMBDA { return select(v <= -1, 0, select(v >= 1, 1, (v + 1) * S(0.5))); },
        [](const auto& dy, const auto& v)
            LAMINA_INLINE_LAMBDA { return select(v <= -1, 0, select(v >= 1, 0, dy * S(0.5))); });
  }
};

/// Logarithm of the sigmoid: y = -log(1 + e^-x), element-wise, without overflow. `keras.activations.log_sigmoid`.
struct LogSigmoid {
  static constexpr const char* class_name() noexcept { return "log_sigmoid"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return lamina::detail::unary<false>(
        x, [](const auto& v) LAMINA_INLINE_LAMBDA { return -softplus(-v); },
        [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return dy * sigmoid(-v); });
  }
};

/// Hyperbolic tangent: y = (e^x - e^-x) / (e^x + e^-x), element-wise. `keras.activations.tanh`.
struct Tanh {
  static constexpr const char* class_name() noexcept { return "tanh"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return tanh(x);
  }
};

/// Hard tanh: y = min(max(x, -1), 1), element-wise, with derivative 0 at ±1. `keras.activations.hard_tanh`.
struct HardTanh {
  static constexpr const char* class_name() noexcept { return "hard_tanh"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return lamina::detail::unary<false>(
        x, [](const auto& v) LAMINA_INLINE_LAMBDA { return select(v < -1, -1, select(v > 1, 1, v)); },
        [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return select(v <= -1, 0, select(v >= 1, 0, dy)); });
  }
};

/// Softsign: y = x / (1 + |x|), element-wise. `keras.activations.softsign`.
struct Softsign {
  static constexpr const char* class_name() noexcept { return "softsign"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return lamina::detail::unary<false>(
        x, [](const auto& v) LAMINA_INLINE_LAMBDA { return v / (1 + abs(v)); },
        [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA {
          const auto w = 1 + abs(v);
          return dy / w / w;
        });
  }
};

}  // namespace lamina::activations
