#pragma once
#include "lamina/kernels/matmul.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

namespace lamina::kernels {

/// An implicit matrix product, C = A B or C += A B: A is not stored as a matrix; its element (i, k) is a[row[i] +
/// step[k]]. With the offsets of windows as rows, and those of the elements of a window as steps, A is the im2col
/// matrix of an image; with rows and steps exchanged, its transpose. Offsets are in elements.
template <class S>
struct GatheredProduct {
  Index rows;                ///< Rows of A and C.
  Index depth;               ///< Columns of A, rows of B.
  Index columns;             ///< Columns of B and C.
  const S* a;                ///< The data of A.
  const std::int32_t* row;   ///< Offsets in `a` of the rows, (rows).
  const std::int32_t* step;  ///< Offsets in `a` of the elements of a row, (depth).
  /// B (depth, columns), packed in panels of `gathered_panel` columns. Each panel must be readable in full width.
  const S* b;
  Index b_row;                ///< Stride from one row of a panel to the next.
  Index b_panel;              ///< Stride from one panel to the next.
  S* c;                       ///< The result C. Row i starts at c + c_row[i], or at c + i c_stride if c_row is null.
  const std::int32_t* c_row;  ///< Offsets of the rows of C, or null.
  Index c_stride;             ///< Stride of the rows of C if `c_row` is null.
  bool accumulate = false;    ///< If true, adds to C.
  const S* start = nullptr;   ///< Initial values of the sums of every row, readable in full panels; null: zeros.
  bool relu = false;          ///< If true, negative results become 0.
};

/// Returns the number of columns of the panels of B.
template <class S>
Index gathered_panel() {
  return detail::ProductBlocks<S>().panel;
}

namespace detail {

template <class S, int Width, int R, int P>
LAMINA_ALWAYS_INLINE void gathered_tile(const GatheredProduct<S>& g, Index i, Index j, Index first, Index last) {
  using V = Pack<S, Width>;
  const S* a[std::size_t{R}];
  LAMINA_UNROLL for (int r = 0; r < R; ++r) a[r] = g.a + g.row[i + r];
  const bool starts = g.start != nullptr && first == 0, accumulates = g.accumulate || first > 0;
  const bool relu = g.relu && last == g.depth;
  V sum[std::size_t{R}][std::size_t{P}];
  LAMINA_UNROLL for (int p = 0; p < P; ++p) {
    const V start = starts ? V::load(g.start + j + p * Width) : V::splat(S(0));
    LAMINA_UNROLL for (int r = 0; r < R; ++r) sum[r][p] = start;
  }
  const S* b = g.b + j / (2 * Width) * g.b_panel + first * g.b_row;
  const std::int32_t* const end = g.step + last;
  for (const std::int32_t* step = g.step + first; step != end; ++step, b += g.b_row) {
    const Index at = *step;
    V column[std::size_t{P}];
    LAMINA_UNROLL for (int p = 0; p < P; ++p) column[p] = V::load(b + p * Width);
    LAMINA_UNROLL for (int r = 0; r < R; ++r) {
      const V factor = V::splat(a[r][at]);
      LAMINA_UNROLL for (int p = 0; p < P; ++p) sum[r][p] = fma(factor, column[p], sum[r][p]);
    }
  }
  const auto row_of_c = [&](int r) LAMINA_INLINE_LAMBDA {
    return g.c + (g.c_row != nullptr ? Index{g.c_row[i + r]} : (i + r) * g.c_stride) + j;
  };
  const Index left = g.columns - j;
  if (left >= P * Width) {
    LAMINA_UNROLL for (int r = 0; r < R; ++r) {
      S* const c = row_of_c(r);
      LAMINA_UNROLL for (int p = 0; p < P; ++p) {
        V value = sum[r][p];
        if (accumulates) value = value + V::load(c + p * Width);
        if (relu) value = select(value < S(0), S(0), value);  // NaN stays
        value.store(c + p * Width);
      }
    }
    return;
  }
  alignas(64) S sums[std::size_t{R * P * Width}];
  LAMINA_UNROLL for (int r = 0; r < R; ++r) LAMINA_UNROLL for (int p = 0; p < P; ++p) sum[r][p].store(
      sums + (r * P + p) * Width);
  for (int r = 0; r < R; ++r) store_few<S>(sums + r * P * Width, row_of_c(r), left, accumulates, nullptr, relu);
}

template <class S, int Width, int P>
LAMINA_ALWAYS_INLINE void gathered_rows(const GatheredProduct<S>& g, Index j, Index first, Index last) {
  constexpr int R = ProductTile<S, Width>::rows;
  Index i = 0;
  for (; i + R <= g.rows; i += R) gathered_tile<S, Width, R, P>(g, i, j, first, last);
  if constexpr (R > 4) {
    for (; i + 4 <= g.rows; i += 4) gathered_tile<S, Width, 4, P>(g, i, j, first, last);
  }
  for (; i < g.rows; ++i) gathered_tile<S, Width, 1, P>(g, i, j, first, last);
}

}  // namespace detail

/// Computes a GatheredProduct on the calling thread. The order of summation depends on the depth only.
template <class S>
LAMINA_NOINLINE void multiply_gathered(const GatheredProduct<S>& g) {
  constexpr Index deepest = 4 * detail::ProductBlocks<S>::depth;  // panels of this depth stream from the L2 cache
  const Index panel = gathered_panel<S>();
  for (Index first = 0; first < g.depth || first == 0; first += deepest) {
    const Index last = (std::min)(g.depth, first + deepest);
    with_lanes<S>([&](auto lanes) LAMINA_INLINE_LAMBDA {
      constexpr int width = decltype(lanes)::value;
      for (Index j = 0; j < g.columns; j += panel) {
        if (g.columns - j > width)
          detail::gathered_rows<S, width, 2>(g, j, first, last);
        else
          detail::gathered_rows<S, width, 1>(g, j, first, last);
      }
    });
  }
}

/// Packs a matrix into panels for a gathered product, padded with zeros, a few rows at a time, so that large matrices
/// are read in memory order.
template <class S>
void pack_panels(const Strided<S>& b, Index depth, Index columns, Index panel, S* out) {
  constexpr Index together = 16;
  for (Index k = 0; k < depth; k += together)
    for (Index j = 0; j < columns; j += panel)
      detail::pack_panel<S>({b.data + k * b.row + j * b.column, b.row, b.column}, (std::min)(together, depth - k),
                            (std::min)(panel, columns - j), panel, out + j * depth + k * panel);
}

LAMINA_COMPILED_FUNCTION(gathered_panel);
LAMINA_COMPILED_FUNCTION(multiply_gathered);
LAMINA_COMPILED_FUNCTION(pack_panels);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
