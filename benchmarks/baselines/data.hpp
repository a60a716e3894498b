#pragma once

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace baselines {

using Index = Eigen::Index;
using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Row = Eigen::Matrix<float, 1, Eigen::Dynamic>;
using Column = Eigen::Matrix<float, Eigen::Dynamic, 1>;

/// A 64-bit xorshift generator: sufficient for data and shuffling, and identical on every machine.
class Xorshift {
 public:
  explicit Xorshift(std::uint64_t seed = 1) : state_(seed * 0x9E3779B97F4A7C15ULL + 1) {}

  std::uint64_t operator()() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }

  /// Uniform in [0, 1).
  float uniform() { return static_cast<float>((*this)() >> 40) * 0x1p-24f; }

  /// Uniform in 0 .. bound - 1.
  Index below(Index bound) { return static_cast<Index>(((*this)() >> 32) * static_cast<std::uint64_t>(bound) >> 32); }

 private:
  std::uint64_t state_;
};

/// Glorot-uniform weights, (inputs, outputs).
inline Matrix glorot(Index inputs, Index outputs, std::uint64_t seed) {
  Xorshift random(seed);
  const float limit = std::sqrt(6.0f / static_cast<float>(inputs + outputs));
  return Matrix::NullaryExpr(inputs, outputs, [&] { return limit * (2 * random.uniform() - 1); });
}

/// Images with pixels in [0, 1] and their labels, of the size of MNIST.
struct Digits {
  static constexpr Index pixels = 784;
  static constexpr int classes = 10;

  Matrix images;           // (samples, pixels)
  Eigen::VectorXi labels;  // (samples)
};

/// Each class is a fixed pattern; a sample is a faded, noisy copy of it. About half of the pixels are zero, as in
/// handwritten digits. One label in ten is wrong: otherwise the probabilities, and Adam's moments with them, would
/// become subnormal when nothing is left to learn, and the benchmark would measure subnormal arithmetic.
inline Digits make_digits(Index samples, std::uint64_t seed = 1) {
  Xorshift random(seed);
  Matrix patterns(Digits::classes, Digits::pixels);
  for (float& value : patterns.reshaped()) value = random.uniform() < 0.3f ? random.uniform() : 0.0f;

  Digits digits{Matrix(samples, Digits::pixels), Eigen::VectorXi(samples)};
  for (Index i = 0; i < samples; ++i) {
    const int label = static_cast<int>(random.below(Digits::classes));
    const float strength = 0.2f + 0.6f * random.uniform();
    digits.labels[i] = random.uniform() < 0.1f ? static_cast<int>(random.below(Digits::classes)) : label;
    for (Index j = 0; j < Digits::pixels; j += 4) {  // one random number makes four pixels
      const std::uint64_t bits = random();
      for (Index k = 0; k < 4; ++k) {
        const float noise = static_cast<float>(bits >> (16 * k) & 0xFFFF) * (2.0f / 0xFFFF) - 1.0f;
        digits.images(i, j + k) = std::clamp(strength * patterns(label, j + k) + 0.6f * noise, 0.0f, 1.0f);
      }
    }
  }
  return digits;
}

/// Returns the 60,000 samples that all training benchmarks use, generated at the first call.
inline const Digits& digits() {
  static const Digits shared = make_digits(60000);
  return shared;
}

/// Shuffles `order` (Fisher-Yates).
inline void shuffle(std::vector<Index>& order, Xorshift& random) {
  for (std::size_t i = order.size(); i > 1; --i) {
    std::swap(order[i - 1], order[static_cast<std::size_t>(random.below(static_cast<Index>(i)))]);
  }
}

}  // namespace baselines
