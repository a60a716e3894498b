#pragma once
#include "lamina/ops/math.hpp"

// Any function of one number, applied to every element; its derivative is found with dual numbers.

namespace lamina {

/// A number with its derivative: f(a + a'ε) = f(a) + f'(a) a'ε. T is float, double, or again a Dual for higher
/// derivatives.
template <class T>
struct Dual {
  T value{};
  T derivative{};
  Dual() = default;
  Dual(T v, T d) : value(v), derivative(d) {}
  template <class N>
    requires std::is_convertible_v<N, T>
  Dual(N constant) : value(static_cast<T>(constant)) {}  // NOLINT: constants stand for numbers

  friend Dual operator+(const Dual& a, const Dual& b) { return {a.value + b.value, a.derivative + b.derivative}; }
  friend Dual operator-(const Dual& a, const Dual& b) { return {a.value - b.value, a.derivative - b.derivative}; }
  friend Dual operator*(const Dual& a, const Dual& b) {
    return {a.value * b.value, a.derivative * b.value + a.value * b.derivative};
  }
  friend Dual operator/(const Dual& a, const Dual& b) {
    const T quotient = a.value / b.value;
    return {quotient, (a.derivative - quotient * b.derivative) / b.value};
  }
  friend Dual operator-(const Dual& a) { return {-a.value, -a.derivative}; }
  friend bool operator<(const Dual& a, const Dual& b) { return a.value < b.value; }
  friend bool operator>(const Dual& a, const Dual& b) { return a.value > b.value; }
  friend bool operator<=(const Dual& a, const Dual& b) { return a.value <= b.value; }
  friend bool operator>=(const Dual& a, const Dual& b) { return a.value >= b.value; }
  friend bool operator==(const Dual& a, const Dual& b) { return a.value == b.value; }

  friend Dual exp(const Dual& a) {
    using std::exp;
    const T e = exp(a.value);
    return {e, a.derivative * e};
  }
  friend Dual log(const Dual& a) {
    using std::log;
    return {log(a.value), a.derivative / a.value};
  }
  friend Dual sqrt(const Dual& a) {
    using std::sqrt;
    const T r = sqrt(a.value);
    return {r, a.derivative / (r + r)};
  }
  friend Dual sin(const Dual& a) {
    using std::cos, std::sin;
    return {sin(a.value), a.derivative * cos(a.value)};
  }
  friend Dual cos(const Dual& a) {
    using std::cos, std::sin;
    return {cos(a.value), -(a.derivative * sin(a.value))};
  }
  friend Dual tanh(const Dual& a) {
    using std::tanh;
    const T t = tanh(a.value);
    return {t, a.derivative * (T(1) - t * t)};
  }
  friend Dual atan(const Dual& a) {
    using std::atan;
    return {atan(a.value), a.derivative / (T(1) + a.value * a.value)};
  }
  friend Dual erf(const Dual& a) {
    using std::erf, std::exp;
    return {erf(a.value), a.derivative * (T(1.1283791670955126) * exp(-(a.value * a.value)))};
  }
  friend Dual abs(const Dual& a) { return a.value < T(0) ? -a : a.value > T(0) ? a : Dual(a.value, T(0)); }
  friend Dual pow(const Dual& a, const T& exponent) {
    using std::pow;
    return {pow(a.value, exponent), a.derivative * (exponent * pow(a.value, exponent - T(1)))};
  }
  friend Dual(max)(const Dual& a, const Dual& b) { return a.value < b.value ? b : a; }
  friend Dual(min)(const Dual& a, const Dual& b) { return b.value < a.value ? b : a; }
};

namespace detail {

/// f' as a function of a number.
template <class F>
struct DerivativeOf {
  F f;
  template <class T>
  T operator()(const T& v) const {
    return f(Dual<T>(v, T(1))).derivative;
  }
};

inline constexpr int highest_derivative = 3;

/// y = f(x);  dx = dy f'(x), both found in one pass. The loops are compiled for every instruction set: what `f` allows
/// of vectors is left to the compiler.
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
      raise<ValueError>("map: derivatives of an order above ", highest_derivative, " are not supported");
    }
  });
  return y;
}

}  // namespace detail

/// f(v) for every element v: `map(x, [](auto v) { return v * v; })`. `f` is written for a number of any type (use exp,
/// log, sqrt, sin, cos, tanh, atan, erf, abs, pow, max, min and arithmetic unqualified); it differentiates itself, up
/// to three times.
template <TensorLike X, class F>
auto map(const X& x, const F& f) {
  return detail::map<1>(detail::as_tensor(x), f);
}

}  // namespace lamina
