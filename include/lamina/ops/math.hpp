#pragma once
#include "lamina/core/classify.hpp"
#include "lamina/kernels/simd/trigonometry.hpp"
#include "lamina/ops/arithmetic.hpp"
#include "lamina/ops/logits.hpp"

// Element-wise functions of one tensor. The formula of a gradient is written once, as a generic function: applied to
// SIMD packs it is one pass over memory; applied to tensors it is composed of operations that an outer tape records.

namespace lamina {

/// Returns `yes` where `mask` is not 0, else `no`: `where` under the name that SIMD packs use, so that generic formulas
/// apply to packs and tensors.
template <class S>
Tensor<S> select(const Tensor<S>& mask, const Tensor<S>& yes, const Tensor<S>& no) {
  return detail::where(mask, yes, no);
}
/// Returns `yes` where `mask` is not 0, else the scalar `no`.
template <class S>
Tensor<S> select(const Tensor<S>& mask, const Tensor<S>& yes, std::type_identity_t<S> no) {
  return detail::where(mask, yes, Tensor<S>(no));
}
/// Returns the scalar `yes` where `mask` is not 0, else `no`.
template <class S>
Tensor<S> select(const Tensor<S>& mask, std::type_identity_t<S> yes, const Tensor<S>& no) {
  return detail::where(mask, Tensor<S>(yes), no);
}

namespace detail {

/// For `unary_gradient`: the derivative does not depend on k.
struct NoSlope {};

/// A gradient as a recorded operation: dx = derivative(dy, k), which is linear in dy. If ddx is the gradient of dx, the
/// gradient of dy is derivative(ddx, k) and that of k is ddx slope(dy, k). `slope` is the partial derivative of
/// `derivative` with respect to k.
template <class S, class Derivative, class Slope>
Tensor<S> unary_gradient(const Tensor<S>& dy, const Tensor<S>& k, const Derivative& derivative, const Slope& slope) {
  constexpr bool sloping = !std::is_same_v<Slope, NoSlope>;
  Tensor<S> dx = Tensor<S>::empty(k.shape());
  kernels::map(k.size(), TensorAccess::data(dx), derivative, dy.data(), k.data());
  if (Recording<S> tape{dx, dy, sloping ? k : Tensor<S>()})
    tape.gradient([dy = tape.keep(dy, 1), k, derivative, slope](const Tensor<S>& ddx, Gradients<S>& g) {
      if (g.needs(0)) g.add(0, unary_gradient(ddx, k, derivative, slope));
      if constexpr (sloping) {
        if (!g.needs(1)) return;
        if (Gradients<S>::recorded()) {
          g.add(1, multiply(ddx, slope(dy, k)));
        } else {
          Tensor<S> dk = Tensor<S>::empty(k.shape());
          kernels::map(
              k.size(), TensorAccess::data(dk),
              [&slope](const auto& u, const auto& v, const auto& w) LAMINA_INLINE_LAMBDA { return u * slope(v, w); },
              ddx.data(), dy.data(), k.data());
          g.add(1, std::move(dk));
        }
      }
    });
  return dx;
}

/// y = value(x). Gradient: dx = derivative(dy, k), where k is y if `KeepOutput`, else x. With a slope (see
/// `unary_gradient`) a second derivative is one pass; without, it is composed of the operations of `derivative`.
/// `value`, `derivative` and `slope` are inlined (see kernels::map).
template <bool KeepOutput, class S, class Value, class Derivative, class... Slope>
Tensor<S> unary(const Tensor<S>& x, const Value& value, const Derivative& derivative, const Slope&... slope) {
  Tensor<S> y = Tensor<S>::empty(x.shape());
  kernels::map(x.size(), TensorAccess::data(y), value, x.data());
  if (Recording<S> tape{y, x})
    tape.gradient([kept = KeepOutput ? y : x, derivative, slope...](Tensor<S> dy, Gradients<S>& g) {
      if (Gradients<S>::recorded()) {
        if constexpr (sizeof...(Slope) > 0)
          g.add(0, unary_gradient(dy, kept, derivative, slope...));
        else
          g.add(0, derivative(dy, kept));
      } else {
        const S* from = dy.data();
        Tensor<S> dx = reuse(std::move(dy), kept.shape());
        kernels::map(kept.size(), TensorAccess::data(dx), derivative, from, kept.data());
        g.add(0, std::move(dx));
      }
    });
  return y;
}

/// The gradient of ReLU from its output y: dy if y > 0, else 0.
struct RampDerivative {
  template <class P>
  LAMINA_ALWAYS_INLINE auto operator()(const P& dy, const P& y) const {
    return select(y > 0, dy, 0);
  }
};

}  // namespace detail

/// Computes the exponential e^x, element-wise. Gradient: dx = dy e^x. `keras.ops.exp`.
template <TensorLike X>
auto exp(const X& x) {
  return detail::unary<true>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return exp(v); },
      [](const auto& dy, const auto& y) LAMINA_INLINE_LAMBDA { return dy * y; });
}

/// Computes the natural logarithm of x, element-wise: -infinity at 0, NaN for x < 0. Gradient: dx = dy / x.
/// `keras.ops.log`.
template <TensorLike X>
auto log(const X& x) {
  return detail::unary<false>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return log(v); },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return dy / v; });
}

/// Computes log(1 + x), element-wise, accurate also for small x. Gradient: dx = dy / (1 + x). `keras.ops.log1p`.
template <TensorLike X>
auto log1p(const X& x) {
  return detail::unary<false>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return log1p(v); },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return dy / (1 + v); });
}

/// Computes the square root of x, element-wise; NaN for x < 0. Gradient: dx = dy / (2 √x). `keras.ops.sqrt`.
template <TensorLike X>
auto sqrt(const X& x) {
  return detail::unary<true>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return sqrt(v); },
      [](const auto& dy, const auto& y) LAMINA_INLINE_LAMBDA { return dy / (y + y); });
}

/// Computes x², element-wise. Gradient: dx = 2 dy x. `keras.ops.square`.
template <TensorLike X>
auto square(const X& x) {
  return detail::unary<false>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return v * v; },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return dy * (v + v); },
      [](const auto& dy, const auto&) LAMINA_INLINE_LAMBDA { return dy + dy; });
}

/// Computes the absolute value |x|, element-wise. Gradient: dx = dy sign(x), 0 at x = 0. `keras.ops.absolute`.
template <TensorLike X>
auto abs(const X& x) {
  return detail::unary<false>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return abs(v); },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return select(v > 0, dy, select(v < 0, -dy, 0)); });
}

/// Computes the hyperbolic tangent of x, element-wise. Gradient: dx = dy (1 - tanh² x). `keras.ops.tanh`.
template <TensorLike X>
auto tanh(const X& x) {
  return detail::unary<true>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return tanh(v); },
      [](const auto& dy, const auto& y) LAMINA_INLINE_LAMBDA { return dy * (1 - y * y); },
      [](const auto& dy, const auto& y) LAMINA_INLINE_LAMBDA { return dy * (y * -2); });
}

/// Computes the sine of x in radians, element-wise. Gradient: dx = dy cos x. `keras.ops.sin`.
template <TensorLike X>
auto sin(const X& x) {
  return detail::unary<false>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return sin(v); },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return dy * cos(v); },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return -(dy * sin(v)); });
}

/// Computes the cosine of x in radians, element-wise. Gradient: dx = -dy sin x. `keras.ops.cos`.
template <TensorLike X>
auto cos(const X& x) {
  return detail::unary<false>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return cos(v); },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return -(dy * sin(v)); },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return -(dy * cos(v)); });
}

/// Computes the Gauss error function erf(x), element-wise. Gradient: dx = dy (2 / √π) e^(-x²). `keras.ops.erf`.
template <TensorLike X>
auto erf(const X& x) {
  using S = detail::scalar_of<X>;
  return detail::unary<false>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return erf(v); },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return dy * (exp(-(v * v)) * S(1.1283791670955126)); });
}

/// Computes the logistic sigmoid y = 1 / (1 + e^-x), element-wise. Gradient: dx = dy y (1 - y). `keras.ops.sigmoid`.
template <TensorLike X>
auto sigmoid(const X& x) {
  using S = detail::scalar_of<X>;
  const auto& t = detail::as_tensor(x);
  Tensor<S> y = detail::unary<true>(
      t, [](const auto& v) LAMINA_INLINE_LAMBDA { return sigmoid(v); },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return dy * (v * (1 - v)); },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return dy * (1 - (v + v)); });
  detail::LogitsCache<S>::store(y, t, detail::OutputActivation::sigmoid);
  return y;
}

/// Computes the rectified linear unit max(x, 0), element-wise. Gradient: dx = dy if x > 0, else 0. `keras.ops.relu`.
template <TensorLike X>
auto relu(const X& x) {
  return detail::unary<true>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return select(v < 0, 0, v); },
      detail::RampDerivative(), detail::NoSlope());
}

/// Computes log(1 + e^x), element-wise, without overflow. Gradient: dx = dy sigmoid(x). `keras.ops.softplus`.
template <TensorLike X>
auto softplus(const X& x) {
  return detail::unary<false>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return softplus(v); },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return dy * sigmoid(v); });
}

/// Returns the sign of x, element-wise: -1, 0 or 1. No gradient. `keras.ops.sign`.
template <TensorLike X>
auto sign(const X& x) {
  const auto t = detail::as_tensor(x).detached();
  return (t > 0) - (t < 0);
}

/// Clips x to the interval [low, high]: y = min(max(x, low), high), element-wise. Gradient: dx = dy if
/// low <= x <= high, else 0. Throws ValueError unless low <= high. `keras.ops.clip`.
template <TensorLike X>
auto clip(const X& x, double low, double high) {
  using S = detail::scalar_of<X>;
  if (!detail::at_most(low, high)) raise<ValueError>("clip: expected low <= high, got ", low, " and ", high);
  const S a = static_cast<S>(low), b = static_cast<S>(high);
  return detail::unary<false>(
      detail::as_tensor(x),
      [a, b](const auto& v) LAMINA_INLINE_LAMBDA { return select(v < a, a, select(v > b, b, v)); },
      [a, b](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return select(v < a, 0, select(v > b, 0, dy)); });
}

namespace detail {
/// y = a^b. Gradients: da = dy b a^(b-1), db = dy y log a, 0 if a <= 0.
template <class S>
Tensor<S> pow(const Tensor<S>& a, const Tensor<S>& b) {
  // std::pow for each element handles negative bases with integer exponents and all other special cases.
  const Shape shape = broadcast(a.shape(), b.shape());
  const Tensor<S> u = broadcast_to(a.detached(), shape), v = broadcast_to(b.detached(), shape);
  Tensor<S> y = Tensor<S>::empty(shape);
  S* out = TensorAccess::data(y);
  for (Index i = 0; i < y.size(); ++i) out[i] = std::pow(u[i], v[i]);
  if (Recording<S> tape{y, a, b})
    tape.gradient([a, b, y = tape.keep(y, 1)](const Tensor<S>& dy, Gradients<S>& g) {
      if (g.needs(0)) {
        // If b = 0 the derivative is 0, also at a = 0, where the formula 0 * 0^-1 would be NaN.
        const Tensor<S> constant =
            compare(b, Tensor<S>(S(0)), [](const auto& p, const auto& q) LAMINA_INLINE_LAMBDA { return p == q; });
        const Tensor<S> lowered = where(constant, Tensor<S>(S(0)), subtract(b, Tensor<S>(S(1))));
        g.add(0, sum_to(multiply(dy, multiply(b, pow(a, lowered))), a.shape()));
      }
      if (g.needs(1)) {
        const Tensor<S> positive =
            compare(a, Tensor<S>(S(0)), [](const auto& p, const auto& q) LAMINA_INLINE_LAMBDA { return p > q; });
        const Tensor<S> logarithm = lamina::log(where(positive, a, Tensor<S>(S(1))));
        g.add(1, sum_to(multiply(dy, multiply(y, logarithm)), b.shape()));
      }
    });
  return y;
}
LAMINA_COMPILED_FUNCTION(pow);
}  // namespace detail

/// Computes a^b, element-wise, as `std::pow`. Shapes broadcast; throws ShapeError if they cannot. Gradients: da = dy b
/// a^(b-1), db = dy a^b log a, 0 if a <= 0. `keras.ops.power`.
template <class A, class B>
  requires Operands<A, B>
auto pow(const A& a, const B& b) {
  using S = detail::common_scalar<A, B>;
  return detail::pow<S>(detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b));
}

/// Returns x as a constant: no gradient flows through the result. No copy. `keras.ops.stop_gradient`.
template <TensorLike X>
auto stop_gradient(const X& x) {
  return detail::as_tensor(x).detached();
}

}  // namespace lamina
