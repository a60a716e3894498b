#pragma once
#include "lamina/core/shape.hpp"
#include "lamina/kernels/simd/simd.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

namespace lamina::kernels {

/// The gathered product (see GatheredProduct) for so few columns that packs along them would be empty: packs lie along
/// the depth instead, whose elements lie together in A by runs. c[i c_row + j] = start[j] + sum over runs r and their
/// elements e of a[row[i] + step[r run] + e] b[j depth + r run + e], or max(that, 0).
template <class S>
struct GatheredDots {
  Index rows, depth, columns, run;
  const S* a;
  const std::int32_t *row, *step;
  const S* b;
  S* c;
  Index c_row;
  const S* start;  // (columns)
  bool relu;
};

namespace detail {

template <class S, int Width, int R>
LAMINA_ALWAYS_INLINE void gathered_dots_of_rows(const GatheredDots<S>& g, Index i, Index j) {
  using V = Pack<S, Width>;
  const S *a[std::size_t{R}], *b = g.b + j * g.depth;
  LAMINA_UNROLL for (int r = 0; r < R; ++r) a[r] = g.a + g.row[i + r];
  V sum[std::size_t{R}];
  LAMINA_UNROLL for (int r = 0; r < R; ++r) sum[r] = V::splat(S(0));
  for (Index first = 0; first < g.depth; first += g.run, b += g.run) {
    const Index at = g.step[first];
    Index e = 0;
    for (; e + Width <= g.run; e += Width) {
      const V factor = V::load(b + e);
      LAMINA_UNROLL for (int r = 0; r < R; ++r) sum[r] = fma(V::load(a[r] + at + e), factor, sum[r]);
    }
    if (e < g.run) {
      const V factor = V::load_part(b + e, g.run - e);
      LAMINA_UNROLL for (int r = 0; r < R; ++r) sum[r] = fma(V::load_part(a[r] + at + e, g.run - e), factor, sum[r]);
    }
  }
  const S start = g.start[j];
  LAMINA_UNROLL for (int r = 0; r < R; ++r) {
    const S value = sum_lanes(sum[r]) + start;
    g.c[(i + r) * g.c_row + j] = g.relu && value < S(0) ? S(0) : value;  // NaN stays
  }
}

}  // namespace detail

/// Computes them on the calling thread.
template <class S>
LAMINA_NOINLINE void multiply_gathered_dots(const GatheredDots<S>& g) {
  with_lanes<S>([&](auto width) LAMINA_INLINE_LAMBDA {
    constexpr int W = decltype(width)::value, R = 4;
    for (Index j = 0; j < g.columns; ++j) {
      Index i = 0;
      for (; i + R <= g.rows; i += R) detail::gathered_dots_of_rows<S, W, R>(g, i, j);
      for (; i < g.rows; ++i) detail::gathered_dots_of_rows<S, W, 1>(g, i, j);
    }
  });
}

LAMINA_COMPILED_FUNCTION(multiply_gathered_dots);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
