#pragma once

#include <Eigen/Core>

#include <cmath>

#ifdef __SSE2__
#include <xmmintrin.h>
#endif

#include "data.hpp"

namespace baselines {

/// Flushes subnormal numbers to zero on this thread during its lifetime.
///
/// The moments of an inactive unit shrink by a constant factor per step until they are subnormal, for which many
/// processors take a hundred times as long: without this, Adam's epochs become up to ten times slower.
class FlushDenormals {
 public:
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;
#ifdef __SSE2__
  FlushDenormals() : saved_(_mm_getcsr()) { _mm_setcsr(saved_ | 0x8040); }
  ~FlushDenormals() { _mm_setcsr(saved_); }

 private:
  unsigned saved_;
#else
  FlushDenormals() {}
  ~FlushDenormals() {}
#endif
};

/// A weight, its gradient and Adam's two moments.
struct HandWeight {
  explicit HandWeight(const Matrix& initial)
      : value(initial), gradient(Matrix::Zero(initial.rows(), initial.cols())), first(gradient), second(gradient) {}

  Matrix value, gradient, first, second;
};

/// Stochastic gradient descent, or Adam in Keras's form (epsilon is added to the root of the uncorrected second
/// moment).
class HandOptimizer {
 public:
  HandOptimizer(bool adam, float rate) : adam_(adam), rate_(rate) {}

  /// Starts the next step: combines the bias corrections of both moments into one factor.
  void next_step() {
    power1_ *= static_cast<double>(beta1);
    power2_ *= static_cast<double>(beta2);
    corrected_rate_ = static_cast<float>(static_cast<double>(rate_) * std::sqrt(1 - power2_) / (1 - power1_));
  }

  void update(HandWeight& weight) const {
    const Index size = weight.value.size();
    if (adam_) {
      adam(weight.value.data(), weight.gradient.data(), weight.first.data(), weight.second.data(), size);
    } else {
      weight.value -= rate_ * weight.gradient;
    }
  }

  /// Updates a part of a weight by Adam.
  void update(float* value, const float* gradient, float* first, float* second, Index size) const {
    adam(value, gradient, first, second, size);
  }

  /// Updates one packet or one element of a weight, given its gradient.
  template <class Packet>
  void step(Packet gradient, float* value, float* first, float* second) const {
    using namespace Eigen::internal;
    Packet change;
    if (adam_) {
      const Packet old_first = ploadu<Packet>(first);
      const Packet old_second = ploadu<Packet>(second);
      const Packet m = pmadd(pset1<Packet>(1 - beta1), psub(gradient, old_first), old_first);
      const Packet v = pmadd(pset1<Packet>(1 - beta2), psub(pmul(gradient, gradient), old_second), old_second);
      pstoreu(first, m);
      pstoreu(second, v);
      change = pdiv(pmul(pset1<Packet>(corrected_rate_), m), padd(psqrt(v), pset1<Packet>(1e-7f)));
    } else {
      change = pmul(pset1<Packet>(rate_), gradient);
    }
    pstoreu(value, psub(ploadu<Packet>(value), change));
  }

 private:
  static constexpr float beta1 = 0.9f;
  static constexpr float beta2 = 0.999f;

  /// Three array expressions would load and store the moments twice. With Eigen's packets, every number is read and
  /// written once, which takes two thirds of the time.
  void adam(float* value, const float* gradient, float* first, float* second, Index size) const {
    using Packet = Eigen::internal::packet_traits<float>::type;
    constexpr Index width = Eigen::internal::packet_traits<float>::size;
    Index i = 0;
    for (; i + width <= size; i += width) {
      step(Eigen::internal::ploadu<Packet>(gradient + i), value + i, first + i, second + i);
    }
    for (; i < size; ++i) step(gradient[i], value + i, first + i, second + i);
  }

  bool adam_;
  float rate_;
  double power1_ = 1;
  double power2_ = 1;
  float corrected_rate_ = 0;
};

}  // namespace baselines
