#pragma once

#include <algorithm>

#include "image_task.hpp"

namespace baselines {

/// Pooling and upsampling as plain loops over windows, on one thread.
class HandPooling {
 public:
  explicit HandPooling(const ImageTask& task)
      : task_(task),
        side_(task.side),
        out_(task.output_side()),
        c_(task.channels),
        x_(random_values(task.inputs())),
        y_(random_values(task.outputs())),
        dx_(x_.size()),
        dy_(random_values(task.outputs())),
        place_(y_.size()) {}

  void forward() {
    if (task_.layer == "MaxPooling2D") return windows([&](Index i, Index o) { largest(i, o); });
    if (task_.layer == "AveragePooling2D") return windows([&](Index i, Index o) { mean(i, o); });
    if (task_.layer == "UpSampling2D") return pixels([&](Index i, Index o) { repeat(i, o); });
    std::fill(y_.begin(), y_.end(), 0.0f);
    images([&](Index n, Index i) { add(&y_[n * c_], &x_[i], share()); });
  }
  void backward() {
    if (task_.layer == "MaxPooling2D") return windows([&](Index i, Index o) { put(i, o); });
    if (task_.layer == "AveragePooling2D") return windows([&](Index i, Index o) { spread(i, o); });
    if (task_.layer == "UpSampling2D") return pixels([&](Index i, Index o) { collect(i, o); });
    images([&](Index n, Index i) {
      for (Index c = 0; c < c_; ++c) dx_[i + c] = dy_[n * c_ + c] * share();
    });
  }

 private:
  struct Values : std::vector<float> {
    using std::vector<float>::vector;
    Values(std::vector<float> values) : std::vector<float>(std::move(values)) {}  // NOLINT
    float& operator[](Index i) { return data()[i]; }
  };

  float share() const { return 1.0f / static_cast<float>(side_ * side_); }
  /// Calls f(offset of the window's first input, offset of its output) for every window.
  template <class F>
  void windows(const F& f) {
    for (Index n = 0; n < task_.batch; ++n)
      for (Index i = 0; i < out_; ++i)
        for (Index j = 0; j < out_; ++j)
          f(((n * side_ + 2 * i) * side_ + 2 * j) * c_, ((n * out_ + i) * out_ + j) * c_);
  }
  template <class F>
  void pixels(const F& f) {
    for (Index n = 0; n < task_.batch; ++n)
      for (Index i = 0; i < side_; ++i)
        for (Index j = 0; j < side_; ++j)
          f(((n * side_ + i) * side_ + j) * c_, ((n * out_ + 2 * i) * out_ + 2 * j) * c_);
  }
  template <class F>
  void images(const F& f) {
    for (Index n = 0; n < task_.batch; ++n)
      for (Index i = 0; i < side_ * side_; ++i) f(n, (n * side_ * side_ + i) * c_);
  }
  void add(float* to, const float* from, float factor) const {
    for (Index c = 0; c < c_; ++c) to[c] += from[c] * factor;
  }
  void largest(Index i, Index o) {
    const float *a = &x_[i], *b = a + c_, *d = a + side_ * c_, *e = d + c_;
    float *y = &y_[o], *place = &place_[o];
    for (Index c = 0; c < c_; ++c) {
      const float first = b[c] > a[c] ? b[c] : a[c], second = e[c] > d[c] ? e[c] : d[c];
      const float at_first = b[c] > a[c] ? 1.0f : 0.0f, at_second = e[c] > d[c] ? 3.0f : 2.0f;
      y[c] = second > first ? second : first;
      place[c] = second > first ? at_second : at_first;
    }
  }
  void put(Index i, Index o) {
    for (Index k = 0; k < 4; ++k) {
      float* to = &dx_[i] + (k / 2 * side_ + k % 2) * c_;
      for (Index c = 0; c < c_; ++c) to[c] = place_[o + c] == static_cast<float>(k) ? dy_[o + c] : 0.0f;
    }
  }
  void mean(Index i, Index o) {
    const float *a = &x_[i], *b = a + c_, *d = a + side_ * c_, *e = d + c_;
    float* y = &y_[o];
    for (Index c = 0; c < c_; ++c) y[c] = 0.25f * ((a[c] + b[c]) + (d[c] + e[c]));
  }
  void spread(Index i, Index o) {
    for (Index k = 0; k < 4; ++k) {
      float* to = &dx_[i] + (k / 2 * side_ + k % 2) * c_;
      for (Index c = 0; c < c_; ++c) to[c] = 0.25f * dy_[o + c];
    }
  }
  void repeat(Index i, Index o) {
    for (Index k = 0; k < 4; ++k) std::copy_n(&x_[i], c_, &y_[o] + (k / 2 * out_ + k % 2) * c_);
  }
  void collect(Index i, Index o) {
    const float *a = &dy_[o], *b = a + c_, *d = a + out_ * c_, *e = d + c_;
    float* dx = &dx_[i];
    for (Index c = 0; c < c_; ++c) dx[c] = (a[c] + b[c]) + (d[c] + e[c]);
  }

  ImageTask task_;
  Index side_, out_, c_;
  Values x_, y_, dx_, dy_, place_;
};

}  // namespace baselines
