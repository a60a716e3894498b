#pragma once
#include "lamina/core/classify.hpp"
#include "lamina/kernels/simd/math.hpp"
#include "lamina/kernels/threads.hpp"

namespace lamina::kernels {

namespace detail {

/// The largest element of a row, and the sum of e^(x - largest); what is written to `out` is e^(x - largest).
template <int W, class S>
LAMINA_ALWAYS_INLINE S exponentials(Index n, const S* x, S largest, S* out) {
  using V = Pack<S, W>;
  V sum = V::splat(S(0));
  Index j = 0;
  for (; j + W <= n; j += W) {
    const V e = exp_up_to_zero(V::load(x + j) - largest);
    e.store(out + j);
    sum = sum + e;
  }
  S total = S(0);
  if (j < n) {
    // The ragged end as one pack: its unused lanes are not stored nor summed.
    const Index left = n - j;
    S lanes[std::size_t{W}];
    exp_up_to_zero(V::load_part(x + j, left) - largest).store(lanes);
    for (int i = 0; i < W; ++i) {
      if (i >= left) break;
      out[j + i] = lanes[i];
      total += lanes[i];
    }
  }
  return n >= W ? total + sum_lanes(sum) : total;
}

/// The largest element of a row; where one is not a number, it may be that or another, as the sum will be none.
template <int W, class S>
LAMINA_ALWAYS_INLINE S largest_of(Index n, const S* x) {
  using V = Pack<S, W>;
  S largest = x[0];
  Index j = 0;
  if (n >= W) {
    V best = V::load(x);
    for (j = W; j + W <= n; j += W) best = maximum(V::load(x + j), best);
    S lanes[std::size_t{W}];
    best.store(lanes);
    for (int i = 0; i < W; ++i) largest = lanes[i] > largest ? lanes[i] : largest;
  }
  for (; j < n; ++j) {
    LAMINA_ONE_BY_ONE(j);
    largest = x[j] > largest ? x[j] : largest;
  }
  return largest;
}

/// What a row's exponents are reduced by: its largest element, unless all elements are -infinity, whose exponentials
/// are 0 then.
template <class S>
S finite_shift(const S& largest) {
  return is_infinite(largest) && largest < S(0) ? S(0) : largest;
}
/// log sum e^x of a row whose largest element is infinity: infinity, or NaN if an element is.
template <class S>
LAMINA_NOINLINE S log_sum_exp_with_infinity(Index n, const S* x) {
  const S* positive = x;
  for (Index j = 0; j < n; ++j) {
    if (is_nan(x[j])) return x[j];
    if (is_infinite(x[j]) && x[j] > S(0)) positive = x + j;
  }
  return *positive;
}

}  // namespace detail

/// Row by row: y = e^(x - max x) / sum e^(x - max x). A row of only -infinity gives NaN, or 0 if `zero_if_empty`: it is
/// a distribution over nothing.
template <class S>
void softmax(Index rows, Index n, const S* x, S* y, bool zero_if_empty = false) {
  parallel_ranges(rows, 1, 4096 / std::max<Index>(1, n) + 1, [&](Index begin, Index end) {
    with_lanes<S>([&](auto width) {
      constexpr int W = decltype(width)::value;
      for (Index r = begin; r < end; ++r) {
        S* to = y + r * n;
        S largest = detail::largest_of<W>(n, x + r * n);
        if (zero_if_empty) largest = detail::finite_shift(largest);
        const S sum = detail::exponentials<W>(n, x + r * n, largest, to);
        if (zero_if_empty && sum == S(0)) continue;
        const S scale = S(1) / sum;
        for (Index j = 0; j < n; ++j) to[j] *= scale;
      }
    });
  });
}

/// Row by row: dx = y (dy - sum y dy)
template <class S>
void softmax_gradient(Index rows, Index n, const S* y, const S* dy, S* dx) {
  parallel_ranges(rows, 1, 32768 / std::max<Index>(1, n) + 1, [&](Index begin, Index end) {
    for (Index r = begin; r < end; ++r) {
      S dot = S(0);
      for (Index j = r * n; j < (r + 1) * n; ++j) dot += y[j] * dy[j];
      for (Index j = r * n; j < (r + 1) * n; ++j) dx[j] = y[j] * (dy[j] - dot);
    }
  });
}

/// Row by row: log sum e^x, without overflow; -infinity for a row of only -infinity.
template <class S>
void log_sum_exp(Index rows, Index n, const S* x, S* out) {
  parallel_ranges(rows, 1, 4096 / std::max<Index>(1, n) + 1, [&](Index begin, Index end) {
    constexpr Index block = 256;
    with_lanes<S>([&](auto width) {
      constexpr int W = decltype(width)::value;
      S scratch[block];
      for (Index r = begin; r < end; ++r) {
        const S largest = detail::finite_shift(detail::largest_of<W>(n, x + r * n));
        if (is_infinite(largest)) [[unlikely]] {
          out[r] = detail::log_sum_exp_with_infinity(n, x + r * n);
          continue;
        }
        S sum = S(0);
        for (Index j = 0; j < n; j += block)
          sum += detail::exponentials<W>((std::min)(block, n - j), x + r * n + j, largest, scratch);
        out[r] = largest + log(Pack<S, 1>{sum}).v;
      }
    });
  });
}

LAMINA_COMPILED_FUNCTION(softmax);
LAMINA_COMPILED_FUNCTION(softmax_gradient);
LAMINA_COMPILED_FUNCTION(log_sum_exp);

}  // namespace lamina::kernels
