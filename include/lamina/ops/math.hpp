#pragma once
#include "lamina/core/classify.hpp"
#include "lamina/kernels/simd/trigonometry.hpp"
#include "lamina/ops/arithmetic.hpp"
#include "lamina/ops/logits.hpp"

// Functions of one tensor, element by element. A gradient's formula is written once, as a generic function: on packs it
// is one pass over memory, on tensors it is made of operations that an outer tape can differentiate again.

namespace lamina {

/// `where` under the name it has for packs, so that a formula serves both.
template <class S>
Tensor<S> select(const Tensor<S>& mask, const Tensor<S>& yes, const Tensor<S>& no) {
  return detail::where(mask, yes, no);
}
template <class S>
Tensor<S> select(const Tensor<S>& mask, const Tensor<S>& yes, std::type_identity_t<S> no) {
  return detail::where(mask, yes, Tensor<S>(no));
}
template <class S>
Tensor<S> select(const Tensor<S>& mask, std::type_identity_t<S> yes, const Tensor<S>& no) {
  return detail::where(mask, Tensor<S>(yes), no);
}

namespace detail {

/// For `unary_gradient`: the derivative does not change with k.
struct NoSlope {};

/// dx = derivative(dy, k), linear in dy;  ddy = derivative(ddx, k),  dk = ddx slope(dy, k): a gradient as an operation,
/// in one pass, and its own gradient in two. `slope` is how `derivative` changes with k.
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

/// y = value(x);  dx = derivative(dy, k), k being y where `KeepOutput`, otherwise x. With a slope,
/// as in `unary_gradient`, second derivatives take no more passes than first ones; without one they follow from the
/// operations that `derivative` is made of. `value`, `derivative` and `slope` are inlined: see kernels::map.
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

/// What is not below zero has the gradient of a ramp: 0 where y = 0.
struct RampDerivative {
  template <class P>
  LAMINA_ALWAYS_INLINE auto operator()(const P& dy, const P& y) const {
    return select(y > 0, dy, 0);
  }
};

}  // namespace detail

// y = e^x;  dx = dy y
template <TensorLike X>
auto exp(const X& x) {
  return detail::unary<true>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return exp(v); },
      [](const auto& dy, const auto& y) LAMINA_INLINE_LAMBDA { return dy * y; });
}

// y = log x;  dx = dy / x
template <TensorLike X>
auto log(const X& x) {
  return detail::unary<false>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return log(v); },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return dy / v; });
}

// y = log(1 + x);  dx = dy / (1 + x)
template <TensorLike X>
auto log1p(const X& x) {
  return detail::unary<false>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return log1p(v); },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return dy / (1 + v); });
}

// y = √x;  dx = dy / (2 y)
template <TensorLike X>
auto sqrt(const X& x) {
  return detail::unary<true>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return sqrt(v); },
      [](const auto& dy, const auto& y) LAMINA_INLINE_LAMBDA { return dy / (y + y); });
}

// y = x²;  dx = 2 dy x
template <TensorLike X>
auto square(const X& x) {
  return detail::unary<false>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return v * v; },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return dy * (v + v); },
      [](const auto& dy, const auto&) LAMINA_INLINE_LAMBDA { return dy + dy; });
}

// y = |x|;  dx = dy sign x, 0 at 0
template <TensorLike X>
auto abs(const X& x) {
  return detail::unary<false>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return abs(v); },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return select(v > 0, dy, select(v < 0, -dy, 0)); });
}

// y = tanh x;  dx = dy (1 - y²)
template <TensorLike X>
auto tanh(const X& x) {
  return detail::unary<true>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return tanh(v); },
      [](const auto& dy, const auto& y) LAMINA_INLINE_LAMBDA { return dy * (1 - y * y); },
      [](const auto& dy, const auto& y) LAMINA_INLINE_LAMBDA { return dy * (y * -2); });
}

// y = sin x, x in radians;  dx = dy cos x
template <TensorLike X>
auto sin(const X& x) {
  return detail::unary<false>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return sin(v); },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return dy * cos(v); },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return -(dy * sin(v)); });
}

// y = cos x, x in radians;  dx = -dy sin x
template <TensorLike X>
auto cos(const X& x) {
  return detail::unary<false>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return cos(v); },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return -(dy * sin(v)); },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return -(dy * cos(v)); });
}

// y = erf x;  dx = dy 2 / √π e^(-x²)
template <TensorLike X>
auto erf(const X& x) {
  using S = detail::scalar_of<X>;
  return detail::unary<false>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return erf(v); },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return dy * (exp(-(v * v)) * S(1.1283791670955126)); });
}

// y = 1 / (1 + e^-x);  dx = dy y (1 - y)
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

// y = max(x, 0);  dx = dy where x > 0, else 0
template <TensorLike X>
auto relu(const X& x) {
  return detail::unary<true>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return select(v < 0, 0, v); },
      detail::RampDerivative(), detail::NoSlope());
}

// y = log(1 + e^x);  dx = dy / (1 + e^-x)
template <TensorLike X>
auto softplus(const X& x) {
  return detail::unary<false>(
      detail::as_tensor(x), [](const auto& v) LAMINA_INLINE_LAMBDA { return softplus(v); },
      [](const auto& dy, const auto& v) LAMINA_INLINE_LAMBDA { return dy * sigmoid(v); });
}

/// -1, 0 or 1; no gradient passes.
template <TensorLike X>
auto sign(const X& x) {
  const auto t = detail::as_tensor(x).detached();
  return (t > 0) - (t < 0);
}

/// x held between two numbers: y = min(max(x, low), high);  dx = dy where low <= x <= high, else 0
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
/// y = a^b;  da = dy b a^(b-1),  db = dy y log a (0 where a = 0)
template <class S>
Tensor<S> pow(const Tensor<S>& a, const Tensor<S>& b) {
  // The C library's pow, number by number: negative bases with whole exponents, and every special case, are its own.
  const Shape shape = broadcast(a.shape(), b.shape());
  const Tensor<S> u = broadcast_to(a.detached(), shape), v = broadcast_to(b.detached(), shape);
  Tensor<S> y = Tensor<S>::empty(shape);
  S* out = TensorAccess::data(y);
  for (Index i = 0; i < y.size(); ++i) out[i] = std::pow(u[i], v[i]);
  if (Recording<S> tape{y, a, b})
    tape.gradient([a, b, y = tape.keep(y, 1)](const Tensor<S>& dy, Gradients<S>& g) {
      if (g.needs(0)) {
        // Where b = 0 the derivative is 0, also at a = 0, where 0 times 0 to the power -1 would be no number.
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

/// a to the power b, element by element.
template <class A, class B>
  requires Operands<A, B>
auto pow(const A& a, const B& b) {
  using S = detail::common_scalar<A, B>;
  return detail::pow<S>(detail::as_tensor_of<S>(a), detail::as_tensor_of<S>(b));
}

/// The same numbers, through which no gradient passes.
template <TensorLike X>
auto stop_gradient(const X& x) {
  return detail::as_tensor(x).detached();
}

}  // namespace lamina
