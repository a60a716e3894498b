#pragma once

#include <Eigen/Core>

namespace baselines {

/// Matrix products of which a tile of the output stays in registers while the inner axis passes by. Nothing is packed:
/// for matrices that fit the second-level cache this runs at the machine's limit, where Eigen's product, which copies
/// both operands first, reaches two thirds of it.
namespace tiles {

using Index = Eigen::Index;
using Packet = Eigen::internal::packet_traits<float>::type;
constexpr Index width = Eigen::internal::packet_traits<float>::size;
constexpr int tile_rows = EIGEN_ARCH_DEFAULT_NUMBER_OF_REGISTERS >= 32 ? 8 : 4;

/// The left operand: element (i, k) at data[i * row + k * inner]; a transposed matrix has its strides exchanged.
struct Left {
  const float* data;
  Index row, inner;
};

/// One tile, Rows x (Columns packets). `start(i, j)` gives a packet its first value, `finish(i, j, packet)` takes it.
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
  // A right operand that fits the first-level cache stays there, and the output is written in order; of a larger one,
  // a tile's columns stay in the cache while the rows pass by.
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

/// out = in', a square of packets at a time; both sizes are multiples of a packet's.
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
