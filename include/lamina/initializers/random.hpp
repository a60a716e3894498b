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
/// Fills with the normal distribution, truncated at two standard deviations. `stddev`: before truncation.
inline void fill_truncated_normal(Index n, double* values, double mean, double stddev, const RandomStream& random) {
  constexpr double below = 0.022750131948179195;  // the standard normal distribution function at -2
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

/// Options of RandomNormal and TruncatedNormal.
struct RandomNormalOptions {
  double mean = 0.0;                                 ///< Mean. Default: 0.
  double stddev = 0.05;                              ///< Standard deviation; >= 0. Default: 0.05.
  std::optional<std::uint64_t> seed = std::nullopt;  ///< Random seed; if empty, the global seed. Default: empty.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("mean", self.mean);
    field("stddev", self.stddev);
    field("seed", self.seed);
  }
};

/// Normal distribution, by default of mean 0 and standard deviation 0.05. Throws ValueError for invalid options. Keras:
/// `keras.initializers.RandomNormal`.
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

/// Normal distribution, truncated at two standard deviations from the mean; by default mean 0 and standard deviation
/// (before truncation) 0.05. Throws ValueError for invalid options. Keras: `keras.initializers.TruncatedNormal`.
class TruncatedNormal : public InitializerFunction {
 public:
  using Arguments = RandomNormalOptions;
  /// `options`: see RandomNormalOptions.
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

/// Options of RandomUniform.
struct RandomUniformOptions {
  double minval = -0.05;                             ///< Lower bound. Default: -0.05.
  double maxval = 0.05;                              ///< Upper bound; >= minval. Default: 0.05.
  std::optional<std::uint64_t> seed = std::nullopt;  ///< Random seed; if empty, the global seed. Default: empty.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("minval", self.minval);
    field("maxval", self.maxval);
    field("seed", self.seed);
  }
};

/// Uniform distribution between minval and maxval, by default ±0.05. Throws ValueError for invalid options. Keras:
/// `keras.initializers.RandomUniform`.
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

/// The fan that VarianceScaling divides by: the number of inputs of a unit, its number of outputs, or the mean of both.
enum class FanMode { fan_in, fan_out, fan_avg };
/// The names of FanMode in Keras.
constexpr auto enumeration_names(FanMode) { return std::array<std::string_view, 3>{"fan_in", "fan_out", "fan_avg"}; }
/// The distribution of VarianceScaling: normal, truncated at two standard deviations or not, or uniform.
enum class Distribution { truncated_normal, untruncated_normal, uniform };
/// The names of Distribution in Keras.
constexpr auto enumeration_names(Distribution) {
  return std::array<std::string_view, 3>{"truncated_normal", "untruncated_normal", "uniform"};
}

/// Options of VarianceScaling.
struct VarianceScalingOptions {
  double scale = 1.0;              ///< Factor of the variance; > 0. Default: 1.
  FanMode mode = FanMode::fan_in;  ///< The fan to divide by: fan_in, fan_out or fan_avg. Default: fan_in.
  /// The distribution: truncated_normal, untruncated_normal or uniform. Default: truncated_normal.
  Distribution distribution = Distribution::truncated_normal;
  std::optional<std::uint64_t> seed = std::nullopt;  ///< Random seed; if empty, the global seed. Default: empty.
  OneOrMore<Index> input_axes = {};                  ///< Axes of a unit's inputs. Default: the layer's, or -2.
  OneOrMore<Index> output_axes = {};                 ///< Axes of a unit's outputs. Default: the layer's, or -1.
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

/// Random values of variance scale / fan, which keeps the magnitude of activations through a layer. `mode` selects the
/// fan, `distribution` the distribution. fan_in is the product of the input axes and of all axes that are neither input
/// nor output axes (the kernel positions of a convolution); fan_out in the same way. Throws ValueError for invalid
/// options. Keras: `keras.initializers.VarianceScaling`.
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
      constexpr double kept = 0.87962566103423978;  // standard deviation of the truncated standard normal distribution
      detail::fill_truncated_normal(n, values, 0, std::sqrt(variance) / kept, random);
    }
  }

 protected:
  /// The options.
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

/// Options of the initializers below: those of VarianceScaling that they do not fix.
struct FixedScalingOptions {
  std::optional<std::uint64_t> seed = std::nullopt;  ///< Random seed; if empty, the global seed. Default: empty.
  OneOrMore<Index> input_axes = {};                  ///< Axes of a unit's inputs. Default: the layer's, or -2.
  OneOrMore<Index> output_axes = {};                 ///< Axes of a unit's outputs. Default: the layer's, or -1.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("seed", self.seed);
    field("input_axes", self.input_axes);
    field("output_axes", self.output_axes);
  }
};

namespace detail {
/// VarianceScaling with a fixed scale, mode and distribution: the base class of the initializers below.
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

/// Uniform distribution in ±√(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010). The default for kernels. Keras:
/// `keras.initializers.GlorotUniform`.
class GlorotUniform : public detail::FixedScaling {
 public:
  /// `options`: see FixedScalingOptions.
  explicit GlorotUniform(FixedScalingOptions options = {})
      : FixedScaling(1.0, FanMode::fan_avg, Distribution::uniform, std::move(options)) {}
  const char* class_name() const noexcept override { return "GlorotUniform"; }
};

/// Truncated normal distribution of variance 2 / (fan_in + fan_out) (Glorot and Bengio, 2010). Keras:
/// `keras.initializers.GlorotNormal`.
class GlorotNormal : public detail::FixedScaling {
 public:
  /// `options`: see FixedScalingOptions.
  explicit GlorotNormal(FixedScalingOptions options = {})
      : FixedScaling(1.0, FanMode::fan_avg, Distribution::truncated_normal, std::move(options)) {}
  const char* class_name() const noexcept override { return "GlorotNormal"; }
};

/// Uniform distribution in ±√(6 / fan_in) (He et al., 2015). Keras: `keras.initializers.HeUniform`.
class HeUniform : public detail::FixedScaling {
 public:
  /// `options`: see FixedScalingOptions.
  explicit HeUniform(FixedScalingOptions options = {})
      : FixedScaling(2.0, FanMode::fan_in, Distribution::uniform, std::move(options)) {}
  const char* class_name() const noexcept override { return "HeUniform"; }
};

/// Truncated normal distribution of variance 2 / fan_in (He et al., 2015). Keras: `keras.initializers.HeNormal`.
class HeNormal : public detail::FixedScaling {
 public:
  /// `options`: see FixedScalingOptions.
  explicit HeNormal(FixedScalingOptions options = {})
      : FixedScaling(2.0, FanMode::fan_in, Distribution::truncated_normal, std::move(options)) {}
  const char* class_name() const noexcept override { return "HeNormal"; }
};

/// Uniform distribution in ±√(3 / fan_in) (LeCun et al., 1998). Keras: `keras.initializers.LecunUniform`.
class LecunUniform : public detail::FixedScaling {
 public:
  /// `options`: see FixedScalingOptions.
  explicit LecunUniform(FixedScalingOptions options = {})
      : FixedScaling(1.0, FanMode::fan_in, Distribution::uniform, std::move(options)) {}
  const char* class_name() const noexcept override { return "LecunUniform"; }
};

/// Truncated normal distribution of variance 1 / fan_in (LeCun et al., 1998). Keras: `keras.initializers.LecunNormal`.
class LecunNormal : public detail::FixedScaling {
 public:
  /// `options`: see FixedScalingOptions.
  explicit LecunNormal(FixedScalingOptions options = {})
      : FixedScaling(1.0, FanMode::fan_in, Distribution::truncated_normal, std::move(options)) {}
  const char* class_name() const noexcept override { return "LecunNormal"; }
};

}  // namespace lamina
