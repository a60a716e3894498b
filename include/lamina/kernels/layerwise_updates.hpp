#pragma once
#include <vector>

#include "lamina/kernels/optimizer_updates.hpp"
#include "lamina/kernels/simd/flush_subnormals.hpp"
#include "lamina/kernels/squares.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// Optimizer updates that depend on the norm of the whole variable or of its step (layer-wise adaptation). They need an
// additional pass over memory.

namespace lamina::kernels {

namespace detail {

/// Returns the sum of `step(width, i)` over n elements. Each call updates the elements i to i + width and returns their
/// contributions. Parts of a fixed size are each summed by one thread and then added in order: the result has the same
/// bits for any number of threads.
template <class S, class Step>
double update_and_sum(Index n, const Step& step) {
  constexpr Index part = 16384;
  const auto sum_part = [&](Index begin, Index end) {
    double total = 0;
    const auto range = [&](auto width) LAMINA_INLINE_LAMBDA {
      constexpr int W = decltype(width)::value;
      const Step own = step;  // a copy, see `map_compiled`
      Pack<S, W> sum = Pack<S, W>::splat(S(0));
      Index i = begin;
      for (; i + W <= end; i += W) sum = sum + own(width, i);
      total = static_cast<double>(sum_lanes(sum));
      for (; i < end; ++i) {
        LAMINA_ONE_BY_ONE(i);
        total += static_cast<double>(own(std::integral_constant<int, 1>{}, i).v);
      }
    };
    const FlushSubnormals flush;
    if (end - begin < fewest_for_lanes)
      range(std::integral_constant<int, 1>{});
    else
      with_lanes<S>(range);
    return total;
  };
  if (n <= part) return sum_part(0, n);
  const Index parts = (n + part - 1) / part;
  std::vector<double> sums(static_cast<std::size_t>(parts));
  parallel_ranges(parts, 1, 1, [&](Index begin, Index end) {
    for (Index p = begin; p < end; ++p)
      sums[static_cast<std::size_t>(p)] = sum_part(p * part, (std::min)((p + 1) * part, n));
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  return total;
}

/// m̂ / (√v̂ + epsilon), with the bias-corrected moments m̂ = m unbias1 and v̂ = v unbias2: the step of `lamb` before
/// scaling.
template <class P, class S>
LAMINA_ALWAYS_INLINE P lamb_step(const P& mean, const P& variance, S unbias1, S unbias2, S epsilon) {
  return mean * unbias1 / (sqrt(variance * unbias2) + epsilon);
}

}  // namespace detail

/// The squared norm |x|².
template <class S>
Squares squared_length(Index n, const S* x) {
  const double sum = detail::update_and_sum<S>(n, [=](auto width, Index i) LAMINA_INLINE_LAMBDA {
    const auto v = Pack<S, decltype(width)::value>::load(x + i);
    return v * v;
  });
  return squares_are_exact<S>(sum, n) ? Squares{sum} : scaled_squares(n, x);
}

/// LAMB: m += gain1 (g - m);  v += gain2 (g² - v);  u = m unbias1 / (√(v unbias2) + epsilon);  w = w' - rate (|w'| /
/// |u|) u, with w' = keep w. If |w'| or |u| is 0, their ratio is 1.
template <class S>
void lamb(Index n, S* w, S* m, S* v, const S* g, S keep, S rate, S gain1, S gain2, S unbias1, S unbias2, S epsilon) {
  const double sum = detail::update_and_sum<S>(n, [=](auto width, Index i) LAMINA_INLINE_LAMBDA {
    using P = Pack<S, decltype(width)::value>;
    const P gradient = P::load(g + i);
    P mean = P::load(m + i), variance = P::load(v + i);
    mean = fma(gradient - mean, P::splat(gain1), mean);
    variance = fma(gradient * gradient - variance, P::splat(gain2), variance);
    mean.store(m + i);
    variance.store(v + i);
    const P step = detail::lamb_step(mean, variance, unbias1, unbias2, epsilon);
    return step * step;
  });
  const auto step_at = [=](Index i) LAMINA_INLINE_LAMBDA {
    using One = Pack<S, 1>;
    return detail::lamb_step(One{m[i]}, One{v[i]}, unbias1, unbias2, epsilon).v;
  };
  const Squares steps = squares_are_exact<S>(sum, n) ? Squares{sum} : scaled_squares_of<S>(n, step_at);
  const Squares weights = squared_length(n, w);
  double ratio = 1;
  if (weights.sum > 0 && steps.sum > 0 && keep != 0)
    ratio = std::ldexp(std::abs(static_cast<double>(keep)) * weights.root() / steps.root(),
                       weights.exponent - steps.exponent);
  const auto scale = static_cast<S>(ratio * static_cast<double>(rate));
  // The step is computed again, which is faster than storing and loading it.
  detail::update<S>(n, [=](auto width, Index i) LAMINA_INLINE_LAMBDA {
    using P = Pack<S, decltype(width)::value>;
    const P step = detail::lamb_step(P::load(m + i), P::load(v + i), unbias1, unbias2, epsilon);
    fma(P::load(w + i), P::splat(keep), -(step * scale)).store(w + i);
  });
}

/// Adafactor: moving averages of g² + epsilon over the columns of each row, r (rows), and over the rows of each column,
/// c (columns): average = beta average + gain mean.
template <class S>
void adafactor_means(Index rows, Index columns, S* r, S* c, const S* g, S beta, S gain, S epsilon) {
  if (rows == 0 || columns == 0) return;
  std::vector<S> sums(static_cast<std::size_t>(columns), S(0));
  S* of_columns = sums.data();
  const S per_row = S(1) / static_cast<S>(columns), per_column = S(1) / static_cast<S>(rows);
  const FlushSubnormals flush;
  const auto run = [&](auto width) LAMINA_INLINE_LAMBDA {
    constexpr int W = decltype(width)::value;
    for (Index row = 0; row < rows; ++row) {
      const S* from = g + row * columns;
      Pack<S, W> sum = Pack<S, W>::splat(S(0));
      Index j = 0;
      for (; j + W <= columns; j += W) {
        const auto gradient = Pack<S, W>::load(from + j), square = gradient * gradient + epsilon;
        sum = sum + square;
        (Pack<S, W>::load(of_columns + j) + square).store(of_columns + j);
      }
      S total = sum_lanes(sum);
      for (; j < columns; ++j) {
        LAMINA_ONE_BY_ONE(j);
        const S square = from[j] * from[j] + epsilon;
        total += square;
        of_columns[j] += square;
      }
      r[row] = beta * r[row] + gain * (total * per_row);
    }
  };
  if (columns < fewest_for_lanes)
    run(std::integral_constant<int, 1>{});
  else
    with_lanes<S>(run);
  for (Index j = 0; j < columns; ++j) {
    LAMINA_ONE_BY_ONE(j);
    c[j] = beta * c[j] + gain * (of_columns[j] * per_column);
  }
}

/// Adafactor: v = (r / mean(r)) cᵀ. Returns the sum of g² / v, in which terms with g = 0 are 0, because v may be 0
/// there.
template <class S>
double adafactor_factored(Index rows, Index columns, S* v, const S* r, const S* c, const S* g) {
  double total = 0, mean = 0;
  for (Index row = 0; row < rows; ++row) mean += static_cast<double>(r[row]);
  mean /= static_cast<double>(rows);
  for (Index row = 0; row < rows; ++row) {
    const auto factor = static_cast<S>(static_cast<double>(r[row]) / mean);
    S* to = v + row * columns;
    const S* from = g + row * columns;
    total += detail::update_and_sum<S>(columns, [=](auto width, Index j) LAMINA_INLINE_LAMBDA {
      using P = Pack<S, decltype(width)::value>;
      const P gradient = P::load(from + j), variance = P::load(c + j) * factor;
      variance.store(to + j);
      return select(gradient == S(0), P::splat(S(0)), gradient * gradient / variance);
    });
  }
  return total;
}

/// Adafactor without factorization: v = beta v + gain (g² + epsilon). Returns the sum of g² / v.
template <class S>
double adafactor_unfactored(Index n, S* v, const S* g, S beta, S gain, S epsilon) {
  return detail::update_and_sum<S>(n, [=](auto width, Index i) LAMINA_INLINE_LAMBDA {
    using P = Pack<S, decltype(width)::value>;
    const P gradient = P::load(g + i), square = gradient * gradient;
    const P variance = P::load(v + i) * beta + (square + epsilon) * gain;
    variance.store(v + i);
    return select(gradient == S(0), P::splat(S(0)), square / variance);
  });
}

/// Adafactor: w = keep w - rate g / √v
template <class S>
void adafactor_step(Index n, S* w, const S* v, const S* g, S keep, S rate) {
  detail::update<S>(n, [=](auto width, Index i) LAMINA_INLINE_LAMBDA {
    using P = Pack<S, decltype(width)::value>;
    const P weight = P::load(w + i), gradient = P::load(g + i);
    const P step = select(gradient == S(0), P::splat(S(0)), divide_by_sqrt(gradient * rate, P::load(v + i)));
    fma(weight, P::splat(keep), -step).store(w + i);
  });
}

LAMINA_COMPILED_FUNCTION(squared_length);
LAMINA_COMPILED_FUNCTION(lamb);
LAMINA_COMPILED_FUNCTION(adafactor_means);
LAMINA_COMPILED_FUNCTION(adafactor_factored);
LAMINA_COMPILED_FUNCTION(adafactor_unfactored);
LAMINA_COMPILED_FUNCTION(adafactor_step);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
