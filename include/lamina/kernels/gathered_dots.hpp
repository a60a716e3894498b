#pragma once
#include "lamina/core/shape.hpp"
#include "lamina/kernels/simd/simd.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

namespace lamina::kernels {

/// The gathered product (see GatheredProduct) for one or two columns, which would not fill a vector: vectors run along
/// the depth instead, where the elements of A are contiguous in runs. c[i c_row + j] = start[j] + sum over runs r and
/// their elements e of a[row[i] + step[r run] + e] b[j depth + r run + e]; with `relu`, max(c, 0).
template <class S>
struct GatheredDots {
  Index rows;                ///< Rows of A and C.
  Index depth;               ///< Columns of A.
  Index columns;             ///< Columns of C.
  Index run;                 ///< Length of the contiguous runs of A; a divisor of depth.
  const S* a;                ///< The data of A.
  const std::int32_t* row;   ///< Offsets in `a` of the rows.
  const std::int32_t* step;  ///< Offsets in `a` of the elements of a row.
  const S* b;                ///< B, transposed: (columns, depth).
  S* c;                      ///< The result C, (rows, columns).
  Index c_row;               ///< Stride of the rows of C.
  const S* start;            ///< Initial values of the sums, (columns).
  bool relu;                 ///< If true, negative results become 0.
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

/// Computes a GatheredDots product on the calling thread.
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
