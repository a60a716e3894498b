#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <vector>

#include "hand_optimizer.hpp"
#include "hand_team.hpp"
#include "mlp_task.hpp"

namespace baselines {

/// The private data of a thread.
struct alignas(64) MlpLane {
  std::array<std::uint32_t, 16> random;
  HandOptimizer optimizer;
  double loss = 0;
  Index correct = 0;
};

/// The part of an epoch that all matrix products share: order, batches, running results and threads.
///
/// Each thread owns some columns of the first kernel, which stay in the cache of its core, and some rows of the later
/// computation. There are two barriers per step. Batches are gathered one step ahead; buffers that the weight update of
/// one step reads while the next step starts are doubled.
template <class Mlp>
class HandMlpEpoch {
 public:
  MlpResult epoch() {
    if (options_.shuffle) shuffle(order_, random_);
    for (MlpLane& lane : lanes_) lane.loss = 0, lane.correct = 0;
    team_.run([this](int part) { part_of_epoch(part); });
    const auto samples = static_cast<double>(order_.size());
    MlpResult result;
    for (const MlpLane& lane : lanes_) {
      result.loss += lane.loss / samples;
      result.accuracy += static_cast<double>(lane.correct) / samples;
    }
    return result;
  }

 protected:
  HandMlpEpoch(const Digits& data, const MlpOptions& options)
      : data_(data), options_(options), order_(static_cast<std::size_t>(data.labels.size())), team_(options.threads) {
    inputs_.fill(Matrix(options.batch, Digits::pixels));
    labels_.fill(Eigen::VectorXi(options.batch));
    std::iota(order_.begin(), order_.end(), Index{0});
    for (int part = 0; part < options.threads; ++part) {
      lanes_.push_back({{}, HandOptimizer(options.adam, options.rate)});
      for (std::uint32_t& state : lanes_.back().random) state = static_cast<std::uint32_t>(random_() >> 32) | 1u;
    }
  }

  struct Range {
    Index first, count;
  };

  /// Returns the part of `size` that a thread processes.
  Range share(Index size, int part) const {
    const Index first = size * part / options_.threads;
    return {first, size * (part + 1) / options_.threads - first};
  }

  Index rows(Index step) const {
    return std::min(options_.batch, static_cast<Index>(order_.size()) - step * options_.batch);
  }

  const Matrix& input(Index step) const { return inputs_[static_cast<std::size_t>(step % 2)]; }
  const Eigen::VectorXi& labels(Index step) const { return labels_[static_cast<std::size_t>(step % 2)]; }
  MlpLane& lane(int part) { return lanes_[static_cast<std::size_t>(part)]; }
  const MlpOptions& options() const { return options_; }

 private:
  void part_of_epoch(int part) {
    const FlushDenormals flush;
    Mlp& self = static_cast<Mlp&>(*this);
    const Index steps = (static_cast<Index>(order_.size()) + options_.batch - 1) / options_.batch;
    gather(0, part);
    team_.wait();
    for (Index step = 0; step < steps; ++step) {
      lane(part).optimizer.next_step();
      self.forward_columns(step, part);
      team_.wait();
      self.forward_and_back_rows(step, part);
      if (step + 1 < steps) gather(step + 1, part);
      team_.wait();
      self.update_columns(step, part);
    }
  }

  void gather(Index step, int part) {
    const auto slot = static_cast<std::size_t>(step % 2);
    const auto [first, count] = share(rows(step), part);
    for (Index i = first; i < first + count; ++i) {
      const Index sample = order_[static_cast<std::size_t>(step * options_.batch + i)];
      inputs_[slot].row(i) = data_.images.row(sample);
      labels_[slot][i] = data_.labels[sample];
    }
  }

  const Digits& data_;
  MlpOptions options_;
  std::array<Matrix, 2> inputs_;
  std::array<Eigen::VectorXi, 2> labels_;
  std::vector<Index> order_;
  std::vector<MlpLane> lanes_;
  Xorshift random_;
  HandTeam team_;
};

}  // namespace baselines
