#pragma once

#include <algorithm>

#include "image_task.hpp"

namespace baselines {

/// A 3 x 3 depthwise convolution, followed by a product of Eigen if the task is separable; plain loops over zero-padded
/// copies of the images, on one thread.
class HandDepthwise {
 public:
  explicit HandDepthwise(const ImageTask& task)
      : task_(task),
        side_(task.side),
        wide_(task.side + 2),
        c_(task.channels),
        x_(pad(Matrix::Random(pixels(), c_))),
        kernel_(Matrix::Random(9, c_)),
        bias_(Row::Random(c_)),
        pointwise_(Matrix::Random(c_, c_)),
        between_(pixels(), c_),
        y_(pixels(), c_),
        dy_(Matrix::Random(pixels(), c_)),
        dx_(pixels(), c_),
        dkernel_(9, c_) {
    forward();
  }

  void forward() {
    correlate(
        x_, [](Index k) { return k; }, between_);
    if (task_.separable()) {
      y_.noalias() = between_ * pointwise_;
      y_.rowwise() += bias_;
    } else {
      y_ = between_.rowwise() + bias_;
    }
  }
  void backward() {
    dbias_ = dy_.colwise().sum();
    if (task_.separable()) {
      dpointwise_.noalias() = between_.transpose() * dy_;
      dbetween_.noalias() = dy_ * pointwise_.transpose();
    }
    const Matrix& slopes = task_.separable() ? dbetween_ : dy_;
    correlate(
        pad(slopes), [](Index k) { return 8 - k; }, dx_);
    dkernel_.setZero();
    each_line([&](Index n, Index i) {
      for (Index k = 0; k < 9; ++k) {
        const float* from = x_.data() + padded(n, i + k / 3, k % 3) * c_;
        const float* with = slopes.data() + (n * side_ + i) * side_ * c_;
        float* to = dkernel_.data() + k * c_;
        for (Index j = 0; j < side_; ++j)
          for (Index c = 0; c < c_; ++c) to[c] += from[j * c_ + c] * with[j * c_ + c];
      }
    });
  }

 private:
  Index pixels() const { return task_.batch * side_ * side_; }
  Index padded(Index n, Index i, Index j) const { return (n * wide_ + i) * wide_ + j; }
  template <class F>
  void each_line(const F& f) const {
    for (Index n = 0; n < task_.batch; ++n)
      for (Index i = 0; i < side_; ++i) f(n, i);
  }
  Matrix pad(const Matrix& images) const {
    Matrix result = Matrix::Zero(task_.batch * wide_ * wide_, c_);
    each_line([&](Index n, Index i) {
      result.middleRows(padded(n, i + 1, 1), side_) = images.middleRows((n * side_ + i) * side_, side_);
    });
    return result;
  }
  template <class Tap>
  void correlate(const Matrix& from, const Tap& tap, Matrix& to) const {
    each_line([&](Index n, Index i) {
      for (Index j = 0; j < side_; ++j) {
        float* out = to.data() + ((n * side_ + i) * side_ + j) * c_;
        std::fill_n(out, c_, 0.0f);
        for (Index k = 0; k < 9; ++k) {
          const float* in = from.data() + padded(n, i + k / 3, j + k % 3) * c_;
          const float* weights = kernel_.data() + tap(k) * c_;
          for (Index c = 0; c < c_; ++c) out[c] += in[c] * weights[c];
        }
      }
    });
  }

  ImageTask task_;
  Index side_, wide_, c_;
  Matrix x_, kernel_;
  Row bias_;
  Matrix pointwise_, between_, y_, dy_, dx_, dkernel_, dpointwise_, dbetween_;
  Row dbias_;
};

}  // namespace baselines
