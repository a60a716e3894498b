#pragma once
#include <array>
#include <functional>
#include <memory>
#include <string>

#include "lamina/core/arguments.hpp"
#include "lamina/core/names.hpp"
#include "lamina/core/target_rule.hpp"
#include "lamina/ops/excluded_samples.hpp"
#include "lamina/ops/ops.hpp"

namespace lamina {

/// How a loss combines the per-sample losses of a batch. Keras: the argument `reduction` of `keras.losses.Loss`.
enum class Reduction {
  sum_over_batch_size,     ///< Sum of the (weighted) losses divided by their number. The default.
  sum,                     ///< Sum of the (weighted) losses.
  none,                    ///< No reduction: one (weighted) loss per sample.
  mean,                    ///< Same as `sum_over_batch_size`.
  mean_with_sample_weight  ///< Weighted sum of the losses divided by the sum of the weights.
};
/// Returns Keras's names of the values of Reduction, in their order.
constexpr auto enumeration_names(Reduction) {
  return std::array<std::string_view, 5>{"sum_over_batch_size", "sum", "none", "mean", "mean_with_sample_weight"};
}

/// Returns the Reduction with a Keras name. Throws ValueError for an unknown name.
inline Reduction reduction_named(std::string_view name) {
  constexpr auto names = enumeration_names(Reduction());
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<Reduction>(i);
  raise_unknown_name("reduction", name, names);
}
/// Reads a Reduction from its name; null is `Reduction::none`, as in Keras.
inline void argument_from_config(const Config& config, Reduction& reduction) {
  reduction = config.is_null() ? Reduction::none : reduction_named(config.as_string());
}

/// Options of losses whose only option is the reduction.
struct LossOptions {
  /// How per-sample losses are combined; see Reduction. Default: sum_over_batch_size.
  Reduction reduction = Reduction::sum_over_batch_size;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("reduction", self.reduction);
  }
};

namespace detail {

/// Keras's epsilon (`keras.config.epsilon`): lower bound of arguments of logarithms and of divisors.
inline constexpr double loss_epsilon = 1e-7;

/// Reshapes weights or a mask to the rank of the values: drops a last axis of size 1, appends missing axes of size 1.
template <class S>
Tensor<S> align_weight(const Tensor<S>& weight, const Shape& values) {
  Shape shape = weight.shape();
  if (shape.rank() == values.rank() + 1 && shape.back() == 1) shape.pop_back();
  if (shape.rank() > 0)
    while (shape.rank() < values.rank()) shape.push_back(1);
  return TensorAccess::with_shape(weight, shape);
}

/// Returns 1 where a mask is nonzero and 0 elsewhere.
template <class S>
Tensor<S> binary_mask(const Tensor<S>& mask) {
  Tensor<S> binary = Tensor<S>::empty(mask.shape());
  S* out = TensorAccess::data(binary);
  for (Index i = 0; i < mask.size(); ++i) out[i] = mask[i] != S(0) ? S(1) : S(0);
  return binary;
}

/// Returns sample weights times the mask. If `averaged`, the mask is scaled by (number of elements) / (number of
/// unmasked elements), so that the mean over all elements equals the mean over the unmasked ones.
template <class S>
Tensor<S> apply_mask(const Tensor<S>& weight, const Tensor<S>& mask, bool averaged) {
  Tensor<S> m = binary_mask(mask);
  if (averaged) {
    S kept = S(0);
    for (Index i = 0; i < m.size(); ++i) kept += m[i];
    m = m * (kept > S(0) ? static_cast<S>(m.size()) / kept : S(0));
  }
  return weight.defined() ? weight * m : m;
}

LAMINA_COMPILED_FUNCTION(align_weight);
LAMINA_COMPILED_FUNCTION(binary_mask);
LAMINA_COMPILED_FUNCTION(apply_mask);
}  // namespace detail

/// Base class of all losses: computes one loss per sample and reduces them. Keras: `keras.losses.Loss`.
///
/// A custom loss derives from Loss and overrides `call`, written with operations on tensors. `compile` also accepts a
/// function `[](const auto& y_true, const auto& y_pred) { ... }`. Both receive targets and predictions of the same
/// rank: see `operator()`.
template <class Scalar = float>
class Loss {
 public:
  using scalar_type = Scalar;       ///< Element type of the tensors.
  using StrategyBase = const Loss;  ///< Type that registered names and configurations create.
  /// Constructs a loss with the given reduction.
  explicit Loss(Reduction reduction = Reduction::sum_over_batch_size) : reduction_(reduction) {}
  virtual ~Loss() = default;

  /// Returns the name of the class, such as "MeanSquaredError".
  virtual std::string class_name() const = 0;
  /// Returns the options by their Keras names.
  LAMINA_COLD virtual Config get_config() const { return config_of(LossOptions{reduction_}); }
  /// Computes the loss of every sample. Returns the shape of the predictions without the reduced axis, which is the
  /// last one unless an option selects another.
  virtual Tensor<Scalar> call(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const = 0;

  /// Computes the loss of a batch: rank 0, or one loss per sample with `Reduction::none`.
  ///
  /// If the ranks of targets and predictions differ by a last axis of size 1, one of them is reshaped before `call`, as
  /// in Keras: an operand of rank 1 gets the axis, otherwise the longer one loses it. So (batch,) and (batch, 1) never
  /// broadcast to (batch, batch). Targets with fewer axes must have the sizes of the first axes of the predictions;
  /// other ranks throw ShapeError. A loss with targets of another shape overrides `target_rule`.
  ///
  /// `sample_weight` multiplies the per-sample losses; its shape is (batch,) or the shape of the losses. Losses whose
  /// `mask` is 0 are ignored: a mean is over the others. If the weight or mask of a sample is 0, NaN and
  /// infinity in its targets, predictions or loss affect neither the loss nor its gradient. Weights or masks of other
  /// shapes throw ShapeError.
  Tensor<Scalar> operator()(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                            const Tensor<Scalar>& sample_weight = detail::no_tensor<Scalar>,
                            const Tensor<Scalar>& mask = detail::no_tensor<Scalar>) const {
    if (y_true.rank() != y_pred.rank()) [[unlikely]]
      if (target_rule().matched) {
        const auto [t, p] = detail::match_targets(y_true, y_pred, class_name());
        return matched_loss(t, p, sample_weight, mask);
      }
    return matched_loss(y_true, y_pred, sample_weight, mask);
  }

  /// Returns how per-sample losses are combined.
  Reduction reduction() const noexcept { return reduction_; }

 protected:
  /// Computes the mean over the batch without sample weights. Losses override it with a fused operation.
  virtual Tensor<Scalar> mean_of(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const {
    return reduce(y_true, call(y_true, y_pred), {}, {});
  }
  /// Returns the mask that the loss itself computes for the per-sample losses `values`: 0 for losses to ignore.
  /// Default: an undefined tensor, which means no mask.
  virtual Tensor<Scalar> own_mask(const Tensor<Scalar>& y_true, const Tensor<Scalar>& values) const {
    static_cast<void>(y_true);
    static_cast<void>(values);
    return {};
  }

  /// Returns what the loss expects of its targets; see TargetRule.
  virtual TargetRule target_rule() const { return {}; }
  /// Returns the axis of the predictions that `call` reduces, which weights and masks do not have. Default: -1.
  virtual Index reduced_axis() const { return -1; }

 private:
  Tensor<Scalar> matched_loss(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                              const Tensor<Scalar>& sample_weight, const Tensor<Scalar>& mask) const {
    if (sample_weight.defined() || mask.defined()) return weighted_loss(y_true, y_pred, sample_weight, mask);
    if (reduction_ != Reduction::sum && reduction_ != Reduction::none) return mean_of(y_true, y_pred);
    return reduce(y_true, call(y_true, y_pred), sample_weight, mask);
  }
  Tensor<Scalar> weighted_loss(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                               const Tensor<Scalar>& sample_weight, const Tensor<Scalar>& mask) const {
    if (!detail::ExcludedSamples<Scalar>::any(sample_weight, mask))
      return reduce(y_true, call(y_true, y_pred), sample_weight, mask);
    detail::ExcludedSamples<Scalar> excluded(sample_weight, mask);
    const Index axis = reduced_axis();
    const TargetRule rule = target_rule();
    Tensor<Scalar> t = y_true, p = y_pred;
    excluded.replace_bad(t, p, axis, rule);
    Tensor<Scalar> values = call(t, p);
    if (excluded.find(values, values.rank())) {  // computed from finite numbers, such as log(0)
      excluded.replace(t, p, axis, rule);
      values = call(t, p);
    }
    return reduce(y_true, std::move(values), sample_weight, mask);
  }
  Tensor<Scalar> weights_for(const Tensor<Scalar>& y_true, const Tensor<Scalar>& values,
                             const Tensor<Scalar>& sample_weight, const Tensor<Scalar>& given_mask) const {
    Tensor<Scalar> mask = own_mask(y_true, values), weight;
    if (given_mask.defined()) {
      const Tensor<Scalar> given = aligned_weight(given_mask, values, "mask");
      mask = mask.defined() ? given * mask : given;
    }
    if (sample_weight.defined()) weight = aligned_weight(sample_weight, values, "sample weights");
    if (mask.defined())
      weight = detail::apply_mask(weight, mask,
                                  reduction_ == Reduction::mean || reduction_ == Reduction::sum_over_batch_size);
    return weight;
  }
  Tensor<Scalar> aligned_weight(const Tensor<Scalar>& weight, const Tensor<Scalar>& values, const char* what) const {
    Tensor<Scalar> aligned = detail::align_weight(weight.detached(), values.shape());
    bool matches = aligned.rank() == values.rank() || values.rank() == 0 || aligned.rank() == 0;
    for (Index i = 0; matches && i < aligned.rank() && i < values.rank(); ++i)
      matches = aligned.shape()[i] == 1 || values.shape()[i] == 1 || aligned.shape()[i] == values.shape()[i];
    if (!matches)
      raise<ShapeError>(class_name(), ": ", what, " of shape ", weight.shape(), " do not match losses of shape ",
                        values.shape(), ". Pass one per sample, or one per element of the losses.");
    return aligned;
  }
  Tensor<Scalar> reduce(const Tensor<Scalar>& y_true, Tensor<Scalar> values, const Tensor<Scalar>& sample_weight,
                        const Tensor<Scalar>& mask) const {
    const Tensor<Scalar> weight = weights_for(y_true, values, sample_weight, mask);
    if (weight.defined()) {
      if (!detail::all_finite(values)) values = where(weight, values, Scalar(0));
      values = values * weight;
    }
    if (reduction_ == Reduction::none || values.rank() == 0) return values;
    const Tensor<Scalar> total = sum(values);
    if (reduction_ == Reduction::sum) return total;
    const bool by_weight = reduction_ == Reduction::mean_with_sample_weight && weight.defined();
    const Scalar count = by_weight ? sum(weight).item() : static_cast<Scalar>(values.size());
    return total * (count == Scalar(0) ? Scalar(0) : Scalar(1) / count);
  }

  Reduction reduction_;
};

/// Base class of losses with an options struct: stores it and writes it to the configuration.
template <class Scalar, class Options>
class LossWith : public Loss<Scalar> {
 public:
  using Arguments = Options;  ///< The options struct, which configurations are read into.
  /// Constructs a loss with the given options.
  explicit LossWith(Options options) : Loss<Scalar>(options.reduction), options_(std::move(options)) {}
  LAMINA_COLD Config get_config() const override { return config_of(options_); }
  /// Returns the options.
  const Options& arguments() const noexcept { return options_; }

 protected:
  Index reduced_axis() const override {
    if constexpr (requires { Index(options_.axis); })
      return options_.axis;
    else
      return -1;
  }
  Options options_;  ///< The options given at construction.
};

/// A loss that calls a function of targets and predictions. The function returns one loss per sample, or one for the
/// whole batch (rank 0).
///
/// The function receives targets and predictions of the same rank, see `Loss::operator()`; with the rule
/// `{.matched = false}` it receives them unchanged.
template <class Scalar = float>
class LossFunction : public Loss<Scalar> {
 public:
  /// Computes losses from targets and predictions.
  using Function = std::function<Tensor<Scalar>(const Tensor<Scalar>&, const Tensor<Scalar>&)>;
  /// Constructs a loss from a function, a reduction and a rule for its targets.
  explicit LossFunction(Function function, Reduction reduction = Reduction::sum_over_batch_size, TargetRule rule = {})
      : Loss<Scalar>(reduction), function_(std::move(function)), rule_(rule) {}
  std::string class_name() const override { return "LossFunction"; }
  Tensor<Scalar> call(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return function_(y_true, y_pred);
  }

 protected:
  TargetRule target_rule() const override { return rule_; }

 private:
  Function function_;
  TargetRule rule_;
};

LAMINA_COMPILED_CLASS(Loss);

}  // namespace lamina
