#pragma once
#include <array>
#include <cmath>

#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/core/fma.hpp"
#include "lamina/core/one_or_more.hpp"
#include "lamina/initializers/initializer.hpp"

namespace lamina {

namespace detail {
/// Normally distributed, cut off at two standard deviations: `stddev` is that before the cut.
inline void fill_truncated_normal(Index n, double* values, double mean, double stddev, const RandomStream& random) {
  constexpr double below = 0.022750131948179195;  // of the distribution lie so much under -2
  for (Index i = 0; i < n; ++i) {
    const double u = fused_multiply_add(random.uniform(static_cast<std::uint64_t>(i)), 1 - 2 * below, below);
    values[i] = fused_multiply_add(RandomStream::normal_quantile(u), stddev, mean);
  }
}
inline void fill_normal(Index n, double* values, double mean, double stddev, const RandomStream& random) {
  for (Index i = 0; i < n; ++i)
    values[i] = fused_multiply_add(random.normal(static_cast<std::uint64_t>(i)), stddev, mean);
}
inline void fill_uniform(Index n, double* values, double low, double high, const RandomStream& random) {
  for (Index i = 0; i < n; ++i)
    values[i] = fused_multiply_add(random.uniform(static_cast<std::uint64_t>(i)), high - low, low);
}
}  // namespace detail

struct RandomNormalOptions {
  double mean = 0.0;                                 ///< Mean. Default: 0.
  double stddev = 0.05;                              ///< Standard deviation; >= 0. Default: 0.05.
  std::optional<std::uint64_t> seed = std::nullopt;  ///< Seed; none: the seed of the program. Default: none.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("mean", self.mean);
    field("stddev", self.stddev);
    field("seed", self.seed);
  }
};

/// Normally distributed. Keras's RandomNormal: mean 0, standard deviation 0.05 by default.
class RandomNormal : public InitializerFunction {
 public:
  using Arguments = RandomNormalOptions;
  explicit RandomNormal(RandomNormalOptions options = {}) : options_(options) {
    detail::check_finite(options.mean, "mean", "RandomNormal");
    detail::check_not_negative(options.stddev, "stddev", "RandomNormal");
  }
  const char* class_name() const noexcept override { return "RandomNormal"; }
  LAMINA_COLD Config get_config() const override { return config_of(options_); }
  std::optional<std::uint64_t> seed() const override { return options_.seed; }
  void fill(const Shape& shape, double* values, const RandomStream& random) const override {
    detail::fill_normal(shape.size(), values, options_.mean, options_.stddev, random);
  }

 private:
  RandomNormalOptions options_;
};

/// Normally distributed, with values more than two standard deviations from the mean drawn again. Keras's
/// TruncatedNormal: mean 0, standard deviation (before the cut) 0.05 by default.
class TruncatedNormal : public InitializerFunction {
 public:
  using Arguments = RandomNormalOptions;
  explicit TruncatedNormal(RandomNormalOptions options = {}) : options_(options) {
    detail::check_finite(options.mean, "mean", "TruncatedNormal");
    detail::check_not_negative(options.stddev, "stddev", "TruncatedNormal");
  }
  const char* class_name() const noexcept override { return "TruncatedNormal"; }
  LAMINA_COLD Config get_config() const override { return config_of(options_); }
  std::optional<std::uint64_t> seed() const override { return options_.seed; }
  void fill(const Shape& shape, double* values, const RandomStream& random) const override {
    detail::fill_truncated_normal(shape.size(), values, options_.mean, options_.stddev, random);
  }

 private:
  RandomNormalOptions options_;
};

struct RandomUniformOptions {
  double minval = -0.05;                             ///< Lower bound. Default: -0.05.
  double maxval = 0.05;                              ///< Upper bound; >= minval. Default: 0.05.
  std::optional<std::uint64_t> seed = std::nullopt;  ///< Seed; none: the seed of the program. Default: none.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("minval", self.minval);
    field("maxval", self.maxval);
    field("seed", self.seed);
  }
};

/// Evenly distributed between two bounds. Keras's RandomUniform: ±0.05 by default.
class RandomUniform : public InitializerFunction {
 public:
  using Arguments = RandomUniformOptions;
  explicit RandomUniform(RandomUniformOptions options = {}) : options_(options) {
    detail::check_finite(options.minval, "minval", "RandomUniform");
    detail::check_finite(options.maxval, "maxval", "RandomUniform");
    if (!detail::at_most(options.minval, options.maxval))
      raise<ValueError>("RandomUniform: expected minval <= maxval, got ", options.minval, " and ", options.maxval);
  }
  const char* class_name() const noexcept override { return "RandomUniform"; }
  LAMINA_COLD Config get_config() const override { return config_of(options_); }
  std::optional<std::uint64_t> seed() const override { return options_.seed; }
  void fill(const Shape& shape, double* values, const RandomStream& random) const override {
    detail::fill_uniform(shape.size(), values, options_.minval, options_.maxval, random);
  }

 private:
  RandomUniformOptions options_;
};

/// What a variance is scaled by: the number of a unit's inputs, of its outputs, or their mean.
enum class FanMode { fan_in, fan_out, fan_avg };
constexpr auto enumeration_names(FanMode) { return std::array<std::string_view, 3>{"fan_in", "fan_out", "fan_avg"}; }
enum class Distribution { truncated_normal, untruncated_normal, uniform };
constexpr auto enumeration_names(Distribution) {
  return std::array<std::string_view, 3>{"truncated_normal", "untruncated_normal", "uniform"};
}

struct VarianceScalingOptions {
  double scale = 1.0;  ///< Scale of the variance; > 0. Default: 1.
  FanMode mode = FanMode::fan_in;
  Distribution distribution = Distribution::truncated_normal;
  std::optional<std::uint64_t> seed = std::nullopt;  ///< Seed; none: the seed of the program. Default: none.
  OneOrMore<Index> input_axes = {};   ///< that count as a unit's inputs: the last but one where none is named
  OneOrMore<Index> output_axes = {};  ///< that count as its outputs: the last one where none is named
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("scale", self.scale);
    field("mode", self.mode);
    field("distribution", self.distribution);
    field("seed", self.seed);
    field("input_axes", self.input_axes);
    field("output_axes", self.output_axes);
  }
};

/// Of variance scale / n, n being the fan that `mode` names, so that signals keep their size through a layer: normally
/// distributed (cut off at two standard deviations or not) or evenly. Keras's VarianceScaling. A fan is the product of
/// its axes and of all axes that belong to neither fan, which are a convolution's window.
class VarianceScaling : public InitializerFunction {
 public:
  using Arguments = VarianceScalingOptions;
  explicit VarianceScaling(VarianceScalingOptions options = {}) : options_(std::move(options)) {
    detail::check_positive(options_.scale, "scale", "VarianceScaling");
  }
  const char* class_name() const noexcept override { return "VarianceScaling"; }
  LAMINA_COLD Config get_config() const override { return config_of(options_); }
  std::optional<std::uint64_t> seed() const override { return options_.seed; }
  LAMINA_COLD std::shared_ptr<const InitializerFunction> with_axes(const std::vector<Index>& inputs,
                                                                   const std::vector<Index>& outputs) const override {
    if (options_.input_axes.given() && options_.output_axes.given()) return nullptr;
    auto same = std::make_shared<VarianceScaling>(options_);
    same->axes_.emplace(inputs, outputs);
    return same;
  }
  void fill(const Shape& shape, double* values, const RandomStream& random) const override {
    const detail::Fans fans = fans_of(shape);
    const double fan = options_.mode == FanMode::fan_in    ? fans.in
                       : options_.mode == FanMode::fan_out ? fans.out
                                                           : (fans.in + fans.out) / 2;
    const double variance = options_.scale / (std::max)(1.0, fan);
    const Index n = shape.size();
    if (options_.distribution == Distribution::uniform) {
      const double limit = std::sqrt(3 * variance);
      detail::fill_uniform(n, values, -limit, limit, random);
    } else if (options_.distribution == Distribution::untruncated_normal) {
      detail::fill_normal(n, values, 0, std::sqrt(variance), random);
    } else {
      constexpr double kept = 0.87962566103423978;  // of the standard deviation, by the cut
      detail::fill_truncated_normal(n, values, 0, std::sqrt(variance) / kept, random);
    }
  }

 protected:
  const VarianceScalingOptions& options() const noexcept { return options_; }

 private:
  LAMINA_COLD detail::Fans fans_of(const Shape& shape) const {
    if (axes_) return detail::Fans(class_name(), shape, axes_->first, axes_->second);
    if (!options_.input_axes.given() && !options_.output_axes.given()) return detail::Fans(shape);
    return detail::Fans(class_name(), shape, axes_or(options_.input_axes, -2), axes_or(options_.output_axes, -1));
  }
  static std::vector<Index> axes_or(const OneOrMore<Index>& axes, Index otherwise) {
    return axes.given() ? axes.values() : std::vector<Index>{otherwise};
  }
  VarianceScalingOptions options_;
  std::optional<std::pair<std::vector<Index>, std::vector<Index>>> axes_ = std::nullopt;
};

/// What the initializers below take: VarianceScaling's options but those that each of them fixes.
struct FixedScalingOptions {
  std::optional<std::uint64_t> seed = std::nullopt;  ///< Seed; none: the seed of the program. Default: none.
  OneOrMore<Index> input_axes = {};
  OneOrMore<Index> output_axes = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("seed", self.seed);
    field("input_axes", self.input_axes);
    field("output_axes", self.output_axes);
  }
};

namespace detail {
/// VarianceScaling under a name of its own, with a scale, a fan and a distribution of its own.
class FixedScaling : public VarianceScaling {
 public:
  using Arguments = FixedScalingOptions;
  LAMINA_COLD Config get_config() const override {
    return config_of(FixedScalingOptions{options().seed, options().input_axes, options().output_axes});
  }

 protected:
  FixedScaling(double scale, FanMode mode, Distribution distribution, FixedScalingOptions o)
      : VarianceScaling({scale, mode, distribution, o.seed, std::move(o.input_axes), std::move(o.output_axes)}) {}
};
}  // namespace detail

/// Evenly distributed in ±√(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010). Keras's GlorotUniform, the default of
/// kernels.
class GlorotUniform : public detail::FixedScaling {
 public:
  explicit GlorotUniform(FixedScalingOptions options = {})
      : FixedScaling(1.0, FanMode::fan_avg, Distribution::uniform, std::move(options)) {}
  const char* class_name() const noexcept override { return "GlorotUniform"; }
};

/// Normally distributed, cut off at two standard deviations, of variance 2 / (fan_in + fan_out). Keras's GlorotNormal.
class GlorotNormal : public detail::FixedScaling {
 public:
  explicit GlorotNormal(FixedScalingOptions options = {})
      : FixedScaling(1.0, FanMode::fan_avg, Distribution::truncated_normal, std::move(options)) {}
  const char* class_name() const noexcept override { return "GlorotNormal"; }
};

/// Evenly distributed in ±√(6 / fan_in) (He et al., 2015). Keras's HeUniform.
class HeUniform : public detail::FixedScaling {
 public:
  explicit HeUniform(FixedScalingOptions options = {})
      : FixedScaling(2.0, FanMode::fan_in, Distribution::uniform, std::move(options)) {}
  const char* class_name() const noexcept override { return "HeUniform"; }
};

/// Normally distributed, cut off at two standard deviations, of variance 2 / fan_in (He et al., 2015). Keras's
/// HeNormal.
class HeNormal : public detail::FixedScaling {
 public:
  explicit HeNormal(FixedScalingOptions options = {})
      : FixedScaling(2.0, FanMode::fan_in, Distribution::truncated_normal, std::move(options)) {}
  const char* class_name() const noexcept override { return "HeNormal"; }
};

/// Evenly distributed in ±√(3 / fan_in) (LeCun et al., 1998). Keras's LecunUniform.
class LecunUniform : public detail::FixedScaling {
 public:
  explicit LecunUniform(FixedScalingOptions options = {})
      : FixedScaling(1.0, FanMode::fan_in, Distribution::uniform, std::move(options)) {}
  const char* class_name() const noexcept override { return "LecunUniform"; }
};

/// Normally distributed, cut off at two standard deviations, of variance 1 / fan_in (LeCun et al., 1998). Keras's
/// LecunNormal.
class LecunNormal : public detail::FixedScaling {
 public:
  explicit LecunNormal(FixedScalingOptions options = {})
      : FixedScaling(1.0, FanMode::fan_in, Distribution::truncated_normal, std::move(options)) {}
  const char* class_name() const noexcept override { return "LecunNormal"; }
};

}  // namespace lamina
