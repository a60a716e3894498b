#pragma once
#include "lamina/kernels/elementwise.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// A variable's whole update in one pass over memory.

namespace lamina::kernels {

namespace detail {

/// Walks n elements of several arrays at once: `step(width, i)` updates elements i to i + width. `Heavy`: with roots
/// and quotients, for which all of the machine's lanes are worth having.
template <bool Heavy, class S, class Step>
void update(Index n, const Step& step) {
  if (n < fewest_for_lanes) {
    for (Index i = 0; i < n; ++i) step(std::integral_constant<int, 1>{}, i);
    return;
  }
  parallel_ranges(n, 64, elements_worth_a_thread / 2, [&](Index begin, Index end) {
    const auto range = [&](auto width) {
      constexpr int W = decltype(width)::value;
      Index i = begin;
      for (; i + W <= end; i += W) step(width, i);
      for (; i < end; ++i) step(std::integral_constant<int, 1>{}, i);
    };
    const FlushSubnormals flush;
    if constexpr (Heavy)
      with_lanes<S>(range);
    else
      with_compiled_lanes<S>(range);
  });
}

}  // namespace detail

/// w -= rate g
template <class S>
void sgd(Index n, S* w, const S* g, S rate) {
  detail::update<false, S>(n, [=](auto width, Index i) {
    using P = Pack<S, decltype(width)::value>;
    fma(P::splat(-rate), P::load(g + i), P::load(w + i)).store(w + i);
  });
}

/// m = momentum m - rate g;  w += m, or, by Nesterov, w += momentum m - rate g
template <class S>
void sgd_momentum(Index n, S* w, S* m, const S* g, S rate, S momentum, bool nesterov) {
  detail::update<false, S>(n, [=](auto width, Index i) {
    using P = Pack<S, decltype(width)::value>;
    const P step = P::load(g + i) * rate, velocity = P::load(m + i) * momentum - step;
    velocity.store(m + i);
    const P moved = nesterov ? velocity * momentum - step : velocity;
    (P::load(w + i) + moved).store(w + i);
  });
}

/// v = rho v + gain g², gain = 1 - rho as subtracted in double; with a (running mean of g) the step is g / √(v - a² +
/// epsilon), else g / √(v + epsilon); with m, m = momentum m + rate step and w -= m, else w -= rate step. Null: not
/// used.
template <class S>
void rmsprop(Index n, S* w, S* v, S* m, S* a, const S* g, S rate, S rho, S gain, S momentum, S epsilon) {
  detail::update<true, S>(n, [=](auto width, Index i) {
    using P = Pack<S, decltype(width)::value>;
    const P gradient = P::load(g + i);
    const P variance = P::load(v + i) * rho + gradient * gradient * gain;
    variance.store(v + i);
    P denominator = variance + epsilon;
    if (a != nullptr) {
      const P average = P::load(a + i) * rho + gradient * gain;
      average.store(a + i);
      denominator = denominator - average * average;
    }
    P step = gradient * rate / sqrt(denominator);
    if (m != nullptr) {
      step = P::load(m + i) * momentum + step;
      step.store(m + i);
    }
    (P::load(w + i) - step).store(w + i);
  });
}

/// m += (1 - beta1) (g - m);  v += (1 - beta2) (g² - v);  w -= rate m / (√v + epsilon), `rate` holding the bias
/// corrections. `gain1` and `gain2` are 1 - beta1 and 1 - beta2, as subtracted in double: in float the difference would
/// lose four digits.
template <class S>
void adam(Index n, S* w, S* m, S* v, const S* g, S rate, S gain1, S gain2, S epsilon) {
  detail::update<true, S>(n, [=](auto width, Index i) {
    using P = Pack<S, decltype(width)::value>;
    const P gradient = P::load(g + i);
    P mean = P::load(m + i), variance = P::load(v + i);
    mean = fma(gradient - mean, P::splat(gain1), mean);
    variance = fma(gradient * gradient - variance, P::splat(gain2), variance);
    mean.store(m + i);
    variance.store(v + i);
    (P::load(w + i) - mean * rate / (sqrt(variance) + epsilon)).store(w + i);
  });
}

/// The same with h = max(h, v) in the place of v.
template <class S>
void adam_amsgrad(Index n, S* w, S* m, S* v, S* h, const S* g, S rate, S gain1, S gain2, S epsilon) {
  detail::update<true, S>(n, [=](auto width, Index i) {
    using P = Pack<S, decltype(width)::value>;
    const P gradient = P::load(g + i);
    P mean = P::load(m + i), variance = P::load(v + i);
    mean = fma(gradient - mean, P::splat(gain1), mean);
    variance = fma(gradient * gradient - variance, P::splat(gain2), variance);
    const P highest = maximum(P::load(h + i), variance);
    mean.store(m + i);
    variance.store(v + i);
    highest.store(h + i);
    (P::load(w + i) - mean * rate / (sqrt(highest) + epsilon)).store(w + i);
  });
}

LAMINA_COMPILED_FUNCTION(sgd);
LAMINA_COMPILED_FUNCTION(sgd_momentum);
LAMINA_COMPILED_FUNCTION(rmsprop);
LAMINA_COMPILED_FUNCTION(adam);
LAMINA_COMPILED_FUNCTION(adam_amsgrad);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
