#pragma once

#include <cmath>

#include "hand_mlp_epoch.hpp"

namespace baselines {

/// values = dropout(relu(values)). Sixteen independent generators, which the compiler vectorizes.
template <class Rows>
void relu_and_dropout(Rows&& values, float dropout, MlpLane& lane) {
  const auto limit = static_cast<std::int32_t>(dropout * 0x1p31f);
  const float scale = 1 / (1 - dropout);
  std::array<std::uint32_t, 16> states = lane.random;
  for (Index i = 0; i < values.rows(); ++i) {
    float* row = &values(i, 0);
    for (Index j = 0; j < values.cols(); j += 16) {
      for (Index k = 0; k < 16; ++k) {
        std::uint32_t& state = states[static_cast<std::size_t>(k)];
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        const float open = row[j + k] > 0 ? row[j + k] * scale : 0.0f;
        row[j + k] = static_cast<std::int32_t>(state >> 1) >= limit ? open : 0.0f;
      }
    }
  }
  lane.random = states;
}

/// Replaces rows of logits by the gradient of the batch's mean loss, (softmax - onehot) / batch, and sums the loss. The
/// number of columns is a compile-time constant, so that a row fits into one or two registers.
template <int Columns, class Logits, class Labels>
void softmax_and_loss(Logits&& logits, const Labels& labels, Index batch, MlpLane& lane) {
  using Logit = Eigen::Map<Eigen::Array<float, 1, Columns>>;
  const float factor = 1 / static_cast<float>(batch);
  float loss = 0;
  for (Index i = 0; i < logits.rows(); ++i) {
    Logit row(&logits(i, 0));
    const float largest = row.maxCoeff();
    lane.correct += row[labels[i]] == largest;
    loss += largest - row[labels[i]];
    row -= largest;
  }
  logits.array() = logits.array().exp();  // all rows at once, to fill SIMD vectors
  for (Index i = 0; i < logits.rows(); ++i) {
    Logit row(&logits(i, 0));
    const float sum = row.sum();
    loss += std::log(sum);
    row *= factor / sum;
    row[labels[i]] -= factor;
  }
  lane.loss += static_cast<double>(loss);
}

}  // namespace baselines
