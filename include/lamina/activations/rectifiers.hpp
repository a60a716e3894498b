#pragma once
#include <limits>
#include <optional>

#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/ops/math.hpp"

// Activations that cut or bend below a point. Where a slope jumps, the slope given is Keras's.

namespace lamina::activations {

/// With t the threshold and m the largest value: m for x >= m, x for t < x < m, negative_slope (x - t) for x <= t.
/// Keras's relu: by default max(x, 0), of slope 0 at 0.
struct Relu {
  double negative_slope = 0.0;
  std::optional<double> max_value = std::nullopt;
  double threshold = 0.0;

  static constexpr const char* class_name() noexcept { return "relu"; }
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("negative_slope", self.negative_slope);
    field("max_value", self.max_value);
    field("threshold", self.threshold);
  }
  /// With the default arguments.
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
          const auto held = bounded ? select(kept < S(0), S(0), select(kept > high, high, kept)) : kept;
          return s == S(0) ? held : select(v < t, (v - t) * s, held);
        },
        [t, s, bounded, high, at_threshold](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA {
          const auto above = bounded ? select(v < S(0), 0, select(v > high, 0, dy)) : dy;
          return select(v < t, dy * s, select(v <= t, dy * at_threshold, above));
        });
  }
};

/// min(max(x, 0), 6), of slope 0 at 0 and 6. Keras's relu6.
struct Relu6 {
  static constexpr const char* class_name() noexcept { return "relu6"; }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    return lamina::detail::unary<false>(
        x, [](const auto& v) LAMINA_INLINE_LAMBDA { return select(v < 0, 0, select(v > 6, 6, v)); },
        [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return select(v <= 0, 0, select(v >= 6, 0, dy)); });
  }
};

/// x for x > 0, negative_slope x elsewhere. Keras's leaky_relu.
struct LeakyRelu {
  double negative_slope = 0.2;

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

/// x for x > 0, alpha (e^x - 1) elsewhere. Keras's elu.
struct Elu {
  double alpha = 1.0;

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

/// scale x for x > 0, scale alpha (e^x - 1) elsewhere, with alpha = 1.6733 and scale = 1.0507, by which layers keep
/// their mean and variance (Klambauer et al., 2017). Keras's selu.
struct Selu {
  static constexpr double alpha = 1.6732632423543772848170429916717;
  static constexpr double scale = 1.0507009873554804934193349852946;

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

/// x for x > 0, alpha (e^(x / alpha) - 1) elsewhere; alpha may not be 0. Keras's celu.
struct Celu {
  double alpha = 1.0;

  static constexpr const char* class_name() noexcept { return "celu"; }
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("alpha", self.alpha);
  }
  template <class S>
  Tensor<S> operator()(const Tensor<S>& x) const {
    lamina::detail::check_finite(alpha, "alpha", "celu");
    if (alpha == 0) raise<ValueError>("celu: expected an alpha other than 0, got ", alpha);
    const S a = static_cast<S>(alpha);
    return lamina::detail::unary<false>(
        x, [a](const auto& v) LAMINA_INLINE_LAMBDA { return select(v > 0, v, expm1(v / a) * a); },
        [a](const auto& dy, const auto& v)
            LAMINA_INLINE_LAMBDA { return select(v > 0, dy, dy * exp(select(v > 0, 0, v / a))); });
  }
};

}  // namespace lamina::activations
