#pragma once

#include "hand_mlp_passes.hpp"
#include "hand_tiles.hpp"

namespace baselines {

/// The MLP with hand-written matrix products: bias, mask and the optimizer's update are applied while a tile is in
/// registers, and kernel gradients are never stored.
class HandMlpTiles : public HandMlpEpoch<HandMlpTiles> {
 public:
  HandMlpTiles(const Digits& data, const MlpOptions& options)
      : HandMlpEpoch(data, options),
        kernel2_(Matrix::Zero(MlpTask::hidden, padded)),
        bias2_(Matrix::Constant(1, padded, -1e30f)),  // the padded classes have probability zero
        kernel2_transposed_(Matrix::Zero(padded, MlpTask::hidden)),
        hidden_gradient_(options.batch, MlpTask::hidden),
        logits_(options.batch, padded) {
    kernel2_.value.leftCols(Digits::classes) = MlpTask::kernel2();
    bias2_.value.leftCols(Digits::classes).setZero();
    kernel2_transposed_ = kernel2_.value.transpose();
    hidden_.fill(Matrix(options.batch, MlpTask::hidden));
    for (int part = 0; part < options.threads; ++part) {
      const auto [first, count] = share(MlpTask::hidden, part);
      columns_.push_back({HandWeight(MlpTask::kernel1().middleCols(first, count)), HandWeight(Matrix::Zero(1, count))});
    }
  }

  void forward_columns(Index step, int part) {
    const auto [first, count] = share(MlpTask::hidden, part);
    const Columns& columns = columns_[static_cast<std::size_t>(part)];
    auto h = hidden(step).block(0, first, rows(step), count);
    multiply<2>(left(input(step)), columns.kernel.value, columns.bias.value.data(), h);
    relu_and_dropout(h, options().dropout, lane(part));
  }

  void forward_and_back_rows(Index step, int part) {
    using namespace Eigen::internal;
    const auto [first, count] = share(rows(step), part);
    auto h = hidden(step).middleRows(first, count);
    auto z = logits_.middleRows(first, count);
    multiply<1>(left(h), kernel2_.value, bias2_.value.data(), z);
    softmax_and_loss<padded>(z, labels(step).segment(first, count), rows(step), lane(part));
    auto dh = hidden_gradient_.middleRows(first, count);
    const auto zero = [](Index, Index) { return pset1<tiles::Packet>(0.0f); };
    const auto scale = pset1<tiles::Packet>(1 / (1 - options().dropout));
    tiles::product<2>(left(z), count, kernel2_transposed_.data(), MlpTask::hidden, MlpTask::hidden, Digits::classes,
                      zero, [&](Index i, Index j, const tiles::Packet& sum) {
                        const auto closed = pcmp_le(ploadu<tiles::Packet>(&h(i, j)), zero(0, 0));
                        pstoreu(&dh(i, j), pandnot(pmul(sum, scale), closed));
                      });
  }

  void update_columns(Index step, int part) {
    const auto [first, count] = share(MlpTask::hidden, part);
    Columns& columns = columns_[static_cast<std::size_t>(part)];
    const HandOptimizer& optimizer = lane(part).optimizer;
    const auto dh = hidden_gradient_.block(0, first, rows(step), count);
    update<2>(columns.kernel, input(step), dh, optimizer);
    columns.bias.gradient.row(0) = dh.colwise().sum();
    optimizer.update(columns.bias);
    if (part + 1 < options().threads) return;

    const auto dz = logits_.topRows(rows(step));
    update<1>(kernel2_, hidden(step), dz, optimizer);
    kernel2_transposed_ = kernel2_.value.transpose();
    bias2_.gradient.row(0) = dz.colwise().sum();
    optimizer.update(bias2_);
  }

 private:
  static constexpr Index padded = 16;  // number of classes, padded to whole packets

  struct Columns {
    HandWeight kernel, bias;
  };

  Matrix& hidden(Index step) { return hidden_[static_cast<std::size_t>(step % 2)]; }

  template <class Block>
  static tiles::Left left(const Block& matrix) {
    return {matrix.data(), matrix.outerStride(), 1};
  }

  /// out = a * kernel + bias.
  template <int Columns, class Out>
  static void multiply(tiles::Left a, const Matrix& kernel, const float* bias, Out& out) {
    using namespace Eigen::internal;
    tiles::product<Columns>(
        a, out.rows(), kernel.data(), kernel.cols(), kernel.cols(), kernel.rows(),
        [&](Index, Index j) { return ploadu<tiles::Packet>(bias + j); },
        [&](Index i, Index j, const tiles::Packet& sum) { pstoreu(&out(i, j), sum); });
  }

  /// Updates a kernel by the gradient inputᵀ * delta.
  template <int Columns, class Delta>
  static void update(HandWeight& kernel, const Matrix& input, const Delta& delta, const HandOptimizer& optimizer) {
    using namespace Eigen::internal;
    const Index columns = kernel.value.cols();
    tiles::product<Columns>(
        {input.data(), 1, input.cols()}, kernel.value.rows(), delta.data(), delta.outerStride(), columns, delta.rows(),
        [](Index, Index) { return pset1<tiles::Packet>(0.0f); },
        [&](Index i, Index j, const tiles::Packet& sum) {
          const Index at = i * columns + j;
          optimizer.step(sum, kernel.value.data() + at, kernel.first.data() + at, kernel.second.data() + at);
        });
  }

  std::vector<Columns> columns_;
  HandWeight kernel2_, bias2_;
  Matrix kernel2_transposed_;
  std::array<Matrix, 2> hidden_;
  Matrix hidden_gradient_, logits_;
};

}  // namespace baselines
