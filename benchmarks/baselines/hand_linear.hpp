#pragma once

#include <Eigen/Core>

#include "data.hpp"

namespace baselines {

/// The training of y = 2x - 1 from six samples, which is so small that its time is mostly overhead.
struct LinearTask {
  static constexpr float rate = 0.01f;

  static Matrix inputs() { return Matrix{{-1}, {0}, {1}, {2}, {3}, {4}}; }
  static Matrix targets() { return Matrix{{-3}, {-1}, {1}, {3}, {5}, {7}}; }
};

/// Dense, mean squared error and SGD for any sizes, by whole-matrix expressions of Eigen.
class HandLinearDynamic {
 public:
  HandLinearDynamic(const Matrix& x, const Matrix& y)
      : x_(x), y_(y), kernel_(Matrix::Zero(x.cols(), y.cols())), bias_(Row::Zero(y.cols())), delta_(y) {}

  /// One step: forward, the value of the loss, gradients, update. Returns the loss.
  float step() {
    delta_.noalias() = x_ * kernel_;
    delta_.rowwise() += bias_;
    delta_ -= y_;
    const auto count = static_cast<float>(delta_.size());
    const float factor = LinearTask::rate * 2 / count;
    const float loss = delta_.squaredNorm() / count;
    kernel_.noalias() -= factor * (x_.transpose() * delta_);
    bias_ -= factor * delta_.colwise().sum();
    return loss;
  }

  float kernel() const { return kernel_(0, 0); }
  float bias() const { return bias_[0]; }

 private:
  Matrix x_, y_, kernel_;
  Row bias_;
  Matrix delta_;
};

/// Dense, mean squared error and SGD, column by column: the fastest with dynamic sizes, because whole-matrix expressions
/// check the sizes in each product and broadcast.
class HandLinearColumns {
 public:
  HandLinearColumns(const Matrix& x, const Matrix& y)
      : x_(x), y_(y), kernel_(Matrix::Zero(x.cols(), y.cols())), bias_(Row::Zero(y.cols())), delta_(y) {}

  /// One step: forward, the value of the loss, gradients, update. Returns the loss.
  float step() {
    for (Index j = 0; j < y_.cols(); ++j) {
      auto delta = delta_.col(j);
      delta.array() = bias_[j] - y_.col(j).array();
      for (Index k = 0; k < x_.cols(); ++k) delta += kernel_(k, j) * x_.col(k);
    }
    const auto count = static_cast<float>(delta_.size());
    const float factor = LinearTask::rate * 2 / count;
    const float loss = delta_.squaredNorm() / count;
    for (Index j = 0; j < y_.cols(); ++j) {
      const auto delta = delta_.col(j);
      for (Index k = 0; k < x_.cols(); ++k) kernel_(k, j) -= factor * x_.col(k).dot(delta);
      bias_[j] -= factor * delta.sum();
    }
    return loss;
  }

  float kernel() const { return kernel_(0, 0); }
  float bias() const { return bias_[0]; }

 private:
  Matrix x_, y_, kernel_;
  Row bias_;
  Matrix delta_;
};

/// Dense, mean squared error and SGD, with six samples and one feature as compile-time sizes.
class HandLinearFixed {
 public:
  using Samples = Eigen::Array<float, 6, 1>;

  HandLinearFixed(const Samples& x, const Samples& y) : x_(x), y_(y) {}

  float step() {
    const Samples delta = kernel_ * x_ + bias_ - y_;
    const float loss = delta.square().sum() / 6;
    const float factor = LinearTask::rate * 2 / 6;
    kernel_ -= factor * (delta * x_).sum();
    bias_ -= factor * delta.sum();
    return loss;
  }

  float kernel() const { return kernel_; }
  float bias() const { return bias_; }

 private:
  Samples x_, y_;
  float kernel_ = 0;
  float bias_ = 0;
};

}  // namespace baselines
