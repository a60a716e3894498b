#pragma once
#include <limits>
#include <optional>

#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/ops/math.hpp"

// Rectifiers: ReLU and its variants. At a kink the derivative is Keras's.

namespace lamina::activations {

/// Rectified linear unit: y = max(x, 0), element-wise, with derivative 0 at 0. With the options: y = max_value if
/// x >= max_value, x if threshold < x < max_value, negative_slope (x - threshold) if x <= threshold. Throws ValueError
/// for an option out of range. `keras.activations.relu`.
struct Relu {
  double negative_slope = 0.0;                     ///< Slope for x < threshold; finite. Default: 0.
  std::optional<double> max_value = std::nullopt;  ///< Upper bound; >= 0. Default: none.
  double threshold = 0.0;                          ///< Smallest x that is returned unchanged; finite. Default: 0.

  static constexpr const char* class_name() noexcept { return "relu"; }
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("negative_slope", self.negative_slope);
    field("max_value", self.max_value);
    field("threshold", self.threshold);
  }
  /// Applies the function with its default arguments.
  template <class S>
  static Tensor<S> plain(const Tensor<S>& x) {
    return relu(x);
  }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    if (max_value && !lamina::detail::at_least(*max_value, 0))
      raise<ValueError>("relu: expected max_value >= 0, got ", *max_value);
    lamina::detail::check_finite(negative_slope, "negative_slope", "relu");
    lamina::detail::check_finite(threshold, "threshold", "relu");
    if (negative_slope == 0 && !max_value && threshold == 0) return plain(x);
    const bool bounded = max_value.has_value();
    const S high = static_cast<S>(max_value.value_or(0));
    const S t = static_cast<S>(threshold), s = static_cast<S>(negative_slope);
    const S at_threshold = !max_value && threshold == 0 ? s : S(0);
    return lamina::detail::unary<false>(
        x,
        [t, s, bounded, high](const auto& v) LAMINA_INLINE_LAMBDA {
          const auto kept = select(v <= t, 0, v);
          const auto clipped = bounded ? select(kept < S(0), S(0), select(kept > high, high, kept)) : kept;
          return s == S(0) ? clipped : select(v < t, (v - t) * s, clipped);
        },
        [t, s, bounded, high, at_threshold](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA {
          const auto above = bounded ? select(v < S(0), 0, select(v > high, 0, dy)) : dy;
          return select(v < t, dy * s, select(v <= t, dy * at_threshold, above));
        });
  }
};

/// ReLU with upper bound 6: y = min(max(x, 0), 6), element-wise, with derivative 0 at 0 and 6.
/// `keras.activations.relu6`.
struct Relu6 {
  static constexpr const char* class_name() noexcept { return "relu6"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return lamina::detail::unary<false>(
        x, [](const auto& v) LAMINA_INLINE_LAMBDA { return select(v < 0, 0, select(v > 6, 6, v)); },
        [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return select(v <= 0, 0, select(v >= 6, 0, dy)); });
  }
};

/// Leaky ReLU, element-wise: y = x if x > 0, else negative_slope x. `keras.activations.leaky_relu`.
struct LeakyRelu {
  double negative_slope = 0.2;  ///< Slope for x <= 0; finite. Default: 0.2.

  static constexpr const char* class_name() noexcept { return "leaky_relu"; }
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("negative_slope", self.negative_slope);
  }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    lamina::detail::check_finite(negative_slope, "negative_slope", "leaky_relu");
    const S s = static_cast<S>(negative_slope);
    return lamina::detail::unary<false>(
        x, [s](const auto& v) LAMINA_INLINE_LAMBDA { return select(v > 0, v, v * s); },
        [s](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return select(v > 0, dy, dy * s); });
  }
};

/// Exponential linear unit, element-wise: y = x if x > 0, else alpha (e^x - 1). `keras.activations.elu`.
struct Elu {
  double alpha = 1.0;  ///< The negative of the limit for x to -infinity; finite. Default: 1.

  static constexpr const char* class_name() noexcept { return "elu"; }
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("alpha", self.alpha);
  }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    lamina::detail::check_finite(alpha, "alpha", "elu");
    const S a = static_cast<S>(alpha);
    return lamina::detail::unary<false>(
        x, [a](const auto& v) LAMINA_INLINE_LAMBDA { return select(v > 0, v, expm1(v) * a); },
        [a](const auto& dy, const auto& v)
            LAMINA_INLINE_LAMBDA { return select(v > 0, dy, dy * (exp(select(v > 0, 0, v)) * a)); });
  }
};

/// Scaled exponential linear unit, element-wise: y = scale x if x > 0, else scale alpha (e^x - 1). The constants keep
/// mean and variance from layer to layer (Klambauer et al., 2017). `keras.activations.selu`.
struct Selu {
  static constexpr double alpha = 1.6732632423543772848170429916717;  ///< The paper's alpha.
  static constexpr double scale = 1.0507009873554804934193349852946;  ///< The paper's lambda.

  static constexpr const char* class_name() noexcept { return "selu"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    const S above = static_cast<S>(scale), below = static_cast<S>(scale * alpha);
    return lamina::detail::unary<false>(
        x, [above, below](const auto& v) LAMINA_INLINE_LAMBDA { return select(v > 0, v * above, expm1(v) * below); },
        [above, below](const auto& dy, const auto& v)
            LAMINA_INLINE_LAMBDA { return select(v > 0, dy * above, dy * (exp(select(v > 0, 0, v)) * below)); });
  }
};

/// Continuously differentiable exponential linear unit, element-wise: y = x if x > 0, else alpha (e^(x / alpha) - 1).
/// Throws ValueError if alpha is 0. `keras.activations.celu`.
struct Celu {
  double alpha = 1.0;  ///< The negative of the limit for x to -infinity; finite, not 0. Default: 1.

  static constexpr const char* class_name() noexcept { return "celu"; }
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("alpha", self.alpha);
  }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    lamina::detail::check_finite(alpha, "alpha", "celu");
    if (alpha == 0) raise<ValueError>("celu: expected alpha != 0, got ", alpha);
    const S a = static_cast<S>(alpha);
    return lamina::detail::unary<false>(
        x, [a](const auto& v) LAMINA_INLINE_LAMBDA { return select(v > 0, v, expm1(v / a) * a); },
        [a](const auto& dy, const auto& v)
            LAMINA_INLINE_LAMBDA { return select(v > 0, dy, dy * exp(select(v > 0, 0, v / a))); });
  }
};

}  // namespace lamina::activations
