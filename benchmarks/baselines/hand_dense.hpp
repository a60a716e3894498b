#pragma once

#include <Eigen/Core>

#include <algorithm>

#include "data.hpp"
#include "hand_product.hpp"
#include "hand_tiles.hpp"

namespace baselines {

/// The inputs and outputs of a dense layer, forward and backward, with a square kernel.
struct DenseTask {
  DenseTask(Index width, Index batch)
      : x(Matrix::Random(batch, width)),
        kernel(glorot(width, width, 1)),
        bias(Row::Random(width)),
        dy(Matrix::Random(batch, width)),
        y(batch, width),
        dx(batch, width),
        dkernel(width, width),
        dbias(width) {}

  Matrix x, kernel;
  Row bias;
  Matrix dy;
  Matrix y, dx, dkernel;
  Row dbias;
};

/// The dense layer with Eigen's products. For a batch of one, Eigen computes matrix-vector products.
struct HandDense : DenseTask {
  using DenseTask::DenseTask;

  void forward() {
    y.rowwise() = bias;
    add_product(y, x, kernel);
  }

  void backward() {
    dkernel.noalias() = x.transpose() * dy;
    dbias = dy.colwise().sum();
    dx.noalias() = dy * kernel.transpose();
  }
};

/// The dense layer with hand-written products; batch and width are multiples of a packet. Operands that the tiles read
/// repeatedly are packed first: rows whose stride is a power of two would evict each other from the cache.
class HandDenseTiles : public DenseTask {
 public:
  HandDenseTiles(Index width, Index batch)
      : DenseTask(width, batch),
        columns_(std::min(width, 2 * tiles::width)),
        zeros_(Row::Zero(columns_)),
        kernel_panel_(width, columns_),
        delta_panel_(batch, columns_),
        inputs_(width, batch) {}

  void forward() {
    if (kernel.cols() < 1024)
      return multiply(x, kernel, bias.data(), y.leftCols(y.cols()));  // packing would cost more than it saves
    for (Index first = 0; first < kernel.cols(); first += columns_) {
      kernel_panel_ = kernel.middleCols(first, columns_);
      multiply(x, kernel_panel_, bias.data() + first, y.middleCols(first, columns_));
    }
  }

  void backward() {
    tiles::transpose(x, inputs_);
    for (Index first = 0; first < dy.cols(); first += columns_) {
      delta_panel_ = dy.middleCols(first, columns_);
      multiply(inputs_, delta_panel_, zeros_.data(), dkernel.middleCols(first, columns_));
    }
    dbias = dy.colwise().sum();
    for (Index first = 0; first < kernel.rows(); first += columns_) {
      tiles::transpose(kernel.middleRows(first, columns_), kernel_panel_);
      multiply(dy, kernel_panel_, zeros_.data(), dx.middleCols(first, columns_));
    }
  }

 private:
  /// out = a * b + start.
  template <class Out>
  static void multiply(const Matrix& a, const Matrix& b, const float* start, Out out) {
    using namespace Eigen::internal;
    const auto first = [start](Index, Index j) { return ploadu<tiles::Packet>(start + j); };
    const auto last = [&out](Index i, Index j, const tiles::Packet& sum) { pstoreu(&out(i, j), sum); };
    const tiles::Left left{a.data(), a.cols(), 1};
    if (b.cols() % (2 * tiles::width) == 0) {
      tiles::product<2>(left, a.rows(), b.data(), b.cols(), b.cols(), b.rows(), first, last);
    } else {
      tiles::product<1>(left, a.rows(), b.data(), b.cols(), b.cols(), b.rows(), first, last);
    }
  }

  Index columns_;  // columns of a panel
  Row zeros_;
  Matrix kernel_panel_, delta_panel_, inputs_;
};

}  // namespace baselines
