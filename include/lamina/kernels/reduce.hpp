#pragma once
#include "lamina/core/shape.hpp"
#include "lamina/kernels/convolution/channel_tiles.hpp"
#include "lamina/kernels/elementwise.hpp"
#include "lamina/kernels/parallel_lanes.hpp"

namespace lamina::kernels {

/// The reduction by sum.
struct SumOf {
  /// The identity: 0.
  template <class P>
  static LAMINA_ALWAYS_INLINE P identity() {
    return P::splat(0);
  }
  /// a + b.
  template <class P>
  static LAMINA_ALWAYS_INLINE P combine(const P& a, const P& b) {
    return a + b;
  }
};
/// The reduction by maximum. NaN if any element is.
struct MaximumOf {
  /// The identity: -infinity.
  template <class P>
  static LAMINA_ALWAYS_INLINE P identity() {
    return P::minus_infinity();
  }
  /// The larger one, or NaN.
  template <class P>
  static LAMINA_ALWAYS_INLINE P combine(const P& a, const P& b) {
    return maximum_or_nan(a, b);
  }
};
/// The reduction by minimum. NaN if any element is.
struct MinimumOf {
  /// The identity: infinity.
  template <class P>
  static LAMINA_ALWAYS_INLINE P identity() {
    return P::infinity();
  }
  /// The smaller one, or NaN.
  template <class P>
  static LAMINA_ALWAYS_INLINE P combine(const P& a, const P& b) {
    return minimum_or_nan(a, b);
  }
};

namespace detail {

/// Reduces the lanes of a pack, in a binary tree of halves, as `sum_lanes`.
template <class R, class S, int N>
LAMINA_ALWAYS_INLINE Pack<S, 1> reduce_lanes(const Pack<S, N>& a) {
  if constexpr (N == 1) {
    return a;
  } else {
    Pack<S, N / 2> low, high;
    std::memcpy(&low.v, &a.v, sizeof low.v);
    std::memcpy(&high.v, reinterpret_cast<const char*>(&a.v) + sizeof low.v, sizeof high.v);
    return reduce_lanes<R>(R::combine(low, high));
  }
}

/// Reduces n > 0 contiguous elements. Starts from the first element instead of the identity: that of a maximum is
/// infinite, which -ffast-math does not support.
template <class R, int W, class S>
LAMINA_ALWAYS_INLINE S reduce_row(Index n, const S* in) {
  using V = Pack<S, W>;
  using One = Pack<S, 1>;
  Index r = 1;
  One total{in[0]};
  if (n >= W) {
    V s0 = V::load(in);
    r = W;
    if (n >= 4 * W) {
      V s1 = V::load(in + W), s2 = V::load(in + 2 * W), s3 = V::load(in + 3 * W);
      for (r = 4 * W; r + 4 * W <= n; r += 4 * W) {
        s0 = R::combine(s0, V::load(in + r));
        s1 = R::combine(s1, V::load(in + r + W));
        s2 = R::combine(s2, V::load(in + r + 2 * W));
        s3 = R::combine(s3, V::load(in + r + 3 * W));
      }
      s0 = R::combine(R::combine(s0, s1), R::combine(s2, s3));
    }
    for (; r + W <= n; r += W) s0 = R::combine(s0, V::load(in + r));
    total = reduce_lanes<R>(s0);
  }
  for (; r < n; ++r) {
    LAMINA_ONE_BY_ONE(r);
    total = R::combine(total, One{in[r]});
  }
  return total.v;
}

/// out[i] = R over n > 0 rows r of in[r, i], for P packs of columns, in registers. If P is small, several rows are
/// accumulated independently, to hide the latency of R.
template <class R, int W, int P, class S>
LAMINA_ALWAYS_INLINE void reduce_columns(Index n, Index stride, const S* in, S* out) {
  using V = Pack<S, W>;
  constexpr int rows = 4 / P;
  V total[std::size_t{rows}][std::size_t{P}];
  for (int p = 0; p < P; ++p) total[0][p] = V::load(in + p * W);
  Index r = 1;
  if (n >= rows) {
    for (int k = 1; k < rows; ++k)
      for (int p = 0; p < P; ++p) total[k][p] = V::load(in + k * stride + p * W);
    for (r = rows; r + rows <= n; r += rows)
      for (int k = 0; k < rows; ++k)
        for (int p = 0; p < P; ++p) total[k][p] = R::combine(total[k][p], V::load(in + (r + k) * stride + p * W));
    for (int half = rows / 2; half > 0; half /= 2)
      for (int k = 0; k < half; ++k)
        for (int p = 0; p < P; ++p) total[k][p] = R::combine(total[k][p], total[k + half][p]);
  }
  for (; r < n; ++r)
    for (int p = 0; p < P; ++p) total[0][p] = R::combine(total[0][p], V::load(in + r * stride + p * W));
  for (int p = 0; p < P; ++p) total[0][p].store(out + p * W);
}

/// reduce_columns for all columns, at least W. The last packs may overlap.
template <class R, int W, class S>
LAMINA_ALWAYS_INLINE void reduce_all_columns(Index n, Index inner, const S* in, S* out) {
  Index i = 0;
  for (; i + 4 * W <= inner; i += 4 * W) reduce_columns<R, W, 4>(n, inner, in + i, out + i);
  for (; i < inner; i += W) {
    i = (std::min)(i, inner - W);
    reduce_columns<R, W, 1>(n, inner, in + i, out + i);
  }
}

/// `reduce` of many elements.
template <class R, class S>
LAMINA_NOINLINE void reduce_with_lanes(Index outer, Index reduced, Index inner, const S* in, S* out) {
  const Index least = 32768 / (reduced * inner) + 1;
  constexpr int few = LAMINA_HAS_VECTOR_EXTENSION ? 16 / int{sizeof(S)} : 1, most = 64 / int{sizeof(S)};
  if (inner > 1 && inner < most)  // fewer columns than a wide pack: uses the narrowest packs
    return parallel_ranges(outer, 1, least, [=](Index begin, Index end) {
      for (Index o = begin; o < end; ++o)
        channel_tiles<few, 1, true>(0, inner, [=](auto lanes, auto, Index i) LAMINA_INLINE_LAMBDA {
          reduce_columns<R, decltype(lanes)::value, 1>(reduced, inner, in + o * reduced * inner + i,
                                                       out + o * inner + i);
        });
    });
  parallel_lanes<S>(outer, 1, least, [=](auto width, Index begin, Index end) LAMINA_INLINE_LAMBDA {
    constexpr int W = decltype(width)::value;
    for (Index o = begin; o < end; ++o) {
      if (inner == 1)
        out[o] = reduce_row<R, W>(reduced, in + o * reduced);
      else
        reduce_all_columns<R, W>(reduced, inner, in + o * reduced * inner, out + o * inner);
    }
  });
}

}  // namespace detail

/// out[o, i] = R over r of in[o, r, i], for in (outer, reduced, inner). The order depends on the sizes only. If
/// `reduced` is 0, the result is R's identity.
template <class R, class S>
void reduce(Index outer, Index reduced, Index inner, const S* in, S* out) {
  if (reduced == 0) {
    for (Index i = 0; i < outer * inner; ++i) R::template identity<Pack<S, 1>>().store(out + i);
    return;
  }
  if (outer * reduced * inner >= fewest_for_lanes) return detail::reduce_with_lanes<R>(outer, reduced, inner, in, out);
  for (Index o = 0; o < outer; ++o, in += reduced * inner, out += inner)
    for (Index i = 0; i < inner; ++i) {
      const S* from = in + i;
      Pack<S, 1> total{*from};
      for (Index r = 1; r < reduced; ++r) {
        LAMINA_ONE_BY_ONE(r);
        from += inner;
        total = R::combine(total, Pack<S, 1>{*from});
      }
      total.store(out + i);
    }
}

/// The sum of x² over n elements, on one thread, in an order that depends on n alone.
template <class S>
void sum_of_squares(Index n, const S* x, S* out) {
  if (n < 16) {
    S total = S(0);
    for (Index i = 0; i < n; ++i) {
      LAMINA_ONE_BY_ONE(i);
      total += x[i] * x[i];
    }
    *out = total;
    return;
  }
  with_lanes<S>([=](auto width) LAMINA_INLINE_LAMBDA {
    constexpr int W = decltype(width)::value;
    using V = Pack<S, W>;
    S total = S(0);
    Index i = 0;
    if (n >= W) {
      V s[4];
      for (int j = 0; j < 4; ++j) s[j] = V::splat(S(0));
      for (; i + 4 * W <= n; i += 4 * W)
        for (int j = 0; j < 4; ++j) {
          const V v = V::load(x + i + j * W);
          s[j] = fma(v, v, s[j]);
        }
      for (; i + W <= n; i += W) {
        const V v = V::load(x + i);
        s[0] = fma(v, v, s[0]);
      }
      total = sum_lanes((s[0] + s[1]) + (s[2] + s[3]));
    }
    for (; i < n; ++i) {
      LAMINA_ONE_BY_ONE(i);
      total += x[i] * x[i];
    }
    *out = total;
  });
}

/// out = a - b over n elements; returns the sum of out².
template <class S>
S squares_of_difference(Index n, const S* a, const S* b, S* out) {
  S total = S(0);
  if (n < fewest_for_lanes) {
    for (Index i = 0; i < n; ++i) {
      LAMINA_ONE_BY_ONE(i);
      out[i] = a[i] - b[i];
      total += out[i] * out[i];
    }
  } else {
    map(
        n, out, [](const auto& u, const auto& v) LAMINA_INLINE_LAMBDA { return u - v; }, a, b);
    sum_of_squares(n, out, &total);
  }
  return total;
}

LAMINA_COMPILED_FUNCTION(sum_of_squares);
LAMINA_COMPILED_FUNCTION(squares_of_difference);

}  // namespace lamina::kernels
