#pragma once

#include <Eigen/Core>

#include <array>
#include <cmath>
#include <vector>

#include "data.hpp"

namespace baselines {

/// The inputs and outputs of multi-head self-attention.
struct AttentionTask {
  static constexpr Index heads = 8, head = 8, width = heads * head, steps = 128;

  explicit AttentionTask(Index samples)
      : batch(samples), x(Matrix::Random(samples * steps, width)), dy(Matrix::Random(samples * steps, width)) {
    for (std::size_t i = 0; i < kernels.size(); ++i) {
      kernels[i] = glorot(width, width, i + 1);
      biases[i] = Row::Zero(width);
    }
  }

  Index batch;
  Matrix x, dy;
  std::array<Matrix, 4> kernels;  // query, key, value, output
  std::array<Row, 4> biases;
};

/// Multi-head self-attention with Eigen's products: sample by sample and head by head, with the scores in the cache and
/// kept for the backward pass.
class HandAttention : AttentionTask {
 public:
  explicit HandAttention(Index samples) : AttentionTask(samples), weights_(static_cast<std::size_t>(samples * heads)) {
    for (Matrix* m : {&q_, &k_, &v_, &o_, &y_, &dq_, &dk_, &dv_, &do_, &dx_}) m->resize(samples * steps, width);
    for (Matrix& w : weights_) w.resize(steps, steps);
  }

  const Matrix& forward() {
    project(x, 0, q_);
    project(x, 1, k_);
    project(x, 2, v_);
    for (Index sample = 0; sample < batch; ++sample)
      for (Index h = 0; h < heads; ++h) {
        Matrix& w = weights(sample, h);
        w.noalias() = block(q_, sample, h) * block(k_, sample, h).transpose();
        const Column largest = w.rowwise().maxCoeff();
        w = ((w.colwise() - largest) * scale).array().exp();
        const Column share = w.rowwise().sum().cwiseInverse();
        w.array().colwise() *= share.array();
        block(o_, sample, h).noalias() = w * block(v_, sample, h);
      }
    project(o_, 3, y_);
    return y_;
  }

  void train() {
    forward();
    back(o_, dy, 3, do_);
    for (Index sample = 0; sample < batch; ++sample)
      for (Index h = 0; h < heads; ++h) {
        const Matrix& w = weights(sample, h);
        block(dv_, sample, h).noalias() = w.transpose() * block(do_, sample, h);
        ds_.noalias() = block(do_, sample, h) * block(v_, sample, h).transpose();
        const Column mean = block(do_, sample, h).cwiseProduct(block(o_, sample, h)).rowwise().sum();
        ds_ = scale * w.array() * (ds_.colwise() - mean).array();
        block(dq_, sample, h).noalias() = ds_ * block(k_, sample, h);
        block(dk_, sample, h).noalias() = ds_.transpose() * block(q_, sample, h);
      }
    back(x, dq_, 0, dx_);
    back(x, dk_, 1, part_);
    dx_ += part_;
    back(x, dv_, 2, part_);
    dx_ += part_;
  }

 private:
  static constexpr float scale = 0.35355339f;  // 1 / √head

  Matrix& weights(Index sample, Index h) { return weights_[static_cast<std::size_t>(sample * heads + h)]; }
  static Eigen::Block<Matrix> block(Matrix& m, Index sample, Index h) {
    return m.block(sample * steps, h * head, steps, head);
  }
  void project(const Matrix& in, std::size_t i, Matrix& out) {
    out.noalias() = in * kernels[i];
    out.rowwise() += biases[i];
  }
  void back(const Matrix& in, const Matrix& dout, std::size_t i, Matrix& din) {
    dkernels_[i].noalias() = in.transpose() * dout;
    dbiases_[i] = dout.colwise().sum();
    din.noalias() = dout * kernels[i].transpose();
  }

  std::vector<Matrix> weights_;
  Matrix q_, k_, v_, o_, y_, ds_, dq_, dk_, dv_, do_, dx_, part_;
  std::array<Matrix, 4> dkernels_;
  std::array<Row, 4> dbiases_;
};

}  // namespace baselines
