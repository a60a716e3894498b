#pragma once

#include "hand_mlp_passes.hpp"
#include "hand_product.hpp"

namespace baselines {

/// The MLP with Eigen's matrix products.
class HandMlp : public HandMlpEpoch<HandMlp> {
 public:
  HandMlp(const Digits& data, const MlpOptions& options)
      : HandMlpEpoch(data, options),
        kernel2_(MlpTask::kernel2()),
        bias2_(Matrix::Zero(1, Digits::classes)),
        hidden_gradient_(options.batch, MlpTask::hidden),
        logits_(options.batch, Digits::classes) {
    hidden_.fill(Matrix(options.batch, MlpTask::hidden));
    for (int part = 0; part < options.threads; ++part) {
      const auto [first, count] = share(MlpTask::hidden, part);
      columns_.push_back({HandWeight(MlpTask::kernel1().middleCols(first, count)), HandWeight(Matrix::Zero(1, count))});
    }
  }

  /// Computes some columns of hidden = dropout(relu(input * kernel1 + bias1)).
  void forward_columns(Index step, int part) {
    const auto [first, count] = share(MlpTask::hidden, part);
    const Columns& columns = columns_[static_cast<std::size_t>(part)];
    auto h = hidden(step).block(0, first, rows(step), count);
    h.rowwise() = columns.bias.value.row(0);  // the product is added to the bias: no separate pass
    add_product(h, input(step).topRows(rows(step)), columns.kernel.value);
    relu_and_dropout(h, options().dropout, lane(part));
  }

  /// Computes the logits, the loss and both gradients for some rows.
  void forward_and_back_rows(Index step, int part) {
    const auto [first, count] = share(rows(step), part);
    const auto h = hidden(step).middleRows(first, count);
    auto z = logits_.middleRows(first, count);
    z.rowwise() = bias2_.value.row(0);
    z.noalias() += h * kernel2_.value;
    softmax_and_loss<Digits::classes>(z, labels(step).segment(first, count), rows(step), lane(part));
    // An output is positive exactly if relu and dropout kept it, so no mask is stored.
    auto dh = hidden_gradient_.middleRows(first, count);
    dh.noalias() = z * kernel2_.value.transpose();
    dh.array() = (h.array() > 0.0f).select(dh.array() * (1 / (1 - options().dropout)), 0.0f);
  }

  void update_columns(Index step, int part) {
    const auto [first, count] = share(MlpTask::hidden, part);
    Columns& columns = columns_[static_cast<std::size_t>(part)];
    HandOptimizer& optimizer = lane(part).optimizer;
    const auto dh = hidden_gradient_.block(0, first, rows(step), count);
    update(columns.kernel, input(step).topRows(rows(step)), dh, optimizer);
    columns.bias.gradient.row(0) = dh.colwise().sum();
    optimizer.update(columns.bias);
    if (part + 1 < options().threads) return;

    const auto dz = logits_.topRows(rows(step));
    update(kernel2_, hidden(step).topRows(rows(step)), dz, optimizer);
    bias2_.gradient.row(0) = dz.colwise().sum();
    optimizer.update(bias2_);
  }

 private:
  /// The columns of the first kernel that one thread owns.
  struct Columns {
    HandWeight kernel, bias;
  };

  Matrix& hidden(Index step) { return hidden_[static_cast<std::size_t>(step % 2)]; }

  /// Updates a kernel by the gradient inputᵀ * delta; plain gradient descent does not store the gradient.
  template <class Input, class Delta>
  void update(HandWeight& kernel, const Input& input, const Delta& delta, const HandOptimizer& optimizer) const {
    if (!options().adam) {
      kernel.value.noalias() -= options().rate * input.transpose() * delta;
      return;
    }
    kernel.gradient.noalias() = input.transpose() * delta;
    optimizer.update(kernel);
  }

  std::vector<Columns> columns_;
  HandWeight kernel2_, bias2_;
  std::array<Matrix, 2> hidden_;
  Matrix hidden_gradient_, logits_;
};

}  // namespace baselines
