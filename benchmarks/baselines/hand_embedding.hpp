#pragma once

#include <Eigen/Core>
#include <random>
#include <vector>

#include "data.hpp"

namespace baselines {

/// The lookups of all programs: batches of uniformly distributed row indices.
struct EmbeddingTask {
  static constexpr Index rows = 100000, width = 64, batch = 32, length = 50, batches = 64;

  /// Returns the row indices of batch `i`, the same in every program.
  static std::vector<Index> positions(Index i) {
    std::mt19937 random(static_cast<unsigned>(i));
    std::vector<Index> all(static_cast<std::size_t>(batch * length));
    for (Index& position : all) position = static_cast<Index>(random() % rows);
    return all;
  }
};

/// Copies rows of the table, and applies their gradients to the table directly: gradient descent by hand stores no
/// gradient.
class HandEmbedding {
 public:
  HandEmbedding(const char* /*optimizer*/, int /*threads*/)
      : table_(Matrix::Random(EmbeddingTask::rows, EmbeddingTask::width)),
        y_(EmbeddingTask::batch * EmbeddingTask::length, EmbeddingTask::width),
        dy_(Matrix::Ones(y_.rows(), y_.cols())) {
    for (Index i = 0; i < EmbeddingTask::batches; ++i) positions_.push_back(EmbeddingTask::positions(i));
  }
  void step() {
    const std::vector<Index>& at = positions_[step_++ % positions_.size()];
    for (Index i = 0; i < y_.rows(); ++i) y_.row(i) = table_.row(at[static_cast<std::size_t>(i)]);
    for (Index i = 0; i < y_.rows(); ++i) table_.row(at[static_cast<std::size_t>(i)]) -= 0.01F * dy_.row(i);
  }

 private:
  Matrix table_, y_, dy_;
  std::vector<std::vector<Index>> positions_;
  std::size_t step_ = 0;
};

}  // namespace baselines
