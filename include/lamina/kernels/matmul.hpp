#pragma once
#include "lamina/core/memory.hpp"
#include "lamina/kernels/micro_kernel.hpp"
#include "lamina/kernels/threads.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"
#endif

// Matrix products after Goto and van de Geijn (Anatomy of High-Performance Matrix Multiplication; 2008): loops over
// blocks, packed panels of B, and the micro-kernel of micro_kernel.hpp.

namespace lamina::kernels {

namespace detail {

/// Packs a block of B: copies it to rows of `padded` elements, padded with zeros.
template <class S>
LAMINA_NOINLINE void pack_panel(const Strided<S>& b, Index depth, Index columns, Index padded, S* out) {
  if (b.column == 1) {
    for (Index k = 0; k < depth; ++k, out += padded) {
      const S* from = b.data + k * b.row;
      for (Index j = 0; j < columns; ++j) out[j] = from[j];
      for (Index j = columns; j < padded; ++j) out[j] = S(0);
    }
  } else {
    // In short runs of k, so that the written rows stay in the L1 cache until they are full.
    constexpr Index run = 16;
    for (Index k0 = 0; k0 < depth; k0 += run) {
      const Index k1 = (std::min)(depth, k0 + run);
      for (Index j = 0; j < columns; ++j) {
        const S* from = b.data + j * b.column;
        for (Index k = k0; k < k1; ++k) out[k * padded + j] = from[k * b.row];
      }
      for (Index k = k0; k < k1; ++k)
        for (Index j = columns; j < padded; ++j) out[k * padded + j] = S(0);
    }
  }
}

/// C (+)= A B on one thread, in panels of B that stay in the L1 cache and tiles of C in registers. `pack`: if true, all
/// of B is packed into panels, which is faster if they are used often, and required if B is transposed.
template <class S>
void multiply_blocks(const ProductBlocks<S>& blocks, Index m, Index n, Index k, Strided<S> a, Strided<S> b, S* c,
                     Index c_row, bool accumulate, Epilogue<S> epilogue, bool pack, S* packed) {
  using B = ProductBlocks<S>;
  const Index width_of_pack = blocks.width;
  for (Index k0 = 0; k0 < k; k0 += B::depth) {
    const Index depth = (std::min)(B::depth, k - k0);
    for (Index n0 = 0; n0 < n; n0 += blocks.columns) {
      const Index columns = (std::min)(blocks.columns, n - n0);
      // If B is not packed, a partial last panel is read beyond its edge, into the next row. Its last rows, which have
      // no next row, are packed and multiplied in a second round.
      const Index ragged = pack || columns % width_of_pack == 0 ? columns : columns / blocks.panel * blocks.panel;
      Index in_place = depth;
      if (ragged < columns) {
        const Index padded = blocks.padded(columns - ragged), over = n0 + ragged + padded - n;
        if (over > 0 && (k0 + depth == k || over > b.row))
          in_place = std::max<Index>(0, depth - (over + b.row - 1) / b.row);
      }
      for (Index j = pack ? 0 : ragged; j < columns; j += blocks.panel) {
        const Index width = (std::min)(blocks.panel, columns - j), first = pack ? 0 : in_place;
        pack_panel<S>({b.data + (k0 + first) * b.row + (n0 + j) * b.column, b.row, b.column}, depth - first, width,
                      blocks.padded(width), packed + (pack ? j * depth : 0));
      }
      for (Index m0 = 0; m0 < m; m0 += B::height) {
        const Index rows = (std::min)(B::height, m - m0);
        for (Index j = 0; j < columns; j += blocks.panel) {
          const Index width = (std::min)(blocks.panel, columns - j), padded = blocks.padded(width);
          const Index split = j < ragged ? depth : in_place;
          for (int round = split == 0 ? 1 : 0; round < (split < depth ? 2 : 1); ++round) {
            const Index first = round == 0 ? 0 : split;
            const bool last = k0 + depth == k && (round == 1 || split == depth), from_packed = pack || round == 1;
            const Tile<S> tile{round == 0 ? split : depth - split,
                               a.data + m0 * a.row + (k0 + first) * a.column,
                               from_packed ? packed + (pack ? j * depth : 0) : b.data + k0 * b.row + n0 + j,
                               a.row,
                               a.column,
                               from_packed ? padded : b.row,
                               c + m0 * c_row + n0 + j,
                               c_row,
                               accumulate || k0 + first > 0,
                               last && epilogue.bias != nullptr ? epilogue.bias + n0 + j : nullptr,
                               last && epilogue.relu,
                               width};
            with_lanes<S>([&](auto lanes) LAMINA_INLINE_LAMBDA {
              multiply_rows<S, decltype(lanes)::value>(tile, rows, padded > decltype(lanes)::value);
            });
          }
        }
      }
    }
  }
}

/// The width of the strips of `multiply_row`, in packs: their sums fill the registers.
inline constexpr int packs_of_a_strip = 8;

/// Vector-matrix product (gemv): one row times a matrix stored by rows, strip by strip, so that B is read in memory
/// order. The caller computes the remaining columns.
template <class S, int Width>
LAMINA_ALWAYS_INLINE void multiply_row(Index n, Index k, const Strided<S>& a, const Strided<S>& b, S* c,
                                       bool accumulate, const Epilogue<S>& epilogue) {
  constexpr Index strip = packs_of_a_strip * Width;
  const bool direct = !accumulate && epilogue.bias == nullptr && !epilogue.relu;
  alignas(64) S sums[std::size_t{strip}];
  for (Index j = 0; j + strip <= n; j += strip) {
    const Tile<S> tile{k,
                       a.data,
                       b.data + j,
                       a.row,
                       a.column,
                       b.row,
                       c + j,
                       0,
                       accumulate,
                       epilogue.bias == nullptr ? nullptr : epilogue.bias + j,
                       epilogue.relu,
                       strip};
    multiply_tile<S, Width, 1, packs_of_a_strip>(tile, direct ? c + j : sums, 0);
    if (!direct) store_tile<S, Width>(tile, 1, 0, sums);
  }
}

/// Matrix-vector product (gemv): each result is the dot product of two contiguous rows.
template <class S, int Width>
LAMINA_ALWAYS_INLINE void multiply_columns(Index m, Index k, const S* a, Index a_row, const S* b, S* c, Index c_row,
                                           bool accumulate, const Epilogue<S>& epilogue, Index bias_step) {
  using V = Pack<S, Width>;
  for (Index i = 0; i < m; ++i, a += a_row, c += c_row) {
    V s0 = V::splat(S(0)), s1 = s0, s2 = s0, s3 = s0;
    Index j = 0;
    for (; j + 4 * Width <= k; j += 4 * Width) {
      s0 = fma(V::load(a + j), V::load(b + j), s0);
      s1 = fma(V::load(a + j + Width), V::load(b + j + Width), s1);
      s2 = fma(V::load(a + j + 2 * Width), V::load(b + j + 2 * Width), s2);
      s3 = fma(V::load(a + j + 3 * Width), V::load(b + j + 3 * Width), s3);
    }
    for (; j + Width <= k; j += Width) s0 = fma(V::load(a + j), V::load(b + j), s0);
    S value = sum_lanes((s0 + s1) + (s2 + s3));
    for (; j < k; ++j) {
      LAMINA_ONE_BY_ONE(j);
      value += a[j] * b[j];
    }
    if (accumulate) value += *c;
    if (epilogue.bias != nullptr) value += epilogue.bias[i * bias_step];
    *c = epilogue.relu && value < S(0) ? S(0) : value;
  }
}

/// A product too small for vectors: plain loops.
template <class S>
void multiply_small(Index m, Index n, Index k, const Strided<S>& a, const Strided<S>& b, S* c, Index c_row,
                    bool accumulate, const Epilogue<S>& epilogue) {
  // One column of C, for models with one output.
  if (n == 1 && !accumulate && k > 0) {
    const S bias = epilogue.bias != nullptr ? *epilogue.bias : S(-0.0);  // x + -0.0 is x for every x
    const S* row = a.data;
    for (Index i = 0; i < m; ++i, row += a.row, c += c_row) {
      LAMINA_ONE_BY_ONE(i);
      const S *p = row, *q = b.data;
      S value = *p * *q;
      for (Index l = 1; l < k; ++l) {
        LAMINA_ONE_BY_ONE(l);
        p += a.column;
        q += b.row;
        value += *p * *q;
      }
      *c = value + bias;
    }
    for (; epilogue.relu && m > 0; --m) {
      c -= c_row;
      if (*c < S(0)) *c = S(0);
    }
    return;
  }
  for (Index i = 0; i < m; ++i, c += c_row) {
    const S* row = k == 0 ? a.data : a.data + i * a.row;
    for (Index j = 0; j < n; ++j) {
      LAMINA_ONE_BY_ONE(j);
      const S* p = row;
      const S* q = k == 0 ? b.data : b.data + j * b.column;  // an empty B has no second column
      S value = S(0);
      for (Index l = 0; l < k; ++l, p += a.column, q += b.row) {
        LAMINA_ONE_BY_ONE(l);
        value += *p * *q;
      }
      if (accumulate) value += c[j];
      if (epilogue.bias != nullptr) value += epilogue.bias[j];
      c[j] = epilogue.relu && value < S(0) ? S(0) : value;
    }
  }
}

/// The unit for splitting columns over threads: whole panels for every vector width.
inline constexpr Index columns_of_a_part = 32;

/// True if threads split a product by columns of C: each reads and packs its own columns of B, and reads all of A.
/// Otherwise by rows: each reads its own rows of A, and packs all of B. Columns are better if B is a large matrix of
/// weights, whose columns were just updated by, and are in the cache of, one thread. Rows are better if C is the
/// gradient of weights, with A transposed: threads then write contiguous rows.
template <class S>
bool splits_columns(Index m, Index n, const Strided<S>& a) {
  const Index parts = 2 * ThreadTeam::instance().size();
  return a.column == 1 && m <= 4 * n && n / columns_of_a_part >= (std::min)(parts, m / 8);
}

/// Selects the algorithm of a product, and splits large products over threads.
template <class S>
LAMINA_NOINLINE void multiply_with_lanes(Index m, Index n, Index k, Strided<S> a, Strided<S> b, S* c, Index c_row,
                                         bool accumulate, Epilogue<S> epilogue) {
  // A column of C with a transposed A is computed as a row of the transposed product, which can be vectorized; a row of
  // C with a transposed B is computed as a column of dot products.
  Index bias_step = 0;
  if ((n == 1 && c_row == 1 && a.column != 1 && epilogue.bias == nullptr) ||
      (m == 1 && n > 1 && b.row == 1 && a.column == 1)) {
    bias_step = m == 1 ? 1 : 0;
    c_row = m == 1 ? 1 : m;
    std::swap(m, n);
    std::swap(a, b);
    a = a.transposed();
    b = b.transposed();
  }
  const bool pack = b.column != 1 || m >= 48;
  const auto run = [&](Index row0, Index row1, Index column0, Index column1) {
    const Index rows = row1 - row0, columns = column1 - column0;
    const Strided<S> a_part{a.data + row0 * a.row, a.row, a.column},
        b_part{b.data + column0 * b.column, b.row, b.column};
    S* c_part = c + row0 * c_row + column0;
    const Epilogue<S> e{epilogue.bias == nullptr ? nullptr : epilogue.bias + column0 + row0 * bias_step, epilogue.relu};
    if (n == 1 && a.column == 1 && (b.row == 1 || k == 1)) {
      with_lanes<S>([&](auto lanes) LAMINA_INLINE_LAMBDA {
        multiply_columns<S, decltype(lanes)::value>(rows, k, a_part.data, a.row, b.data, c_part, c_row, accumulate, e,
                                                    bias_step);
      });
      return;
    }
    const ProductBlocks<S> blocks;
    Index done = 0;
    if (m == 1 && b.column == 1) {
      const Index strip = packs_of_a_strip * blocks.width;
      done = columns / strip * strip;
      if (done > 0)
        with_lanes<S>([&](auto lanes) LAMINA_INLINE_LAMBDA {
          multiply_row<S, decltype(lanes)::value>(columns, k, a_part, b_part, c_part, accumulate, e);
        });
    }
    if (done == columns) return;
    const Index left = columns - done, most = (std::min)(blocks.columns, blocks.padded(left));
    const lamina::detail::Storage packed =
        lamina::detail::Storage::of<S>(most * (std::min)(k, ProductBlocks<S>::depth));
    multiply_blocks<S>(blocks, rows, left, k, a_part, {b_part.data + done * b.column, b.row, b.column}, c_part + done,
                       c_row, accumulate, {e.bias == nullptr ? nullptr : e.bias + done, e.relu}, pack,
                       static_cast<S*>(packed.memory()));
  };
  constexpr Index worth_a_thread = 400000;  // multiplications: about ten microseconds
  if (work_of(m, n, k) < 2 * worth_a_thread)
    run(0, m, 0, n);
  else if (splits_columns(m, n, a))
    parallel_ranges(n, m == 1 ? 128 : columns_of_a_part, worth_a_thread / std::max<Index>(1, m * k) + 1,
                    [&](Index begin, Index end) { run(0, m, begin, end); });
  else
    parallel_ranges(m, 8, worth_a_thread / std::max<Index>(1, n * k) + 1,
                    [&](Index begin, Index end) { run(begin, end, 0, n); });
}

}  // namespace detail

/// Matrix product (gemm): C = A B, or C += A B if `accumulate`, then the epilogue. All matrix products select their
/// algorithm here. A is (m, k) and B is (k, n), with any strides; C is (m, n), with rows of stride `c_row`. (Operands
/// are passed by reference. By value they would be written field by field and then copied with wider loads, which stall
/// on store forwarding; this took most of the time of a small product.)
template <class S>
LAMINA_NOINLINE void multiply(Index m, Index n, Index k, const Strided<S>& a, const Strided<S>& b, S* c, Index c_row,
                              bool accumulate = false, const Epilogue<S>& epilogue = {}) {
  if (m <= 0 || n <= 0) return;
  if (work_of(m, n, k) <= 96)  // selecting an algorithm would take longer
    detail::multiply_small(m, n, k, a, b, c, c_row, accumulate, epilogue);
  else
    detail::multiply_with_lanes(m, n, k, a, b, c, c_row, accumulate, epilogue);
}

LAMINA_COMPILED_FUNCTION(multiply);

}  // namespace lamina::kernels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif
