#pragma once
#include "lamina/core/touched_rows.hpp"
#include "lamina/kernels/elementwise.hpp"
#include "lamina/kernels/parallel_lanes.hpp"
#include "lamina/kernels/simd/flush_subnormals.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// Optimizer updates of a variable, in one pass over memory. w is the variable, g its gradient, and keep = 1 - rate *
// decay the factor of weight decay. The caller computes gains (1 - beta_1 and so on) in double: in float the
// subtraction would lose four digits.
//
// A step loads all of its operands before it stores any: large arrays often start at the same page offset, and a load
// after a store to the same page offset of another array waits for the store (4K aliasing). This took a quarter of the
// time of some updates.

namespace lamina::kernels {

namespace detail {

/// Updates many elements. (A separate function: otherwise the loop over few elements would begin with saving
/// registers.)
template <class S, class Step>
LAMINA_NOINLINE void update_with_lanes(Index n, const Step& step) {
  parallel_lanes<S>(n, 64, elements_worth_a_thread / 2,
                    [step](auto width, Index begin, Index end) LAMINA_INLINE_LAMBDA {
                      constexpr int W = decltype(width)::value;
                      const FlushSubnormals flush;
                      Index i = begin;
                      for (; i + W <= end; i += W) step(width, i);
                      for (; i < end; ++i) {
                        LAMINA_ONE_BY_ONE(i);
                        step(std::integral_constant<int, 1>{}, i);
                      }
                    });
}

/// Applies `step` to n elements: `step(width, i)` updates the elements i to i + width.
template <class S, class Step>
LAMINA_ALWAYS_INLINE void update(Index n, const Step& step) {
  if (n >= fewest_for_lanes) {
    const Step given = step;  // a copy, so that the original can stay in registers
    return update_with_lanes<S>(n, given);
  }
  for (Index i = 0; i < n; ++i) {
    LAMINA_ONE_BY_ONE(i);
    step(std::integral_constant<int, 1>{}, i);
  }
}

/// Applies `step` to the listed rows.
template <class S, class Step>
void update_rows(const lamina::detail::TouchedRows& rows, const Step& step) {
  const Index width = static_cast<Index>(rows.row_bytes() / sizeof(S));
  parallel_lanes<S>(rows.count(), 1, elements_worth_a_thread / 2 / (width + 1) + 1,
                    [row = rows.begin(), width, step](auto lanes, Index begin, Index end) LAMINA_INLINE_LAMBDA {
                      constexpr int W = decltype(lanes)::value;
                      const FlushSubnormals flush;
                      for (Index r = begin; r < end; ++r) {
                        Index i = row[r] * width;
                        const Index stop = i + width;
                        for (; i + W <= stop; i += W) step(lanes, i);
                        for (; i < stop; ++i) {
                          LAMINA_ONE_BY_ONE(i);
                          step(std::integral_constant<int, 1>{}, i);
                        }
                      }
                    });
}

}  // namespace detail

namespace detail {
template <class S>
auto sgd_step(S* w, const S* g, S keep, S rate) {
  return [=](auto width, Index i) LAMINA_INLINE_LAMBDA {
    using P = Pack<S, decltype(width)::value>;
    fma(P::splat(-rate), P::load(g + i), P::load(w + i) * keep).store(w + i);
  };
}
}  // namespace detail

/// w = keep w - rate g
template <class S>
void sgd(Index n, S* w, const S* g, S keep, S rate) {
  detail::update<S>(n, detail::sgd_step(w, g, keep, rate));
}
/// w = w - rate g, for the listed rows, where g may be nonzero.
template <class S>
void sgd_rows(const lamina::detail::TouchedRows& rows, S* w, const S* g, S rate) {
  detail::update_rows<S>(rows, detail::sgd_step(w, g, S(1), rate));
}

/// m = momentum m - rate g;  w = keep w + m, or, with Nesterov momentum, w = keep w + momentum m - rate g
template <class S>
void sgd_momentum(Index n, S* w, S* m, const S* g, S keep, S rate, S momentum, bool nesterov) {
  detail::update<S>(n, [=](auto width, Index i) LAMINA_INLINE_LAMBDA {
    using P = Pack<S, decltype(width)::value>;
    const P weight = P::load(w + i), step = P::load(g + i) * rate, velocity = P::load(m + i) * momentum - step;
    const P moved = nesterov ? velocity * momentum - step : velocity;
    velocity.store(m + i);
    fma(weight, P::splat(keep), moved).store(w + i);
  });
}

/// v = rho v + gain g², with gain = 1 - rho;  step = g / √(v + epsilon), or, with the moving average a of g (centered),
/// g / √(v - a² + epsilon);  w = keep w - rate step, or, with m, m = momentum m + rate step and w = keep w - m. a and m
/// may be null.
template <class S>
void rmsprop(Index n, S* w, S* v, S* m, S* a, const S* g, S keep, S rate, S rho, S gain, S momentum, S epsilon) {
  detail::update<S>(n, [=](auto width, Index i) LAMINA_INLINE_LAMBDA {
    using P = Pack<S, decltype(width)::value>;
    const P weight = P::load(w + i), gradient = P::load(g + i);
    const P variance = P::load(v + i) * rho + gradient * gradient * gain;
    P denominator = variance + epsilon;
    if (a != nullptr) {
      const P average = P::load(a + i) * rho + gradient * gain;
      average.store(a + i);
      denominator = denominator - average * average;
    }
    P step = divide_by_sqrt(gradient * rate, denominator);
    if (m != nullptr) {
      step = P::load(m + i) * momentum + step;
      step.store(m + i);
    }
    variance.store(v + i);
    fma(weight, P::splat(keep), -step).store(w + i);
  });
}

/// m += gain1 (g - m);  v += gain2 (g² - v);  w = keep w - rate m / (√v + epsilon), with gain1 = 1 - beta_1 and gain2 =
/// 1 - beta_2. `rate` includes the bias corrections. If h is not null (amsgrad): h = max(h, v), which replaces v.
template <class S>
void adam(Index n, S* w, S* m, S* v, S* h, const S* g, S keep, S rate, S gain1, S gain2, S epsilon) {
  detail::update<S>(n, [=](auto width, Index i) LAMINA_INLINE_LAMBDA {
    using P = Pack<S, decltype(width)::value>;
    const P weight = P::load(w + i), gradient = P::load(g + i);
    P mean = P::load(m + i), variance = P::load(v + i);
    mean = fma(gradient - mean, P::splat(gain1), mean);
    variance = fma(gradient * gradient - variance, P::splat(gain2), variance);
    P largest = variance;
    if (h != nullptr) {
      largest = maximum(P::load(h + i), variance);
      largest.store(h + i);
    }
    mean.store(m + i);
    variance.store(v + i);
    fma(weight, P::splat(keep), -(mean * rate / (sqrt(largest) + epsilon))).store(w + i);
  });
}

/// m += gain1 (g - m);  u = max(beta_2 u, |g|);  w = keep w - rate m / (u + epsilon). `rate` includes the bias
/// correction.
template <class S>
void adamax(Index n, S* w, S* m, S* u, const S* g, S keep, S rate, S gain1, S beta2, S epsilon) {
  detail::update<S>(n, [=](auto width, Index i) LAMINA_INLINE_LAMBDA {
    using P = Pack<S, decltype(width)::value>;
    const P weight = P::load(w + i), gradient = P::load(g + i);
    P mean = P::load(m + i);
    mean = fma(gradient - mean, P::splat(gain1), mean);
    const P norm = maximum(P::load(u + i) * beta2, abs(gradient));
    mean.store(m + i);
    norm.store(u + i);
    fma(weight, P::splat(keep), -(mean * rate / (norm + epsilon))).store(w + i);
  });
}

/// m += gain1 (g - m);  v += gain2 (g² - v);  w = keep w - (of_mean m + of_gradient g) / (√(v unbias) + epsilon)
template <class S>
void nadam(Index n, S* w, S* m, S* v, const S* g, S keep, S of_mean, S of_gradient, S unbias, S gain1, S gain2,
           S epsilon) {
  detail::update<S>(n, [=](auto width, Index i) LAMINA_INLINE_LAMBDA {
    using P = Pack<S, decltype(width)::value>;
    const P weight = P::load(w + i), gradient = P::load(g + i);
    P mean = P::load(m + i), variance = P::load(v + i);
    mean = fma(gradient - mean, P::splat(gain1), mean);
    variance = fma(gradient * gradient - variance, P::splat(gain2), variance);
    mean.store(m + i);
    variance.store(v + i);
    const P ahead = mean * of_mean + gradient * of_gradient;
    fma(weight, P::splat(keep), -(ahead / (sqrt(variance * unbias) + epsilon))).store(w + i);
  });
}

namespace detail {
template <class S>
auto adagrad_step(S* w, S* a, const S* g, S keep, S rate, S epsilon) {
  return [=](auto width, Index i) LAMINA_INLINE_LAMBDA {
    using P = Pack<S, decltype(width)::value>;
    const P weight = P::load(w + i), gradient = P::load(g + i), total = fma(gradient, gradient, P::load(a + i));
    total.store(a + i);
    fma(weight, P::splat(keep), -divide_by_sqrt(gradient * rate, total + epsilon)).store(w + i);
  };
}
}  // namespace detail

/// a += g²;  w = keep w - rate g / √(a + epsilon)
template <class S>
void adagrad(Index n, S* w, S* a, const S* g, S keep, S rate, S epsilon) {
  detail::update<S>(n, detail::adagrad_step(w, a, g, keep, rate, epsilon));
}
/// `adagrad` with keep = 1, for the listed rows, where g may be nonzero.
template <class S>
void adagrad_rows(const lamina::detail::TouchedRows& rows, S* w, S* a, const S* g, S rate, S epsilon) {
  detail::update_rows<S>(rows, detail::adagrad_step(w, a, g, S(1), rate, epsilon));
}

/// a = rho a + gain g²;  d = g √((b + epsilon) / (a + epsilon));  b = rho b + gain d²;  w = keep w - rate d, with gain
/// = 1 - rho
template <class S>
void adadelta(Index n, S* w, S* a, S* b, const S* g, S keep, S rate, S rho, S gain, S epsilon) {
  detail::update<S>(n, [=](auto width, Index i) LAMINA_INLINE_LAMBDA {
    using P = Pack<S, decltype(width)::value>;
    const P weight = P::load(w + i), gradient = P::load(g + i), moves = P::load(b + i);
    const P variance = P::load(a + i) * rho + gradient * gradient * gain;
    const P step = gradient * sqrt((moves + epsilon) / (variance + epsilon));
    variance.store(a + i);
    (moves * rho + step * step * gain).store(b + i);
    fma(weight, P::splat(keep), -(step * rate)).store(w + i);
  });
}

/// c = beta_1 m + gain1 g;  w = keep w - rate sign(c), with sign(0) = 0;  m = beta_2 m + gain2 g
template <class S>
void lion(Index n, S* w, S* m, const S* g, S keep, S rate, S beta1, S gain1, S beta2, S gain2) {
  detail::update<S>(n, [=](auto width, Index i) LAMINA_INLINE_LAMBDA {
    using P = Pack<S, decltype(width)::value>;
    const P weight = P::load(w + i), gradient = P::load(g + i), mean = P::load(m + i);
    const P c = mean * beta1 + gradient * gain1;
    const P step = select(c > S(0), rate, select(c < S(0), -rate, c * rate));  // 0 or NaN: c * rate
    (mean * beta2 + gradient * gain2).store(m + i);
    fma(weight, P::splat(keep), -step).store(w + i);
  });
}

/// How `ftrl` computes powers: a square root for the exponent 1/2, the default; 1 for 0; else by logarithms.
enum class FtrlPower { root, none, any };

namespace detail {
/// x^p for x >= 0.
template <FtrlPower Power, class P, class S>
LAMINA_ALWAYS_INLINE P raised(const P& x, S p) {
  if constexpr (Power == FtrlPower::root)
    return sqrt(x);
  else if constexpr (Power == FtrlPower::none)
    return P::splat(S(1));
  else
    return select(x > S(0), exp(log(x) * p), x);  // 0 stays 0
}
}  // namespace detail

/// FTRL-Proximal. With w' = keep w, p = -learning_rate_power and b = a + g²: l += g + 2 shrinkage w' - (b^p - a^p) w' /
/// rate;  a = b;  w = (clip(l, ±l1) - l) / (b^p / rate + 2 l2)
template <FtrlPower Power, class S>
void ftrl(Index n, S* w, S* a, S* l, const S* g, S keep, S rate, S p, S l1, S twice_l2, S twice_shrinkage) {
  const S per_rate = S(1) / rate;
  detail::update<S>(n, [=](auto width, Index i) LAMINA_INLINE_LAMBDA {
    using P = Pack<S, decltype(width)::value>;
    const P gradient = P::load(g + i), weight = P::load(w + i) * keep, before = P::load(a + i);
    P line = P::load(l + i);
    const P total = fma(gradient, gradient, before), power = detail::raised<Power>(total, p);
    const P risen = (power - detail::raised<Power>(before, p)) * per_rate;
    line = line + (gradient + weight * twice_shrinkage - risen * weight);
    const P held = minimum(maximum(line, P::splat(-l1)), P::splat(l1));
    total.store(a + i);
    line.store(l + i);
    ((held - line) / (power * per_rate + twice_l2)).store(w + i);
  });
}

/// average = momentum average + gain w
template <class S>
void moving_average(Index n, S* average, const S* w, S momentum, S gain) {
  detail::update<S>(n, [=](auto width, Index i) LAMINA_INLINE_LAMBDA {
    using P = Pack<S, decltype(width)::value>;
    (P::load(average + i) * momentum + P::load(w + i) * gain).store(average + i);
  });
}

LAMINA_COMPILED_FUNCTION(sgd);
LAMINA_COMPILED_FUNCTION(sgd_rows);
LAMINA_COMPILED_FUNCTION(sgd_momentum);
LAMINA_COMPILED_FUNCTION(rmsprop);
LAMINA_COMPILED_FUNCTION(adam);
LAMINA_COMPILED_FUNCTION(adamax);
LAMINA_COMPILED_FUNCTION(nadam);
LAMINA_COMPILED_FUNCTION(adagrad);
LAMINA_COMPILED_FUNCTION(adagrad_rows);
LAMINA_COMPILED_FUNCTION(adadelta);
LAMINA_COMPILED_FUNCTION(lion);
LAMINA_COMPILED_FUNCTION(moving_average);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
