#pragma once

#include <cstring>

#include "cnn_task.hpp"
#include "hand_optimizer.hpp"
#include "hand_tiles.hpp"

namespace baselines {

/// The network of `CnnTask` by hand, on one thread, image by image: patches are written out as a matrix, multiplied by
/// tiles that start with the bias and end with relu, and their gradients are added back into the image. All sizes are
/// constants.
class HandCnn {
  using T = CnnTask;

 public:
  explicit HandCnn(const CnnOptions& options) : batch_(options.batch), optimizer_(true, T::rate) {
    for (Matrix* m : {&pooled1_, &dpooled1_}) m->resize(batch_, T::pooled1 * T::pooled1 * T::filters1);
    for (Matrix* m : {&pooled2_, &dpooled2_}) m->resize(batch_, T::features);
    y1_.resize(batch_ * T::side1 * T::side1, T::filters1);
    y2_.resize(batch_ * T::side2 * T::side2, T::filters2);
    for (Matrix* m : {&hidden_, &dhidden_}) m->resize(batch_, T::hidden);
    logits_.resize(batch_, Digits::classes);
    patches1_.resize(T::side1 * T::side1, T::patch1);
    patches2_.resize(T::side2 * T::side2, T::patch2);
    dpatches2_.resize(T::side2 * T::side2, T::patch2);
    dy1_.resize(T::side1 * T::side1, T::filters1);
    dy2_.resize(T::side2 * T::side2, T::filters2);
    kernel2_transposed_.resize(T::filters2, T::patch2);
    kernel3_transposed_.resize(T::hidden, T::features);
  }

  float step() {
    const FlushDenormals flush;
    optimizer_.next_step();
    forward();
    const float loss = loss_and_gradient();
    backward();
    for (HandWeight* w : {&kernel1_, &bias1_, &kernel2_, &bias2_, &kernel3_, &bias3_, &kernel4_, &bias4_})
      optimizer_.update(*w);
    return loss;
  }

  void predict() {
    forward();
    for (Index i = 0; i < batch_; ++i) {
      auto row = logits_.row(i).array();
      row = (row - row.maxCoeff()).exp();
      row /= row.sum();
    }
  }

 private:
  /// Rows of `c` patches of 3 x 3 and `channels` in a square image.
  static void write_patches(const float* image, Index side, Index channels, Matrix& patches) {
    const Index out = side - 2;
    const auto bytes = static_cast<std::size_t>(3 * channels) * sizeof(float);
    for (Index i = 0; i < out; ++i)
      for (Index j = 0; j < out; ++j)
        for (Index k = 0; k < 3; ++k)
          std::memcpy(&patches(i * out + j, k * 3 * channels), image + ((i + k) * side + j) * channels, bytes);
  }
  static void add_patches(const Matrix& patches, Index side, Index channels, float* image) {
    const Index out = side - 2, run = 3 * channels;
    for (Index i = 0; i < out; ++i)
      for (Index j = 0; j < out; ++j)
        for (Index k = 0; k < 3; ++k) {
          Eigen::Map<Eigen::ArrayXf> to(image + ((i + k) * side + j) * channels, run);
          to += Eigen::Map<const Eigen::ArrayXf>(&patches(i * out + j, k * run), run);
        }
  }

  /// out = max(a kernel + bias, 0)
  static void product_with_relu(const Matrix& a, const HandWeight& kernel, const HandWeight& bias, float* out) {
    const Index n = kernel.value.cols();
    tiles::product<2>(
        {a.data(), a.cols(), 1}, a.rows(), kernel.value.data(), n, n, a.cols(),
        [&](Index, Index j) { return Eigen::internal::ploadu<tiles::Packet>(bias.value.data() + j); },
        [&](Index i, Index j, const tiles::Packet& p) {
          const auto zero = Eigen::internal::pset1<tiles::Packet>(0.0f);
          Eigen::internal::pstoreu(out + i * n + j, Eigen::internal::pmax(p, zero));
        });
  }
  /// out = a b, or out += a b
  static void product(tiles::Left a, Index rows, Index inner, const Matrix& b, Index columns, float* out, bool add) {
    tiles::product<2>(
        a, rows, b.data(), b.cols(), columns, inner,
        [&](Index i, Index j) {
          return add ? Eigen::internal::ploadu<tiles::Packet>(out + i * columns + j)
                     : Eigen::internal::pset1<tiles::Packet>(0.0f);
        },
        [&](Index i, Index j, const tiles::Packet& p) { Eigen::internal::pstoreu(out + i * columns + j, p); });
  }

  /// The largest of 2 x 2, of channels that are a whole number of packets.
  static void pool(const float* y, Index side, Index pooled, Index channels, float* out) {
    using Channels = Eigen::Map<const Eigen::ArrayXf>;
    for (Index i = 0; i < pooled; ++i)
      for (Index j = 0; j < pooled; ++j) {
        const float* corner = y + (2 * i * side + 2 * j) * channels;
        const float* below = corner + side * channels;
        Eigen::Map<Eigen::ArrayXf>(out + (i * pooled + j) * channels, channels) =
            Channels(corner, channels)
                .max(Channels(corner + channels, channels))
                .max(Channels(below, channels).max(Channels(below + channels, channels)));
      }
  }
  /// The gradient goes to the first of the largest, and stops where relu was shut.
  static void pool_back(const float* y, const float* out, const float* dout, Index side, Index pooled, Index channels,
                        float* dy) {
    std::memset(dy, 0, static_cast<std::size_t>(side * side * channels) * sizeof(float));
    for (Index i = 0; i < pooled; ++i)
      for (Index j = 0; j < pooled; ++j) {
        const Index at = (2 * i * side + 2 * j) * channels;
        const Index place[4] = {at, at + channels, at + side * channels, at + (side + 1) * channels};
        const float* largest = out + (i * pooled + j) * channels;
        const float* d = dout + (i * pooled + j) * channels;
        for (Index c = 0; c < channels; ++c) {
          float left = largest[c] > 0 ? d[c] : 0.0f;
          for (const Index p : place) {
            const bool here = y[p + c] == largest[c];
            dy[p + c] = here ? left : 0.0f;
            left = here ? 0.0f : left;
          }
        }
      }
  }

  void forward() {
    const Index rows1 = T::side1 * T::side1, rows2 = T::side2 * T::side2;
    for (Index n = 0; n < batch_; ++n) {
      float *y1 = &y1_(n * rows1, 0), *y2 = &y2_(n * rows2, 0);
      write_patches(&digits().images(n, 0), T::side, 1, patches1_);
      product_with_relu(patches1_, kernel1_, bias1_, y1);
      pool(y1, T::side1, T::pooled1, T::filters1, &pooled1_(n, 0));
      write_patches(&pooled1_(n, 0), T::pooled1, T::filters1, patches2_);
      product_with_relu(patches2_, kernel2_, bias2_, y2);
      pool(y2, T::side2, T::pooled2, T::filters2, &pooled2_(n, 0));
    }
    product_with_relu(pooled2_, kernel3_, bias3_, hidden_.data());
    logits_.rowwise() = bias4_.value.row(0);
    logits_.noalias() += hidden_ * kernel4_.value;
  }

  float loss_and_gradient() {
    float loss = 0;
    for (Index i = 0; i < batch_; ++i) {
      auto row = logits_.row(i).array();
      const Index label = digits().labels[i];
      row -= row.maxCoeff();
      loss -= row[label];
      row = row.exp();
      const float sum = row.sum();
      loss += std::log(sum);
      row *= 1 / (sum * static_cast<float>(batch_));
      row[label] -= 1 / static_cast<float>(batch_);
    }
    return loss / static_cast<float>(batch_);
  }

  void backward() {
    kernel4_.gradient.noalias() = hidden_.transpose() * logits_;
    bias4_.gradient.row(0) = logits_.colwise().sum();
    dhidden_.noalias() = logits_ * kernel4_.value.transpose();
    dhidden_.array() = (hidden_.array() > 0.0f).select(dhidden_.array(), 0.0f);
    product({pooled2_.data(), 1, T::features}, T::features, batch_, dhidden_, T::hidden, kernel3_.gradient.data(),
            false);
    bias3_.gradient.row(0) = dhidden_.colwise().sum();
    tiles::transpose(kernel3_.value, kernel3_transposed_);
    product({dhidden_.data(), T::hidden, 1}, batch_, T::hidden, kernel3_transposed_, T::features, dpooled2_.data(),
            false);
    tiles::transpose(kernel2_.value, kernel2_transposed_);
    bias1_.gradient.setZero();
    bias2_.gradient.setZero();
    dpooled1_.setZero();
    const Index rows1 = T::side1 * T::side1, rows2 = T::side2 * T::side2;
    for (Index n = 0; n < batch_; ++n) {
      pool_back(&y2_(n * rows2, 0), &pooled2_(n, 0), &dpooled2_(n, 0), T::side2, T::pooled2, T::filters2, dy2_.data());
      write_patches(&pooled1_(n, 0), T::pooled1, T::filters1, patches2_);
      product({patches2_.data(), 1, T::patch2}, T::patch2, rows2, dy2_, T::filters2, kernel2_.gradient.data(), n > 0);
      bias2_.gradient.row(0) += dy2_.colwise().sum();
      product({dy2_.data(), T::filters2, 1}, rows2, T::filters2, kernel2_transposed_, T::patch2, dpatches2_.data(),
              false);
      add_patches(dpatches2_, T::pooled1, T::filters1, &dpooled1_(n, 0));
      pool_back(&y1_(n * rows1, 0), &pooled1_(n, 0), &dpooled1_(n, 0), T::side1, T::pooled1, T::filters1, dy1_.data());
      write_patches(&digits().images(n, 0), T::side, 1, patches1_);
      product({patches1_.data(), 1, T::patch1}, T::patch1, rows1, dy1_, T::filters1, kernel1_.gradient.data(), n > 0);
      bias1_.gradient.row(0) += dy1_.colwise().sum();
    }
  }

  Index batch_;
  HandOptimizer optimizer_;
  HandWeight kernel1_{T::kernel1()}, bias1_{Matrix::Zero(1, T::filters1)};
  HandWeight kernel2_{T::kernel2()}, bias2_{Matrix::Zero(1, T::filters2)};
  HandWeight kernel3_{T::kernel3()}, bias3_{Matrix::Zero(1, T::hidden)};
  HandWeight kernel4_{T::kernel4()}, bias4_{Matrix::Zero(1, Digits::classes)};
  Matrix y1_, pooled1_, y2_, pooled2_, hidden_, logits_;
  Matrix dpooled1_, dpooled2_, dhidden_, dy1_, dy2_;
  Matrix patches1_, patches2_, dpatches2_, kernel2_transposed_, kernel3_transposed_;
};

}  // namespace baselines
