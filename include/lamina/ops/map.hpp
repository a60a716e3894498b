#pragma once
#include "lamina/ops/math.hpp"

// A user-defined scalar function, applied element-wise; forward-mode automatic differentiation with dual numbers
// computes its derivative.

namespace lamina {

/// A dual number, a value with its derivative: f(a + a'ε) = f(a) + f'(a) a'ε. T is float, double, or a Dual for
/// higher-order derivatives.
template <class T>
struct Dual {
  T value{};       ///< The value.
  T derivative{};  ///< The derivative of the value with respect to the variable.
  /// Zero.
  Dual() = default;
  /// A value with its derivative.
  Dual(T v, T d) : value(v), derivative(d) {}
  /// A constant: its derivative is 0.
  template <class N>
    requires std::is_convertible_v<N, T>
  Dual(N constant) : value(static_cast<T>(constant)) {}  // NOLINT: implicit, so that formulas may contain numbers

  // Each function computes the value and, by the rules of differentiation, the derivative.
  /// Returns a + b.
  friend Dual operator+(const Dual& a, const Dual& b) { return {a.value + b.value, a.derivative + b.derivative}; }
  /// Returns a - b.
  friend Dual operator-(const Dual& a, const Dual& b) { return {a.value - b.value, a.derivative - b.derivative}; }
  /// Returns a b.
  friend Dual operator*(const Dual& a, const Dual& b) {
    return {a.value * b.value, a.derivative * b.value + a.value * b.derivative};
  }
  /// Returns a / b.
  friend Dual operator/(const Dual& a, const Dual& b) {
    const T quotient = a.value / b.value;
    return {quotient, (a.derivative - quotient * b.derivative) / b.value};
  }
  /// Returns -a.
  friend Dual operator-(const Dual& a) { return {-a.value, -a.derivative}; }
  /// Compares the values.
  friend bool operator<(const Dual& a, const Dual& b) { return a.value < b.value; }
  /// Compares the values.
  friend bool operator>(const Dual& a, const Dual& b) { return a.value > b.value; }
  /// Compares the values.
  friend bool operator<=(const Dual& a, const Dual& b) { return a.value <= b.value; }
  /// Compares the values.
  friend bool operator>=(const Dual& a, const Dual& b) { return a.value >= b.value; }
  /// Compares the values.
  friend bool operator==(const Dual& a, const Dual& b) { return a.value == b.value; }

  /// Returns exp(a).
  friend Dual exp(const Dual& a) {
    using std::exp;
    const T e = exp(a.value);
    return {e, a.derivative * e};
  }
  /// Returns log(a).
  friend Dual log(const Dual& a) {
    using std::log;
    return {log(a.value), a.derivative / a.value};
  }
  /// Returns sqrt(a).
  friend Dual sqrt(const Dual& a) {
    using std::sqrt;
    const T r = sqrt(a.value);
    return {r, a.derivative / (r + r)};
  }
  /// Returns sin(a).
  friend Dual sin(const Dual& a) {
    using std::cos, std::sin;
    return {sin(a.value), a.derivative * cos(a.value)};
  }
  /// Returns cos(a).
  friend Dual cos(const Dual& a) {
    using std::cos, std::sin;
    return {cos(a.value), -(a.derivative * sin(a.value))};
  }
  /// Returns tanh(a).
  friend Dual tanh(const Dual& a) {
    using std::tanh;
    const T t = tanh(a.value);
    return {t, a.derivative * (T(1) - t * t)};
  }
  /// Returns atan(a).
  friend Dual atan(const Dual& a) {
    using std::atan;
    return {atan(a.value), a.derivative / (T(1) + a.value * a.value)};
  }
  /// Returns erf(a).
  friend Dual erf(const Dual& a) {
    using std::erf, std::exp;
    return {erf(a.value), a.derivative * (T(1.1283791670955126) * exp(-(a.value * a.value)))};
  }
  /// Returns |a|; the derivative at 0 is 0.
  friend Dual abs(const Dual& a) { return a.value < T(0) ? -a : a.value > T(0) ? a : Dual(a.value, T(0)); }
  /// Returns a to the power of a constant.
  friend Dual pow(const Dual& a, const T& exponent) {
    using std::pow;
    return {pow(a.value, exponent), a.derivative * (exponent * pow(a.value, exponent - T(1)))};
  }
  /// Returns the maximum of a and b, with its derivative.
  friend Dual(max)(const Dual& a, const Dual& b) { return a.value < b.value ? b : a; }
  /// Returns the minimum of a and b, with its derivative.
  friend Dual(min)(const Dual& a, const Dual& b) { return b.value < a.value ? b : a; }
};

namespace detail {

/// The derivative of f, as a scalar function.
template <class F>
struct DerivativeOf {
  F f;
  template <class T>
  T operator()(const T& v) const {
    return f(Dual<T>(v, T(1))).derivative;
  }
};

inline constexpr int highest_derivative = 3;

/// y = f(x). Gradient: dx = dy f'(x). One pass computes f and f'. The loops are compiled for each instruction set; the
/// compiler vectorizes them if `f` permits.
template <int Order, class S, class F>
Tensor<S> map(const Tensor<S>& x, const F& f) {
  Tensor<S> y = Tensor<S>::empty(x.shape());
  S* out = TensorAccess::data(y);
  const S* in = x.data();
  Recording<S> tape{y, x};
  if (!tape) {
    kernels::with_lanes<S>([out, in, n = x.size(), &f](auto) LAMINA_INLINE_LAMBDA {
      for (Index i = 0; i < n; ++i) out[i] = f(in[i]);
    });
    return y;
  }
  Tensor<S> slope = Tensor<S>::empty(x.shape());
  S* slopes = TensorAccess::data(slope);
  kernels::with_lanes<S>([out, slopes, in, n = x.size(), &f](auto) LAMINA_INLINE_LAMBDA {
    for (Index i = 0; i < n; ++i) {
      const Dual<S> result = f(Dual<S>(in[i], S(1)));
      out[i] = result.value;
      slopes[i] = result.derivative;
    }
  });
  tape.gradient([x, slope, f](const Tensor<S>& dy, Gradients<S>& g) {
    if (!Gradients<S>::recorded()) {
      g.add(0, multiply(dy, slope));
    } else if constexpr (Order < highest_derivative) {
      g.add(0, multiply(dy, map<Order + 1>(x, DerivativeOf<F>{f})));
    } else {
      static_cast<void>(f);
      raise<ValueError>("map: expected a derivative up to order ", highest_derivative, ", got order ",
                        highest_derivative + 1, ". Compose the function of operations (exp, log, ...) instead.");
    }
  });
  return y;
}

}  // namespace detail

/// Computes f(v) for each element v, such as `map(x, [](auto v) { return v * v; })`.
///
/// `f` is generic in the type of its argument, which is a number or a Dual. It may use arithmetic, comparisons and,
/// without `std::`, exp, log, sqrt, sin, cos, tanh, atan, erf, abs, pow, max and min. The result has the shape of x. It
/// is differentiable up to three times; a fourth differentiation throws ValueError. `keras.ops.vectorized_map` over
/// elements.
template <TensorLike X, class F>
auto map(const X& x, const F& f) {
  return detail::map<1>(detail::as_tensor(x), f);
}

}  // namespace lamina
