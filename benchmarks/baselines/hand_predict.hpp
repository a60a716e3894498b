#pragma once

#include <Eigen/Core>

#include "mlp_task.hpp"

namespace baselines {

/// The prediction of one sample by 784-128(relu)-10(softmax), by vector-matrix products; the second, narrow product is
/// computed as ten dot products.
class HandPredictMlp {
 public:
  const Row& operator()(const Row& x) {
    hidden_ = bias1_;
    hidden_.noalias() += x * kernel1_;
    hidden_ = hidden_.cwiseMax(0.0f);
    for (Index j = 0; j < Digits::classes; ++j) output_[j] = bias2_[j] + hidden_.dot(kernel2_transposed_.row(j));
    output_.array() = (output_.array() - output_.maxCoeff()).exp();
    output_ /= output_.sum();
    return output_;
  }

 private:
  Matrix kernel1_ = MlpTask::kernel1();
  Row bias1_ = Row::Zero(MlpTask::hidden);
  Matrix kernel2_transposed_ = MlpTask::kernel2().transpose();
  Row bias2_ = Row::Zero(Digits::classes);
  Row hidden_ = bias1_;
  Row output_ = bias2_;
};

/// The prediction of one sample by 8-16(tanh)-16(relu)-1, as in audio and control; with dynamic sizes or with sizes as
/// template arguments.
template <int Inputs, int Hidden>
class HandPredictSmall {
 public:
  using Input = Eigen::Matrix<float, 1, Inputs>;

  float operator()(const Input& x) {
    first_.noalias() = x.lazyProduct(kernel1_);
    first_ = (first_ + bias1_).array().tanh();
    second_.noalias() = first_.lazyProduct(kernel2_);
    second_ = (second_ + bias2_).cwiseMax(0.0f);
    return second_.dot(kernel3_) + bias3_;
  }

 private:
  template <int Rows, int Columns>
  using Kernel = Eigen::Matrix<float, Rows, Columns, Eigen::RowMajor>;
  using Features = Eigen::Matrix<float, 1, Hidden>;

  Kernel<Inputs, Hidden> kernel1_ = glorot(8, 16, 1);
  Kernel<Hidden, Hidden> kernel2_ = glorot(16, 16, 2);
  Features kernel3_ = glorot(1, 16, 3);
  Features bias1_ = Features::Zero(16);
  Features bias2_ = Features::Zero(16);
  float bias3_ = 0;
  Features first_ = bias1_;
  Features second_ = bias2_;
};

using HandPredictDynamic = HandPredictSmall<Eigen::Dynamic, Eigen::Dynamic>;
using HandPredictFixed = HandPredictSmall<8, 16>;

}  // namespace baselines
