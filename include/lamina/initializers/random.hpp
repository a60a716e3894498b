#pragma once
#include <cmath>

#include "lamina/initializers/initializer.hpp"

namespace lamina {

struct RandomNormalOptions {
  double mean = 0.0;
  double stddev = 0.05;
  std::optional<std::uint64_t> seed = std::nullopt;
};

/// Normally distributed. Keras's RandomNormal: mean 0, standard deviation 0.05 by default.
class RandomNormal : public InitializerFunction {
 public:
  explicit RandomNormal(RandomNormalOptions options = {}) : options_(options) {
    if (!(options.stddev >= 0)) raise<ValueError>("RandomNormal: expected stddev >= 0, got ", options.stddev);
  }
  const char* class_name() const noexcept override { return "RandomNormal"; }
  std::optional<std::uint64_t> seed() const override { return options_.seed; }
  void fill(const Shape& shape, double* values, const RandomStream& random) const override {
    for (Index i = 0; i < shape.size(); ++i)
      values[i] = std::fma(random.normal(static_cast<std::uint64_t>(i)), options_.stddev, options_.mean);
  }

 private:
  RandomNormalOptions options_;
};

struct SeedOption {
  std::optional<std::uint64_t> seed = std::nullopt;
};

/// Evenly distributed in ±√(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010). Keras's GlorotUniform, the default of
/// kernels.
class GlorotUniform : public InitializerFunction {
 public:
  explicit GlorotUniform(SeedOption options = {}) : options_(options) {}
  const char* class_name() const noexcept override { return "GlorotUniform"; }
  std::optional<std::uint64_t> seed() const override { return options_.seed; }
  void fill(const Shape& shape, double* values, const RandomStream& random) const override {
    const detail::Fans fans(shape);
    const double limit = std::sqrt(6.0 / (std::max)(1.0, fans.in + fans.out));
    for (Index i = 0; i < shape.size(); ++i)
      values[i] = (2 * random.uniform(static_cast<std::uint64_t>(i)) - 1) * limit;
  }

 private:
  SeedOption options_;
};

/// Normally distributed but cut off at two standard deviations, with standard deviation √(2 / fan_in) after the cut (He
/// et al., 2015). Keras's HeNormal.
class HeNormal : public InitializerFunction {
 public:
  explicit HeNormal(SeedOption options = {}) : options_(options) {}
  const char* class_name() const noexcept override { return "HeNormal"; }
  std::optional<std::uint64_t> seed() const override { return options_.seed; }
  void fill(const Shape& shape, double* values, const RandomStream& random) const override {
    // The distribution function at -2, and what the cut leaves of the standard deviation.
    constexpr double below = 0.022750131948179195, kept = 0.87962566103423978;
    const double stddev = std::sqrt(2.0 / (std::max)(1.0, detail::Fans(shape).in)) / kept;
    for (Index i = 0; i < shape.size(); ++i) {
      const double u = std::fma(random.uniform(static_cast<std::uint64_t>(i)), 1 - 2 * below, below);
      values[i] = RandomStream::normal_quantile(u) * stddev;
    }
  }

 private:
  SeedOption options_;
};

}  // namespace lamina
