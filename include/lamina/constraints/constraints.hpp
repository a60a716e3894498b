#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/core/names.hpp"
#include "lamina/core/tensor_function.hpp"
#include "lamina/ops/norms.hpp"

namespace lamina {

namespace detail {
/// Keras's epsilon, added to norms before a division.
inline constexpr double norm_epsilon = 1e-7;
template <class S>
ScaledVectors<S> vectors_of_weight(const Tensor<S>& w, const std::vector<Index>& axes) {
  return scaled_vectors(w, axes, norm_epsilon * norm_epsilon);
}
/// Returns w scaled such that the vectors along `axes` have other norms: w wanted(|w|) / (epsilon + |w|). A vector
/// whose squared norm overflows or underflows S is scaled first.
template <class S, class Wanted>
Tensor<S> with_lengths(const Tensor<S>& w, const std::vector<Index>& axes, const Wanted& wanted) {
  const ScaledVectors<S> v = vectors_of_weight(w, axes);
  const Tensor<S> lengths = sqrt(v.squares);
  return v.vectors * (wanted(v.scales.defined() ? lengths / v.scales : lengths) / (lengths + v.scaled(norm_epsilon)));
}

/// The axes of a constraint: one or several, as in Keras.
struct Axes {
  std::vector<Index> values{0};
  LAMINA_COLD Config to_config() const { return values.size() == 1 ? Config(values[0]) : argument_to_config(values); }
  LAMINA_COLD void from_config(const Config& config) { integers_from_config(config, values); }
};
}  // namespace detail

/// Options of NonNeg: none.
struct NonNegOptions {
  /// Visits no fields.
  template <class Self, class Field>
  static void fields(Self&, Field&&) {}
};

/// Constrains weights to be nonnegative: w = max(w, 0). Keras: `keras.constraints.NonNeg`.
class NonNeg {
 public:
  using Arguments = NonNegOptions;
  /// There are no options.
  explicit NonNeg(NonNegOptions = {}) {}
  static const char* class_name() noexcept { return "NonNeg"; }
  NonNegOptions arguments() const noexcept { return {}; }  ///< The options.

  /// Returns the constrained weight, of the shape of w.
  template <class S>
  Tensor<S> operator()(const Tensor<S>& w) const {
    return relu(w);
  }
};

/// Options of MaxNorm.
struct MaxNormOptions {
  double max_value = 2.0;  ///< Largest norm; >= 0. Default: 2.
  detail::Axes axis = {};  ///< Axes along which norms are computed: one index or a list. Default: 0.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("max_value", self.max_value);
    field("axis", self.axis);
  }
};

/// Constrains the norm of the vectors along `axis`: w = w min(max_value, |w|) / (epsilon + |w|). epsilon is 1e-7.
/// Throws ValueError for a negative max_value. Keras: `keras.constraints.MaxNorm`.
class MaxNorm {
 public:
  using Arguments = MaxNormOptions;
  explicit MaxNorm(MaxNormOptions options = {}) : options_(std::move(options)) {
    if (!detail::at_least(options_.max_value, 0))
      raise<ValueError>("MaxNorm: expected max_value >= 0, got ", options_.max_value);
  }
  /// `max_value` and `axis`: see MaxNormOptions.
  explicit MaxNorm(double max_value, Index axis = 0) : MaxNorm(MaxNormOptions{max_value, {{axis}}}) {}
  static const char* class_name() noexcept { return "MaxNorm"; }
  const MaxNormOptions& arguments() const noexcept { return options_; }  ///< The options.

  /// Returns the constrained weight, of the shape of w.
  template <class S>
  Tensor<S> operator()(const Tensor<S>& w) const {
    return detail::with_lengths(w, options_.axis.values,
                                [&](const Tensor<S>& lengths) { return clip(lengths, 0.0, options_.max_value); });
  }

 private:
  MaxNormOptions options_;
};

/// Options of UnitNorm.
struct UnitNormOptions {
  detail::Axes axis = {};  ///< Axes along which norms are computed: one index or a list. Default: 0.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("axis", self.axis);
  }
};

/// Constrains the vectors along `axis` to norm 1: w = w / (epsilon + |w|). epsilon is 1e-7. Keras:
/// `keras.constraints.UnitNorm`.
class UnitNorm {
 public:
  using Arguments = UnitNormOptions;
  explicit UnitNorm(UnitNormOptions options = {}) : options_(std::move(options)) {}
  /// `axis`: see UnitNormOptions.
  explicit UnitNorm(Index axis) : UnitNorm(UnitNormOptions{{{axis}}}) {}
  static const char* class_name() noexcept { return "UnitNorm"; }
  const UnitNormOptions& arguments() const noexcept { return options_; }  ///< The options.

  /// Returns the constrained weight, of the shape of w.
  template <class S>
  Tensor<S> operator()(const Tensor<S>& w) const {
    const detail::ScaledVectors<S> v = detail::vectors_of_weight(w, options_.axis.values);
    return v.vectors / (sqrt(v.squares) + v.scaled(detail::norm_epsilon));
  }

 private:
  UnitNormOptions options_;
};

/// Options of MinMaxNorm.
struct MinMaxNormOptions {
  double min_value = 0.0;  ///< Smallest norm; <= max_value. Default: 0.
  double max_value = 1.0;  ///< Largest norm; >= min_value. Default: 1.
  double rate = 1.0;       ///< Fraction of the correction applied per update; 0 to 1. Default: 1.
  detail::Axes axis = {};  ///< Axes along which norms are computed: one index or a list. Default: 0.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("min_value", self.min_value);
    field("max_value", self.max_value);
    field("rate", self.rate);
    field("axis", self.axis);
  }
};

/// Constrains the norm of the vectors along `axis` to [min_value, max_value], by a fraction `rate` of the correction
/// per update: w = w (rate clip(|w|, min_value, max_value) + (1 - rate) |w|) / (epsilon + |w|). epsilon is 1e-7. Throws
/// ValueError for invalid options. Keras: `keras.constraints.MinMaxNorm`.
class MinMaxNorm {
 public:
  using Arguments = MinMaxNormOptions;
  explicit MinMaxNorm(MinMaxNormOptions options = {}) : options_(std::move(options)) {
    if (!detail::at_most(options_.min_value, options_.max_value))
      raise<ValueError>("MinMaxNorm: expected min_value <= max_value, got ", options_.min_value, " and ",
                        options_.max_value);
    detail::check_fraction(options_.rate, "rate", "MinMaxNorm");
  }
  static const char* class_name() noexcept { return "MinMaxNorm"; }
  const MinMaxNormOptions& arguments() const noexcept { return options_; }  ///< The options.

  /// Returns the constrained weight, of the shape of w.
  template <class S>
  Tensor<S> operator()(const Tensor<S>& w) const {
    return detail::with_lengths(w, options_.axis.values, [&](const Tensor<S>& lengths) {
      const Tensor<S> bounded = clip(lengths, options_.min_value, options_.max_value);
      if (options_.rate == 1) return bounded;
      return static_cast<S>(options_.rate) * bounded + static_cast<S>(1 - options_.rate) * lengths;
    });
  }

 private:
  MinMaxNormOptions options_;
};

/// The Keras names of constraints.
struct ConstraintFamily : detail::AdaptsTensorFunctions {
  static constexpr const char* kind = "constraint";  ///< The word for errors.
  /// A constraint as a TensorFunction.
  template <class C>
  using Of = detail::TensorFunctionOf<C>;
  /// The constraints by name.
  using Table = StrategyTable<const TensorFunction, Named<"non_neg", Of<NonNeg>>, Named<"max_norm", Of<MaxNorm>>,
                              Named<"unit_norm", Of<UnitNorm>>, Named<"min_max_norm", Of<MinMaxNorm>>>;
};

/// A constraint option: a function that is applied to a weight after each update. A Keras name, one of the classes
/// above, or any callable from a tensor to a tensor of the same shape. Keras: `keras.constraints.Constraint`.
using Constraint = StrategyArgument<const TensorFunction, ConstraintFamily>;

}  // namespace lamina
