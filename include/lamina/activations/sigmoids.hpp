#pragma once
#include "lamina/ops/math.hpp"

// Activations that go from one level to another.

namespace lamina::activations {

/// 1 / (1 + e^-x). Keras's sigmoid.
struct Sigmoid {
  static constexpr const char* class_name() noexcept { return "sigmoid"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return sigmoid(x);
  }
};

/// 0 up to -3, x / 6 + 1/2 up to 3, 1 beyond; of slope 0 at ±3. Keras's hard_sigmoid.
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

/// 0 up to -1, (x + 1) / 2 up to 1, 1 beyond; of slope 0 at ±1. Keras's sparse_sigmoid.
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

/// log(1 / (1 + e^-x)), without overflow. Keras's log_sigmoid.
struct LogSigmoid {
  static constexpr const char* class_name() noexcept { return "log_sigmoid"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return lamina::detail::unary<false>(
        x, [](const auto& v) LAMINA_INLINE_LAMBDA { return -softplus(-v); },
        [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return dy * sigmoid(-v); });
  }
};

/// (e^x - e^-x) / (e^x + e^-x). Keras's tanh.
struct Tanh {
  static constexpr const char* class_name() noexcept { return "tanh"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return tanh(x);
  }
};

/// min(max(x, -1), 1), of slope 0 at ±1. Keras's hard_tanh.
struct HardTanh {
  static constexpr const char* class_name() noexcept { return "hard_tanh"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return lamina::detail::unary<false>(
        x, [](const auto& v) LAMINA_INLINE_LAMBDA { return select(v < -1, -1, select(v > 1, 1, v)); },
        [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return select(v <= -1, 0, select(v >= 1, 0, dy)); });
  }
};

/// x / (1 + |x|). Keras's softsign.
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
