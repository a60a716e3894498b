#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "cnn_task.hpp"
#include "hand_mlp_passes.hpp"
#include "hand_optimizer.hpp"
#include "hand_product.hpp"
#include "hand_team.hpp"

namespace baselines {

/// A 3 x 3 convolution, relu and 2 x 2 max pooling: image by image, by im2col and a product of Eigen.
///
/// The bias is constant per channel and relu is monotonic, so the maximum of four is taken before both: the output of
/// the convolution is written once, read once and discarded. The pool stores the index of the maximum.
class HandConvolution {
 public:
  HandConvolution(Index side, Index channels, Index filters)
      : side_(side),
        channels_(channels),
        output_(side - 2),
        pooled_((side - 2) / 2),
        patches_(output_ * output_, 9 * channels),
        z_(output_ * output_, filters),
        patch_gradients_(output_ * output_, 9 * channels) {}

  Index pooled_positions() const { return pooled_ * pooled_; }

  /// x (side * side, channels) to y (pooled positions, filters); `which`, the index of the maximum, has the shape of y.
  void forward(const float* x, const Matrix& kernel, const Row& bias, float* y, unsigned char* which) {
    unroll(x);
    z_.noalias() = patches_ * kernel;
    const Index filters = kernel.cols();
    for (Index i = 0; i < pooled_; ++i)
      for (Index j = 0; j < pooled_; ++j) {
        const float* a = &z_(2 * i * output_ + 2 * j, 0);
        const float *b = a + filters, *c = a + output_ * filters, *d = c + filters;
        for (Index f = 0; f < filters; ++f) {
          const float top = std::max(a[f], b[f]), bottom = std::max(c[f], d[f]);
          const int left = b[f] > a[f], right = d[f] > c[f];
          which[f] = static_cast<unsigned char>(bottom > top ? 2 + right : left);
          y[f] = std::max(std::max(top, bottom) + bias[f], 0.0f);
        }
        y += filters;
        which += filters;
      }
  }

  /// Adds to the gradients of the kernel and the bias; writes the input gradient to `dx` unless it is null.
  void backward(const float* x, const Matrix& kernel, const float* y, const unsigned char* which, const float* dy,
                Matrix& dkernel, float* dbias, float* dx) {
    const Index filters = kernel.cols();
    z_.setZero();
    for (Index i = 0; i < pooled_; ++i)
      for (Index j = 0; j < pooled_; ++j, y += filters, which += filters, dy += filters) {
        float* const rows[] = {&z_(2 * i * output_ + 2 * j, 0), &z_(2 * i * output_ + 2 * j + 1, 0),
                               &z_((2 * i + 1) * output_ + 2 * j, 0), &z_((2 * i + 1) * output_ + 2 * j + 1, 0)};
        for (int k = 0; k < 4; ++k)
          for (Index f = 0; f < filters; ++f) rows[k][f] = y[f] > 0 && which[f] == k ? dy[f] : 0.0f;
        for (Index f = 0; f < filters; ++f) dbias[f] += y[f] > 0 ? dy[f] : 0.0f;
      }
    unroll(x);
    dkernel.noalias() += patches_.transpose() * z_;
    if (dx == nullptr) return;
    patch_gradients_.noalias() = z_ * kernel.transpose();
    std::memset(dx, 0, static_cast<std::size_t>(side_ * side_ * channels_) * sizeof(float));
    const Index run = 3 * channels_;
    for (Index i = 0; i < output_; ++i)
      for (Index j = 0; j < output_; ++j)
        for (Index k = 0; k < 3; ++k) {
          float* to = dx + ((i + k) * side_ + j) * channels_;
          const float* from = &patch_gradients_(i * output_ + j, k * run);
          for (Index f = 0; f < run; ++f) to[f] += from[f];
        }
  }

 private:
  void unroll(const float* x) {
    const Index run = 3 * channels_;
    for (Index i = 0; i < output_; ++i)
      for (Index j = 0; j < output_; ++j)
        for (Index k = 0; k < 3; ++k)
          std::memcpy(&patches_(i * output_ + j, k * run), x + ((i + k) * side_ + j) * channels_,
                      static_cast<std::size_t>(run) * sizeof(float));
  }

  Index side_, channels_, output_, pooled_;
  Matrix patches_, z_, patch_gradients_;
};

/// The network of CnnTask with Eigen's products. The samples are divided among threads; each thread accumulates its own
/// gradients, and after a barrier updates a part of every weight.
class HandCnn {
 public:
  HandCnn(Index batch, int threads)
      : batch_(batch),
        threads_(threads),
        optimizer_(true, CnnTask::rate),
        pooled1_(batch, 13 * 13 * CnnTask::filters1),
        pooled2_(batch, CnnTask::flat),
        hidden_(batch, CnnTask::hidden),
        logits_(batch, Digits::classes),
        which1_(static_cast<std::size_t>(pooled1_.size())),
        which2_(static_cast<std::size_t>(pooled2_.size())),
        team_(threads) {
    for (const Matrix& kernel : {CnnTask::kernel1(), CnnTask::kernel2(), CnnTask::kernel3(), CnnTask::kernel4()}) {
      kernels_.emplace_back(kernel);
      biases_.emplace_back(Matrix::Zero(1, kernel.cols()));
    }
    for (int part = 0; part < threads; ++part) lanes_.emplace_back(*this);
  }

  /// Returns the logits of a batch, (samples, pixels).
  const Matrix& forward(const Matrix& x) {
    team_.run([&](int part) { forward_part(x, part); });
    return logits_;
  }

  /// Performs a training step; returns the loss of the batch.
  float step(const Matrix& x, const Eigen::VectorXi& labels) {
    optimizer_.next_step();
    team_.run([&](int part) {
      const FlushDenormals flush;
      forward_part(x, part);
      backward_part(x, labels, part);
      team_.wait();
      update_part(part);
    });
    double loss = 0;
    for (Lane& lane : lanes_) loss += std::exchange(lane.outcome.loss, 0.0);
    return static_cast<float>(loss / static_cast<double>(batch_));
  }

 private:
  struct Lane {
    explicit Lane(const HandCnn& cnn)
        : first(CnnTask::side, 1, CnnTask::filters1), second(13, CnnTask::filters1, CnnTask::filters2) {
      for (std::size_t i = 0; i < 4; ++i) {
        kernels.push_back(Matrix::Zero(cnn.kernels_[i].value.rows(), cnn.kernels_[i].value.cols()));
        biases.push_back(Row::Zero(cnn.biases_[i].value.cols()));
      }
      const Index rows = (cnn.batch_ + cnn.threads_ - 1) / cnn.threads_;
      dhidden.resize(rows, CnnTask::hidden);
      dpooled2.resize(rows, CnnTask::flat);
      dpooled1.resize(13 * 13 * CnnTask::filters1);
    }
    HandConvolution first, second;
    std::vector<Matrix> kernels;
    std::vector<Row> biases;
    Matrix dhidden, dpooled2;
    Row dpooled1;
    MlpLane outcome{{}, HandOptimizer(true, 0), 0, 0};
  };

  Index begin(Index size, int part) const { return size * part / threads_; }
  unsigned char* which1(Index i) { return which1_.data() + i * pooled1_.cols(); }
  unsigned char* which2(Index i) { return which2_.data() + i * pooled2_.cols(); }

  void forward_part(const Matrix& x, int part) {
    Lane& lane = lanes_[static_cast<std::size_t>(part)];
    const Index first = begin(batch_, part), count = begin(batch_, part + 1) - first;
    for (Index i = first; i < first + count; ++i) {
      lane.first.forward(&x(i, 0), kernels_[0].value, biases_[0].value.row(0), &pooled1_(i, 0), which1(i));
      lane.second.forward(&pooled1_(i, 0), kernels_[1].value, biases_[1].value.row(0), &pooled2_(i, 0), which2(i));
    }
    auto hidden = hidden_.middleRows(first, count);
    hidden.rowwise() = biases_[2].value.row(0);
    add_product(hidden, pooled2_.middleRows(first, count), kernels_[2].value);
    hidden = hidden.cwiseMax(0.0f);
    auto logits = logits_.middleRows(first, count);
    logits.rowwise() = biases_[3].value.row(0);
    logits.noalias() += hidden * kernels_[3].value;
  }

  void backward_part(const Matrix& x, const Eigen::VectorXi& labels, int part) {
    Lane& lane = lanes_[static_cast<std::size_t>(part)];
    const Index first = begin(batch_, part), count = begin(batch_, part + 1) - first;
    auto dlogits = logits_.middleRows(first, count);
    softmax_and_loss<Digits::classes>(dlogits, labels.segment(first, count), batch_, lane.outcome);
    const auto hidden = hidden_.middleRows(first, count);
    const auto flat = pooled2_.middleRows(first, count);
    lane.kernels[3].noalias() = hidden.transpose() * dlogits;
    lane.biases[3] = dlogits.colwise().sum();
    auto dhidden = lane.dhidden.topRows(count);
    dhidden.noalias() = dlogits * kernels_[3].value.transpose();
    dhidden.array() = (hidden.array() > 0.0f).select(dhidden.array(), 0.0f);
    lane.kernels[2].noalias() = flat.transpose() * dhidden;
    lane.biases[2] = dhidden.colwise().sum();
    auto dflat = lane.dpooled2.topRows(count);
    dflat.noalias() = dhidden * kernels_[2].value.transpose();
    for (std::size_t i = 0; i < 2; ++i) {
      lane.kernels[i].setZero();
      lane.biases[i].setZero();
    }
    for (Index i = first; i < first + count; ++i) {
      lane.second.backward(&pooled1_(i, 0), kernels_[1].value, &pooled2_(i, 0), which2(i), &dflat(i - first, 0),
                           lane.kernels[1], lane.biases[1].data(), lane.dpooled1.data());
      lane.first.backward(&x(i, 0), kernels_[0].value, &pooled1_(i, 0), which1(i), lane.dpooled1.data(),
                          lane.kernels[0], lane.biases[0].data(), nullptr);
    }
  }

  /// Updates a range of rows of every kernel and, on the last thread, the biases.
  void update_part(int part) {
    for (std::size_t i = 0; i < 4; ++i) {
      HandWeight& kernel = kernels_[i];
      const Index first = begin(kernel.value.rows(), part), count = begin(kernel.value.rows(), part + 1) - first;
      const Index columns = kernel.value.cols();
      for (const Lane& lane : lanes_)
        add(&lane == &lanes_[0], &lane.kernels[i](first, 0), &kernel.gradient(first, 0), count * columns);
      optimizer_.update(&kernel.value(first, 0), &kernel.gradient(first, 0), &kernel.first(first, 0),
                        &kernel.second(first, 0), count * columns);
      if (part + 1 < threads_) continue;
      for (const Lane& lane : lanes_)
        add(&lane == &lanes_[0], lane.biases[i].data(), biases_[i].gradient.data(), columns);
      optimizer_.update(biases_[i]);
    }
  }
  static void add(bool sets, const float* from, float* to, Index size) {
    for (Index i = 0; i < size; ++i) to[i] = sets ? from[i] : to[i] + from[i];
  }

  Index batch_;
  int threads_;
  HandOptimizer optimizer_;
  std::vector<HandWeight> kernels_, biases_;
  Matrix pooled1_, pooled2_, hidden_, logits_;
  std::vector<unsigned char> which1_, which2_;
  std::vector<Lane> lanes_;
  HandTeam team_;
};

}  // namespace baselines
