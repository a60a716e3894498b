#pragma once
#include <cmath>
#include <limits>

#include "lamina/core/check_options.hpp"
#include "lamina/ops/math.hpp"

// Activations that grow without bound and smoothly.

namespace lamina::activations {

/// x. Keras's linear.
struct Linear {
  static constexpr const char* class_name() noexcept { return "linear"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return x;
  }
};

/// e^x. Keras's exponential.
struct Exponential {
  static constexpr const char* class_name() noexcept { return "exponential"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return exp(x);
  }
};

/// log(1 + e^x), without overflow. Keras's softplus.
struct Softplus {
  static constexpr const char* class_name() noexcept { return "softplus"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return softplus(x);
  }
};

/// (x + √(x² + b)) / 2, without overflow. Keras's squareplus.
struct Squareplus {
  double b = 4.0;

  static constexpr const char* class_name() noexcept { return "squareplus"; }
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("b", self.b);
  }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    lamina::detail::check_finite(b, "b", "squareplus");
    // From `most` on b does not count beside x², which would overflow.
    const S c = static_cast<S>(b), most = std::ldexp(S(1), std::numeric_limits<S>::max_exponent / 2 - 1);
    return lamina::detail::unary<false>(
        x,
        [c, most](const auto& v) LAMINA_INLINE_LAMBDA {
          const auto u = select(v > most, most, select(v < -most, -most, v));
          return select(v > most, v, (u + sqrt(u * u + c)) * S(0.5));
        },
        [c, most](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA {
          const auto u = select(v > most, most, select(v < -most, -most, v));
          return dy * ((1 + u / sqrt(u * u + c)) * S(0.5));
        });
  }
};

/// 0 up to -1, (x + 1)² / 4 up to 1, x beyond. Keras's sparse_plus.
struct SparsePlus {
  static constexpr const char* class_name() noexcept { return "sparse_plus"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return lamina::detail::unary<false>(
        x,
        [](const auto& v)
            LAMINA_INLINE_LAMBDA { return select(v <= -1, 0, select(v >= 1, v, (v + 1) * (v + 1) * S(0.25))); },
        [](const auto& dy, const auto& v)
            LAMINA_INLINE_LAMBDA { return select(v <= -1, 0, select(v >= 1, dy, dy * ((v + 1) * S(0.5)))); });
  }
};

}  // namespace lamina::activations
