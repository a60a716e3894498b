#pragma once
#include "lamina/core/shape.hpp"
#include "lamina/kernels/simd/simd.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// The micro-kernel of matrix products: computes a tile of C in registers from rows of A and a packed panel of B.

namespace lamina::kernels {

/// A strided matrix: element (i, j) is data[i * row + j * column].
template <class S>
struct Strided {
  const S* data;  ///< Element (0, 0).
  Index row;      ///< Stride of rows, in elements.
  Index column;   ///< Stride of columns, in elements.
  /// The transpose: swaps the strides.
  Strided transposed() const { return {data, column, row}; }
};

/// The operations on a product before it is stored (fused bias and activation).
template <class S>
struct Epilogue {
  const S* bias = nullptr;  ///< Added to every row, (columns); or null.
  bool relu = false;        ///< If true, negative results become 0.
};

namespace detail {

/// The size of the register tile: rows of C per tile. AVX-512 and 64-bit ARM have 32 vector registers.
template <class S, int Width>
struct ProductTile {
#if defined(__aarch64__)
  static constexpr bool many_registers = Width > 1;
#else
  static constexpr bool many_registers = Width * sizeof(S) == 64;
#endif
  static constexpr int rows = many_registers ? 8 : 6;
};

/// The block sizes of matrix products on this machine, in elements, in the terms of BLIS: kc = depth, mc = height, nc =
/// columns, nr = panel (two packs).
template <class S>
struct ProductBlocks {
  static constexpr Index depth = 256;   // the same for all shapes, so that the order of summation is the same
  static constexpr Index height = 120;  // rows of A that stay in cache
  Index width = machine_lanes<S>();
  Index panel = 2 * width;
  Index columns = 12 * panel;  // columns of B that are packed at a time
  Index padded(Index count) const noexcept { return (count + width - 1) / width * width; }
};

/// The operands of one tile.
template <class S>
struct Tile {
  Index depth;
  const S *a, *b;
  Index a_row, a_column, b_row;
  S* c;
  Index c_row;
  bool accumulate;
  const S* bias;
  bool relu;
  Index columns;  // columns of the tile that are inside C
};

/// Stores `count` sums, fewer than a pack, with accumulation, bias and relu.
template <class S>
LAMINA_ALWAYS_INLINE void store_few(const S* sums, S* c, Index count, bool accumulate, const S* bias, bool relu) {
  constexpr int width = 16 / int{sizeof(S)};
  using V = Pack<S, LAMINA_HAS_VECTOR_EXTENSION ? width : 1>;
  Index j = 0;
  for (; j + V::width <= count; j += V::width) {
    V value = V::load(sums + j);
    if (accumulate) value = value + V::load(c + j);
    if (bias != nullptr) value = value + V::load(bias + j);
    if (relu) value = select(value < S(0), S(0), value);  // NaN stays
    value.store(c + j);
  }
  for (; j < count; ++j) {
    LAMINA_ONE_BY_ONE(j);
    S value = sums[j];
    if (accumulate) value += c[j];
    if (bias != nullptr) value += bias[j];
    c[j] = relu && value < S(0) ? S(0) : value;
  }
}

/// Stores a tile from `sums`, rows of `stride` elements, with accumulation, bias and relu.
template <class S, int Width>
LAMINA_ALWAYS_INLINE void store_tile(const Tile<S>& t, Index rows, Index stride, const S* sums) {
  using V = Pack<S, Width>;
  for (Index i = 0; i < rows; ++i) {
    const S* from = sums + i * stride;
    S* c = t.c + i * t.c_row;
    Index j = 0;
    for (; j + Width <= t.columns; j += Width) {
      V value = V::load(from + j);
      if (t.accumulate) value = value + V::load(c + j);
      if (t.bias != nullptr) value = value + V::load(t.bias + j);
      if (t.relu) value = select(value < S(0), S(0), value);
      value.store(c + j);
    }
    if (j < t.columns)
      store_few(from + j, c + j, t.columns - j, t.accumulate, t.bias == nullptr ? nullptr : t.bias + j, t.relu);
  }
}

/// out[R x P packs] = A[R x depth] B[depth x P packs], accumulated in registers.
template <class S, int Width, int R, int P>
LAMINA_ALWAYS_INLINE void multiply_tile(const Tile<S>& t, S* out, Index out_row) {
  using V = Pack<S, Width>;
  V sum[std::size_t{R}][std::size_t{P}];
  LAMINA_UNROLL for (int i = 0; i < R; ++i) LAMINA_UNROLL for (int j = 0; j < P; ++j) sum[i][j] = V::splat(S(0));
#if defined(__aarch64__) && defined(__clang__)
  // With one pointer per row and a common offset, clang loads each factor into a lane, which fmla multiplies by. With
  // stepped pointers it uses ld1r, which occupies a vector unit on many processors.
  const S* rows_of_a[std::size_t{R}];
  LAMINA_UNROLL for (int i = 0; i < R; ++i) rows_of_a[i] = t.a + i * t.a_row;
  Index a = 0;
#define LAMINA_FACTOR(i) rows_of_a[i][a]
#else
  const S* a = t.a;
#define LAMINA_FACTOR(i) a[i * t.a_row]
#endif
  const S* b = t.b;
  for (Index k = 0; k < t.depth; ++k, a += t.a_column, b += t.b_row) {
#if defined(__aarch64__) && defined(__clang__)
    LAMINA_KEEP_APART(a);
#endif
    V row[std::size_t{P}];
    LAMINA_UNROLL for (int j = 0; j < P; ++j) row[j] = V::load(b + j * Width);
    LAMINA_UNROLL for (int i = 0; i < R; ++i) {
      const V factor = V::splat(LAMINA_FACTOR(i));
      LAMINA_UNROLL for (int j = 0; j < P; ++j) sum[i][j] = fma(factor, row[j], sum[i][j]);
    }
  }
#undef LAMINA_FACTOR
  LAMINA_UNROLL for (int i = 0; i < R; ++i) LAMINA_UNROLL for (int j = 0; j < P; ++j) sum[i][j].store(
      out + i * out_row + j * Width);
}

/// The macro-kernel: `rows` rows of C by one panel of B, which is one or two packs wide.
template <class S, int Width>
LAMINA_ALWAYS_INLINE void multiply_rows(Tile<S> t, Index rows, bool two_packs) {
  using T = ProductTile<S, Width>;
  const Index width = two_packs ? 2 * Width : Width;
  // Tiles are stored directly to C, unless there is an epilogue or a part of the panel is outside C.
  const bool direct = t.columns == width && !t.accumulate && t.bias == nullptr && !t.relu;
  alignas(64) S sums[std::size_t{T::rows * 2 * Width}];
  while (rows > 0) {
    S* const out = direct ? t.c : sums;
    const Index out_row = direct ? t.c_row : width;
    Index count = 1;
    if (rows >= T::rows) {
      count = T::rows;
      if (two_packs)
        multiply_tile<S, Width, T::rows, 2>(t, out, out_row);
      else
        multiply_tile<S, Width, T::rows, 1>(t, out, out_row);
    } else if (T::many_registers && rows >= 4) {
      count = 4;
      if (two_packs)
        multiply_tile<S, Width, 4, 2>(t, out, out_row);
      else
        multiply_tile<S, Width, 4, 1>(t, out, out_row);
    } else if (two_packs) {
      multiply_tile<S, Width, 1, 2>(t, out, out_row);
    } else {
      multiply_tile<S, Width, 1, 1>(t, out, out_row);
    }
    if (!direct) store_tile<S, Width>(t, count, width, sums);
    rows -= count;
    t.a += count * t.a_row;
    t.c += count * t.c_row;
  }
}

}  // namespace detail

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
