#pragma once
#include "lamina/core/classify.hpp"
#include "lamina/ops/math.hpp"

// Shrinkage functions: hard shrink, soft shrink, tanh shrink and threshold.

namespace lamina::activations {

/// Hard shrinkage, element-wise: y = x if |x| > threshold, else 0. `keras.activations.hard_shrink`.
struct HardShrink {
  double threshold = 0.5;  ///< Bound of |x| up to which the result is 0; >= 0. Default: 0.5.

  static constexpr const char* class_name() noexcept { return "hard_shrink"; }
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("threshold", self.threshold);
  }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    if (!lamina::detail::at_least(threshold, 0))
      raise<ValueError>("hard_shrink: expected threshold >= 0, got ", threshold);
    const S t = static_cast<S>(threshold);
    return lamina::detail::unary<false>(
        x, [t](const auto& v) LAMINA_INLINE_LAMBDA { return select(abs(v) <= t, 0, v); },
        [t](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return select(abs(v) <= t, 0, dy); });
  }
};

/// Soft shrinkage, element-wise: y = x - threshold if x > threshold, x + threshold if x < -threshold, else 0.
/// `keras.activations.soft_shrink`.
struct SoftShrink {
  double threshold = 0.5;  ///< Amount by which |x| decreases; >= 0. Default: 0.5.

  static constexpr const char* class_name() noexcept { return "soft_shrink"; }
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("threshold", self.threshold);
  }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    if (!lamina::detail::at_least(threshold, 0))
      raise<ValueError>("soft_shrink: expected threshold >= 0, got ", threshold);
    const S t = static_cast<S>(threshold);
    return lamina::detail::unary<false>(
        x,
        [t](const auto& v)
            LAMINA_INLINE_LAMBDA { return select(v > t, v - t, select(v < -t, v + t, select(is_number(v), 0, v))); },
        [t](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return select(abs(v) <= t, 0, dy); });
  }
};

/// Tanh shrinkage: y = x - tanh(x), element-wise. `keras.activations.tanh_shrink`.
struct TanhShrink {
  static constexpr const char* class_name() noexcept { return "tanh_shrink"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return lamina::detail::unary<false>(
        x, [](const auto& v) LAMINA_INLINE_LAMBDA { return v - tanh(v); },
        [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA {
          const auto t = tanh(v);
          return dy * (t * t);
        });
  }
};

/// Threshold, element-wise: y = x if x > threshold, else default_value. `keras.activations.threshold`.
struct Threshold {
  double threshold = 0.0;      ///< Bound of x up to which the result is default_value; not NaN. Required.
  double default_value = 0.0;  ///< Result for x <= threshold. Required.

  static constexpr const char* class_name() noexcept { return "threshold"; }
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("threshold", self.threshold);
    field.required("default_value", self.default_value);
  }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    if (is_nan(threshold)) raise<ValueError>("threshold: expected a threshold that is not NaN, got ", threshold);
    const S t = static_cast<S>(threshold), other = static_cast<S>(default_value);
    return lamina::detail::unary<false>(
        x, [t, other](const auto& v) LAMINA_INLINE_LAMBDA { return select(v <= t, other, v); },
        [t](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return select(v <= t, 0, dy); });
  }
};

}  // namespace lamina::activations
