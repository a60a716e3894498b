#pragma once
#include "lamina/core/shape.hpp"
#include "lamina/kernels/channel_tiles.hpp"
#include "lamina/kernels/elementwise.hpp"
#include "lamina/kernels/threads.hpp"

namespace lamina::kernels {

struct SumOf {
  template <class S>
  static constexpr S identity = S(0);
  template <class P>
  static LAMINA_ALWAYS_INLINE P combine(const P& a, const P& b) {
    return a + b;
  }
};
/// Not-a-numbers are kept: `x > y` is false for them, so the order of the operands matters.
struct MaximumOf {
  template <class S>
  static constexpr S identity = -std::numeric_limits<S>::infinity();
  template <class P>
  static LAMINA_ALWAYS_INLINE P combine(const P& a, const P& b) {
    return select(a == a, select(a > b, a, b), a);
  }
};
struct MinimumOf {
  template <class S>
  static constexpr S identity = std::numeric_limits<S>::infinity();
  template <class P>
  static LAMINA_ALWAYS_INLINE P combine(const P& a, const P& b) {
    return select(a == a, select(a < b, a, b), a);
  }
};

/// out[i] = R over r of in[r, i]. Up to four packs of columns at a time stay in registers while the rows go by; of
/// fewer, several rows at a time, so that no sum waits for the one before it.
template <class R, int W, class S>
LAMINA_ALWAYS_INLINE void reduce_columns(Index reduced, Index inner, const S* in, S* out) {
  const auto tile = [&](auto lanes, auto packs, Index i) {
    constexpr int P = decltype(packs)::value, rows = 4 / P;
    using V = Pack<S, decltype(lanes)::value>;
    V total[std::size_t{rows}][std::size_t{P}];
    for (int k = 0; k < rows; ++k)
      for (int p = 0; p < P; ++p) total[k][p] = V::splat(R::template identity<S>);
    Index r = 0;
    for (; r + rows <= reduced; r += rows)
      for (int k = 0; k < rows; ++k)
        for (int p = 0; p < P; ++p)
          total[k][p] = R::combine(total[k][p], V::load(in + (r + k) * inner + i + p * V::width));
    for (; r < reduced; ++r)
      for (int p = 0; p < P; ++p) total[0][p] = R::combine(total[0][p], V::load(in + r * inner + i + p * V::width));
    for (int half = rows / 2; half > 0; half /= 2)
      for (int k = 0; k < half; ++k)
        for (int p = 0; p < P; ++p) total[k][p] = R::combine(total[k][p], total[k + half][p]);
    for (int p = 0; p < P; ++p) total[0][p].store(out + i + p * V::width);
  };
  if (inner < 4 * W)
    detail::channel_tiles<W, 2, true>(0, inner, tile);
  else
    detail::channel_tiles<W, 4, true>(0, inner, tile);
}

namespace detail {
/// `reduce` of many elements, apart from the few as that of `map` is.
template <class R, class S>
LAMINA_NOINLINE void reduce_with_lanes(Index outer, Index reduced, Index inner, const S* in, S* out, Index each) {
  parallel_ranges(outer, 1, 32768 / each + 1, [&](Index begin, Index end) {
    with_compiled_lanes<S>([&](auto width) {
      constexpr int W = decltype(width)::value;
      using V = Pack<S, W>;
      using One = Pack<S, 1>;
      for (Index o = begin; o < end; ++o) {
        const S* from = in + o * reduced * inner;
        S* to = out + o * inner;
        if (inner == 1) {
          One total{R::template identity<S>};
          Index r = 0;
          if (reduced >= 2 * W) {
            V s0 = V::splat(R::template identity<S>), s1 = s0, s2 = s0, s3 = s0;
            for (; r + 4 * W <= reduced; r += 4 * W) {
              s0 = R::combine(s0, V::load(from + r));
              s1 = R::combine(s1, V::load(from + r + W));
              s2 = R::combine(s2, V::load(from + r + 2 * W));
              s3 = R::combine(s3, V::load(from + r + 3 * W));
            }
            for (; r + W <= reduced; r += W) s0 = R::combine(s0, V::load(from + r));
            S lanes[std::size_t{W}];
            R::combine(R::combine(s0, s1), R::combine(s2, s3)).store(lanes);
            for (int i = 0; i < W; ++i) total = R::combine(total, One{lanes[i]});
          }
          for (; r < reduced; ++r) {
            LAMINA_ONE_BY_ONE(r);
            total = R::combine(total, One{from[r]});
          }
          total.store(to);
        } else {
          reduce_columns<R, W>(reduced, inner, from, to);
        }
      }
    });
  });
}
}  // namespace detail

/// out[o, i] = R over r of in[o, r, i], every element combined in an order that depends on the sizes alone.
template <class R, class S>
void reduce(Index outer, Index reduced, Index inner, const S* in, S* out) {
  const Index each = std::max<Index>(1, reduced * inner);
  if (outer * each >= fewest_for_lanes) return detail::reduce_with_lanes<R>(outer, reduced, inner, in, out, each);
  for (Index o = 0; o < outer; ++o, in += reduced * inner, out += inner)
    for (Index i = 0; i < inner; ++i) {
      Pack<S, 1> total{R::template identity<S>};
      const S* from = in + i;
      for (Index r = 0; r < reduced; ++r, from += inner) {
        LAMINA_ONE_BY_ONE(r);
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
  with_compiled_lanes<S>([&](auto width) {
    constexpr int W = decltype(width)::value;
    using V = Pack<S, W>;
    S total = S(0);
    Index i = 0;
    if (n >= 4 * W) {
      V s[4];
      for (int j = 0; j < 4; ++j) s[j] = V::splat(S(0));
      for (; i + 4 * W <= n; i += 4 * W)
        for (int j = 0; j < 4; ++j) {
          const V v = V::load(x + i + j * W);
          s[j] = fma(v, v, s[j]);
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
        n, out, [](const auto& u, const auto& v) { return u - v; }, a, b);
    sum_of_squares(n, out, &total);
  }
  return total;
}

LAMINA_COMPILED_FUNCTION(sum_of_squares);
LAMINA_COMPILED_FUNCTION(squares_of_difference);

}  // namespace lamina::kernels
