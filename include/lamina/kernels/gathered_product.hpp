#pragma once
#include "lamina/kernels/matmul.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

namespace lamina::kernels {

/// C = A B, or C += A B, where A is never written down: its element (i, k) lies at a[row[i] + step[k]]. With the places
/// of windows as rows and the places inside a window as steps, an image is the matrix of its patches; with rows and
/// steps exchanged, the transpose of it. Offsets are in elements.
template <class S>
struct GatheredProduct {
  Index rows, depth, columns;
  const S* a;
  const std::int32_t *row, *step;
  const S* b;  // (depth, columns) in panels as wide as `gathered_panel`, each of them readable to its full width
  Index b_row, b_panel;  // from a row of a panel to the next, and from a panel to the next
  S* c;                  // row i begins at c + c_row[i], or at c + i * c_stride where there is no table
  const std::int32_t* c_row;
  Index c_stride;
  bool accumulate = false;
  const S* start = nullptr;  // what every row of the sums begins with, readable to the full width of the panels
  bool relu = false;
};

/// How many columns of B the panels of a gathered product have.
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

/// Computes the product on the calling thread. Every element is summed in an order that depends on the depth alone.
template <class S>
LAMINA_NOINLINE void multiply_gathered(const GatheredProduct<S>& g) {
  constexpr Index deepest = 4 * detail::ProductBlocks<S>::depth;  // a panel of so many rows streams from the L2 cache
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

/// Copies a matrix into panels for a gathered product, the last one filled up with zeros: a few rows at a time, so that
/// large matrices are read as they lie.
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
