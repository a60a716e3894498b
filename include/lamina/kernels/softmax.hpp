#pragma once
#include "lamina/core/classify.hpp"
#include "lamina/kernels/parallel_lanes.hpp"
#include "lamina/kernels/simd/math.hpp"

namespace lamina::kernels {

namespace detail {

/// out = e^(x - largest) for a row; returns the sum.
template <int W, class S>
LAMINA_ALWAYS_INLINE S exponentials(Index n, const S* x, S largest, S* out) {
  using V = Pack<S, W>;
  V sum = V::splat(S(0));
  S total = S(0);
  for (Index j = 0; j < n; j += W) {
    LAMINA_KEEP_APART(j);  // one loop for full and partial vectors: the exponential is inlined once
    const Index left = n - j;
    const V e = exp_nonpositive((left >= W ? V::load(x + j) : V::load_part(x + j, left)) - largest);
    if (left >= W) {
      e.store(out + j);
      sum = sum + e;
    } else {
      e.store_part(out + j, left);  // the other lanes are not summed
      for (Index i = j; i < n; ++i) {
        LAMINA_ONE_BY_ONE(i);
        total += out[i];
      }
    }
  }
  return n >= W ? total + sum_lanes(sum) : total;
}

/// The largest element of a row. If an element is NaN, the result is unspecified, and the sum of exponentials is NaN.
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
    for (int i = 0; i < W; ++i) {
      LAMINA_ONE_BY_ONE(i);
      largest = lanes[i] > largest ? lanes[i] : largest;
    }
  }
  for (; j < n; ++j) {
    LAMINA_ONE_BY_ONE(j);
    largest = x[j] > largest ? x[j] : largest;
  }
  return largest;
}

/// The number to subtract from the exponents of a row: its largest element, or 0 if all elements are -infinity, so that
/// their exponentials are 0.
template <class S>
S finite_shift(const S& largest) {
  return is_infinite(largest) && largest < S(0) ? S(0) : largest;
}
/// log sum e^x of a row whose largest element is infinity: infinity, or NaN if an element is NaN.
template <class S>
LAMINA_COLD LAMINA_NOINLINE S log_sum_exp_with_infinity(Index n, const S* x) {
  const S* positive = x;
  for (Index j = 0; j < n; ++j) {
    if (is_nan(x[j])) return x[j];
    if (is_infinite(x[j]) && x[j] > S(0)) positive = x + j;
  }
  return *positive;
}

}  // namespace detail

/// Softmax of each row: y = e^(x - max x) / sum e^(x - max x). x and y: (rows, n). A row in which all elements are
/// -infinity gives NaN, or 0 if `zero_if_empty`.
template <class S>
void softmax(Index rows, Index n, const S* x, S* y, bool zero_if_empty = false) {
  const Index least = 4096 / std::max<Index>(1, n) + 1;
  parallel_lanes<S>(rows, 1, least, [=](auto width, Index begin, Index end) LAMINA_INLINE_LAMBDA {
    constexpr int W = decltype(width)::value;
    for (Index r = begin; r < end; ++r) {
      S* to = y + r * n;
      S largest = detail::largest_of<W>(n, x + r * n);
      if (zero_if_empty) largest = detail::finite_shift(largest);
      const S sum = detail::exponentials<W>(n, x + r * n, largest, to);
      if (zero_if_empty && sum == S(0)) continue;
      const S scale = S(1) / sum;
      Index j = 0;
      for (; j + W <= n; j += W) (Pack<S, W>::load(to + j) * scale).store(to + j);
      for (; j < n; ++j) {
        LAMINA_ONE_BY_ONE(j);
        to[j] *= scale;
      }
    }
  });
}

/// The gradient of softmax, for each row: dx = y (dy - sum(y dy)). All: (rows, n).
template <class S>
void softmax_gradient(Index rows, Index n, const S* y, const S* dy, S* dx) {
  const Index least = 32768 / std::max<Index>(1, n) + 1;
  parallel_lanes<S>(rows, 1, least, [=](auto width, Index begin, Index end) LAMINA_INLINE_LAMBDA {
    constexpr int W = decltype(width)::value;
    using V = Pack<S, W>;
    for (Index at = begin * n; at < end * n; at += n) {
      const Index whole = at + n - n % W;
      V dots = V::splat(S(0));
      for (Index j = at; j < whole; j += W) dots = fma(V::load(y + j), V::load(dy + j), dots);
      S dot = sum_lanes(dots);
      for (Index j = whole; j < at + n; ++j) {
        LAMINA_ONE_BY_ONE(j);
        dot += y[j] * dy[j];
      }
      for (Index j = at; j < whole; j += W) (V::load(y + j) * (V::load(dy + j) - dot)).store(dx + j);
      for (Index j = whole; j < at + n; ++j) {
        LAMINA_ONE_BY_ONE(j);
        dx[j] = y[j] * (dy[j] - dot);
      }
    }
  });
}

/// out = log(sum e^x) for each row of x (rows, n), without overflow. -infinity if all elements are -infinity.
template <class S>
void log_sum_exp(Index rows, Index n, const S* x, S* out) {
  const Index least = 4096 / std::max<Index>(1, n) + 1;
  parallel_lanes<S>(rows, 1, least, [=](auto width, Index begin, Index end) LAMINA_INLINE_LAMBDA {
    constexpr int W = decltype(width)::value;
    constexpr Index block = 256;
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
}

LAMINA_COMPILED_FUNCTION(softmax);
LAMINA_COMPILED_FUNCTION(softmax_gradient);
LAMINA_COMPILED_FUNCTION(log_sum_exp);

}  // namespace lamina::kernels
