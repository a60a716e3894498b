#pragma once

#include <Eigen/Core>

namespace baselines {

/// Matrix products that keep a tile of the output in registers during the loop over the inner axis. Operands are not
/// packed: for matrices that fit into the L2 cache this reaches the machine's peak, while Eigen's product, which packs
/// both operands first, reaches two thirds of it.
namespace tiles {

using Index = Eigen::Index;
using Packet = Eigen::internal::packet_traits<float>::type;
constexpr Index width = Eigen::internal::packet_traits<float>::size;
constexpr int tile_rows = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 32 ? 8 : 4;

/// The left operand: element (i, k) is data[i * row + k * inner]; a transposed matrix has the strides swapped.
struct Left {
  const float* data;
  Index row, inner;
};

/// One tile, Rows x (Columns packets). `start(i, j)` returns the initial value of a packet; `finish(i, j, packet)`
/// stores it.
template <int Rows, int Columns, class Start, class Finish>
void tile(Left a, const float* b, Index b_stride, Index inner, Index i, Index j, const Start& start,
          const Finish& finish) {
  using namespace Eigen::internal;
  Packet sum[std::size_t{Rows}][std::size_t{Columns}];
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
    for (int c = 0; c < Columns; ++c) sum[r][c] = start(i + r, j + c * width);
  }
  const float* left = a.data + i * a.row;
  const float* right = b + j;
  for (Index k = 0; k < inner; ++k, left += a.inner, right += b_stride) {
    Packet row[std::size_t{Columns}];
#pragma GCC unroll 8
    for (int c = 0; c < Columns; ++c) row[c] = ploadu<Packet>(right + c * width);
#pragma GCC unroll 8
    for (int r = 0; r < Rows; ++r) {
      const Packet factor = pset1<Packet>(left[r * a.row]);
#pragma GCC unroll 8
      for (int c = 0; c < Columns; ++c) sum[r][c] = pmadd(factor, row[c], sum[r][c]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
    for (int c = 0; c < Columns; ++c) finish(i + r, j + c * width, sum[r][c]);
  }
}

/// a * b, (rows, inner) * (inner, columns); `columns` is a multiple of `Columns` packets.
template <int Columns, class Start, class Finish>
void product(Left a, Index rows, const float* b, Index b_stride, Index columns, Index inner, const Start& start,
             const Finish& finish) {
  constexpr Index step = Columns * width;
  // If the right operand fits into the L1 cache, it stays there and the output is written in order. Otherwise, the
  // columns of a tile stay in the cache during the loop over the rows.
  const Index panel = inner * columns <= 8192 ? columns : step;
  for (Index first = 0; first < columns; first += panel) {
    Index i = 0;
    for (; i + tile_rows <= rows; i += tile_rows) {
      for (Index j = first; j < first + panel; j += step) {
        tile<tile_rows, Columns>(a, b, b_stride, inner, i, j, start, finish);
      }
    }
    for (; i < rows; ++i) {
      for (Index j = first; j < first + panel; j += step) tile<1, Columns>(a, b, b_stride, inner, i, j, start, finish);
    }
  }
}

/// out = inᵀ, one square of packets at a time; both sizes are multiples of the packet size.
template <class In, class Out, class P = Packet>
void transpose(const In& in, Out& out) {
  using namespace Eigen::internal;
  for (Index j = 0; j < in.cols(); j += width) {
    for (Index i = 0; i < in.rows(); i += width) {
      PacketBlock<P, static_cast<int>(width)> square;
      for (Index k = 0; k < width; ++k) square.packet[k] = ploadu<Packet>(&in(i + k, j));
      ptranspose(square);
      for (Index k = 0; k < width; ++k) pstoreu(&out(j + k, i), square.packet[k]);
    }
  }
}

}  // namespace tiles
}  // namespace baselines
