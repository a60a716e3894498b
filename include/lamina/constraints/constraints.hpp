#pragma once
#include "lamina/core/names.hpp"
#include "lamina/ops/function_argument.hpp"
#include "lamina/ops/reductions.hpp"

namespace lamina {

namespace detail {
/// Keras's epsilon, by which lengths are kept from 0.
inline constexpr double norm_epsilon = 1e-7;
template <class S>
Tensor<S> norms_along(const Tensor<S>& w, const std::vector<Index>& axes) {
  return sqrt(sum(square(w), {.axes = axes, .keepdims = true}));
}

/// The axes of a constraint: Keras takes one or several.
struct Axes {
  std::vector<Index> values{0};
  Config to_config() const { return values.size() == 1 ? Config(values[0]) : argument_to_config(values); }
  void from_config(const Config& config) {
    if (config.is_list())
      argument_from_config(config, values);
    else
      values = {config.as_integer<Index>()};
  }
};
}  // namespace detail

struct NonNegOptions {
  template <class Self, class Field>
  static void fields(Self&, Field&&) {}
};

/// Weights that are not negative: w = max(w, 0). Keras's NonNeg.
class NonNeg {
 public:
  using Arguments = NonNegOptions;
  explicit NonNeg(NonNegOptions = {}) {}
  static const char* class_name() noexcept { return "NonNeg"; }
  NonNegOptions arguments() const noexcept { return {}; }

  template <class S>
  Tensor<S> operator()(const Tensor<S>& w) const {
    return relu(w);
  }
};

struct MaxNormOptions {
  double max_value = 2.0;
  detail::Axes axis = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("max_value", self.max_value);
    field("axis", self.axis);
  }
};

/// Vectors along `axis` of length at most `max_value`: w min(1, max_value / (epsilon + |w|)). Keras's MaxNorm.
class MaxNorm {
 public:
  using Arguments = MaxNormOptions;
  explicit MaxNorm(MaxNormOptions options = {}) : options_(std::move(options)) {
    if (!(options_.max_value >= 0)) raise<ValueError>("MaxNorm: expected max_value >= 0, got ", options_.max_value);
  }
  explicit MaxNorm(double max_value, Index axis = 0) : MaxNorm(MaxNormOptions{max_value, {{axis}}}) {}
  static const char* class_name() noexcept { return "MaxNorm"; }
  const MaxNormOptions& arguments() const noexcept { return options_; }

  template <class S>
  Tensor<S> operator()(const Tensor<S>& w) const {
    const Tensor<S> norms = detail::norms_along(w, options_.axis.values);
    return w * (clip(norms, 0.0, options_.max_value) / (norms + S(detail::norm_epsilon)));
  }

 private:
  MaxNormOptions options_;
};

struct UnitNormOptions {
  detail::Axes axis = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("axis", self.axis);
  }
};

/// Vectors along `axis` of length 1: w / (epsilon + |w|). Keras's UnitNorm.
class UnitNorm {
 public:
  using Arguments = UnitNormOptions;
  explicit UnitNorm(UnitNormOptions options = {}) : options_(std::move(options)) {}
  explicit UnitNorm(Index axis) : UnitNorm(UnitNormOptions{{{axis}}}) {}
  static const char* class_name() noexcept { return "UnitNorm"; }
  const UnitNormOptions& arguments() const noexcept { return options_; }

  template <class S>
  Tensor<S> operator()(const Tensor<S>& w) const {
    return w / (detail::norms_along(w, options_.axis.values) + S(detail::norm_epsilon));
  }

 private:
  UnitNormOptions options_;
};

struct MinMaxNormOptions {
  double min_value = 0.0;
  double max_value = 1.0;
  double rate = 1.0;
  detail::Axes axis = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("min_value", self.min_value);
    field("max_value", self.max_value);
    field("rate", self.rate);
    field("axis", self.axis);
  }
};

/// Vectors along `axis` whose length is drawn between two bounds, by `rate` of the way at each update:
/// w (rate clip(|w|, min, max) + (1 - rate) |w|) / (epsilon + |w|). Keras's MinMaxNorm.
class MinMaxNorm {
 public:
  using Arguments = MinMaxNormOptions;
  explicit MinMaxNorm(MinMaxNormOptions options = {}) : options_(std::move(options)) {
    if (!(options_.min_value <= options_.max_value))
      raise<ValueError>("MinMaxNorm: expected min_value <= max_value, got ", options_.min_value, " and ",
                        options_.max_value);
    if (!(options_.rate >= 0 && options_.rate <= 1))
      raise<ValueError>("MinMaxNorm: expected 0 <= rate <= 1, got ", options_.rate);
  }
  static const char* class_name() noexcept { return "MinMaxNorm"; }
  const MinMaxNormOptions& arguments() const noexcept { return options_; }

  template <class S>
  Tensor<S> operator()(const Tensor<S>& w) const {
    const Tensor<S> norms = detail::norms_along(w, options_.axis.values);
    const Tensor<S> wanted = static_cast<S>(options_.rate) * clip(norms, options_.min_value, options_.max_value) +
                             static_cast<S>(1 - options_.rate) * norms;
    return w * (wanted / (norms + S(detail::norm_epsilon)));
  }

 private:
  MinMaxNormOptions options_;
};

struct ConstraintFamily : detail::AdaptsTensorFunctions {
  static constexpr const char* kind = "constraint";
  template <class C>
  using Of = detail::TensorFunctionOf<C>;
  using Table = StrategyTable<const TensorFunction, Named<"non_neg", Of<NonNeg>>, Named<"max_norm", Of<MaxNorm>>,
                              Named<"unit_norm", Of<UnitNorm>>, Named<"min_max_norm", Of<MinMaxNorm>>>;
};

/// What a weight is made to be after each update: a Keras name, one of the above, or any callable from a tensor to one
/// of the same shape. Keras's Constraint.
using Constraint = StrategyArgument<const TensorFunction, ConstraintFamily>;

}  // namespace lamina
