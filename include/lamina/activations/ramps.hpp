#pragma once
#include <cmath>
#include <limits>

#include "lamina/core/check_options.hpp"
#include "lamina/ops/math.hpp"

// Unbounded, smooth activations: linear, exponential, softplus, squareplus and sparse plus.

namespace lamina::activations {

/// Identity: y = x. `keras.activations.linear`.
struct Linear {
  static constexpr const char* class_name() noexcept { return "linear"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return x;
  }
};

/// Exponential: y = e^x, element-wise. `keras.activations.exponential`.
struct Exponential {
  static constexpr const char* class_name() noexcept { return "exponential"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return exp(x);
  }
};

/// Softplus: y = log(1 + e^x), element-wise, without overflow. `keras.activations.softplus`.
struct Softplus {
  static constexpr const char* class_name() noexcept { return "softplus"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return softplus(x);
  }
};

/// Squareplus: y = (x + √(x² + b)) / 2, element-wise, without overflow. `keras.activations.squareplus`.
struct Squareplus {
  double b = 4.0;  ///< Smoothness of the bend at 0; finite. Default: 4.

  static constexpr const char* class_name() noexcept { return "squareplus"; }
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("b", self.b);
  }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    lamina::detail::check_finite(b, "b", "squareplus");
    // For |x| > `most` the square of x would overflow, and b is negligible.
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

/// Sparse plus, element-wise: y = 0 if x <= -1, x if x >= 1, else (x + 1)² / 4. `keras.activations.sparse_plus`.
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
