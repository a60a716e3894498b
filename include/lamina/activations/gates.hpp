#pragma once
#include "lamina/ops/math.hpp"
#include "lamina/ops/shaping.hpp"

// Activations that multiply x by a gate between 0 and 1: SiLU, GELU, Mish, GLU and hard SiLU.

namespace lamina::activations {

/// Sigmoid linear unit: y = x sigmoid(x), element-wise. `keras.activations.silu`, also known as swish.
struct Silu {
  static constexpr const char* class_name() noexcept { return "silu"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return lamina::detail::unary<false>(
        x, [](const auto& v) LAMINA_INLINE_LAMBDA { return v * sigmoid(v); },
        [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA {
          const auto s = sigmoid(v);
          return dy * (s + v * s * (1 - s));
        });
  }
};

/// Hard SiLU, element-wise: y = 0 if x <= -3, x if x >= 3, else x (x + 3) / 6. The derivative is 0 at -3 and 1 at 3.
/// `keras.activations.hard_silu`, also known as hard_swish.
struct HardSilu {
  static constexpr const char* class_name() noexcept { return "hard_silu"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    const S sixth = S(1.0 / 6);
    return lamina::detail::unary<false>(
        x,
        [sixth](const auto& v)
            LAMINA_INLINE_LAMBDA { return select(v <= -3, 0, select(v >= 3, v, v * (v + 3) * sixth)); },
        [sixth](const auto& dy, const auto& v)
            LAMINA_INLINE_LAMBDA { return select(v <= -3, 0, select(v >= 3, dy, dy * ((v + v + 3) * sixth))); });
  }
};

/// Gaussian error linear unit, element-wise: y = x (1 + erf(x / √2)) / 2, or if `approximate`,
/// y = x (1 + tanh(√(2 / π) (x + 0.044715 x³))) / 2. `keras.activations.gelu`.
struct Gelu {
  bool approximate = false;  ///< If true, uses the tanh approximation. Default: false.

  static constexpr const char* class_name() noexcept { return "gelu"; }
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("approximate", self.approximate);
  }
  /// Applies the function with its default arguments.
  template <class S>
  static Tensor<S> plain(const Tensor<S>& x) {
    const S root = S(0.70710678118654752440), peak = S(0.39894228040143267794);  // 1 / √2, 1 / √(2 π)
    return lamina::detail::unary<false>(
        x, [root](const auto& v) LAMINA_INLINE_LAMBDA { return v * S(0.5) * (1 + erf(v * root)); },
        [root, peak](const auto& dy, const auto& v)
            LAMINA_INLINE_LAMBDA { return dy * ((1 + erf(v * root)) * S(0.5) + v * exp(v * v * S(-0.5)) * peak); });
  }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return approximate ? by_tanh(x) : plain(x);
  }

 private:
  template <class S>
  static Tensor<S> by_tanh(const Tensor<S>& x) {
    const S root = S(0.79788456080286535588), cubic = S(0.044715);  // √(2 / π)
    return lamina::detail::unary<false>(
        x,
        [root, cubic](const auto& v)
            LAMINA_INLINE_LAMBDA { return v * S(0.5) * (1 + tanh((v + v * v * v * cubic) * root)); },
        [root, cubic](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA {
          // For |x| > 10 tanh is ±1; clipping x there avoids overflow.
          const auto w = select(v > 10, 10, select(v < -10, -10, v));
          const auto t = tanh((w + w * w * w * cubic) * root);
          return dy * ((1 + t + w * (1 - t * t) * ((1 + w * w * (3 * cubic)) * root)) * S(0.5));
        });
  }
};

/// Mish: y = x tanh(log(1 + e^x)), element-wise. `keras.activations.mish`.
struct Mish {
  static constexpr const char* class_name() noexcept { return "mish"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    // With e = e^x and n = e (e + 2): tanh(log(1 + e)) = n / (n + 2), which rounds to 1 for x > 20.
    return lamina::detail::unary<false>(
        x,
        [](const auto& v) LAMINA_INLINE_LAMBDA {
          const auto e = exp(select(v > 20, 20, v)), n = e * (e + 2);
          return v * (n / (n + 2));
        },
        [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA {
          const auto e = exp(select(v > 20, 20, v)), n = e * (e + 2), m = n + 2;
          return select(v > 20, dy, dy * (n / m + v * (4 * e / m) * ((e + 1) / m)));
        });
  }
};

/// Gated linear unit: y = a sigmoid(b), where a and b are the two halves of x along an axis. The axis becomes half as
/// long. Throws ShapeError if its size is odd. `keras.activations.glu`.
struct Glu {
  Index axis = -1;  ///< Axis to split; a negative one counts from the end. Default: -1.

  static constexpr const char* class_name() noexcept { return "glu"; }
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("axis", self.axis);
  }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    if (x.rank() == 0 || x.shape()[axis] % 2 != 0)
      raise<ShapeError>("glu: expected an even size along axis ", axis, ", got shape ", x.shape());
    const auto halves = split(x, 2, axis);
    return halves[0] * sigmoid(halves[1]);
  }
};

}  // namespace lamina::activations
