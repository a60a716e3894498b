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

/// How the values of single samples become the loss: their sum over their number (`sum_over_batch_size` and `mean`),
/// their sum, as they are (`none`), or their weighted sum over the sum of the weights (`mean_with_sample_weight`).
enum class Reduction { sum_over_batch_size, sum, none, mean, mean_with_sample_weight };
constexpr auto enumeration_names(Reduction) {
  return std::array<std::string_view, 5>{"sum_over_batch_size", "sum", "none", "mean", "mean_with_sample_weight"};
}

inline Reduction reduction_named(std::string_view name) {
  constexpr auto names = enumeration_names(Reduction());
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<Reduction>(i);
  raise_unknown_name("reduction", name, names);
}
/// Keras has null for "none" too.
inline void argument_from_config(const Config& config, Reduction& reduction) {
  reduction = config.is_null() ? Reduction::none : reduction_named(config.as_string());
}

/// The arguments of losses that have no others.
struct LossOptions {
  Reduction reduction = Reduction::sum_over_batch_size;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("reduction", self.reduction);
  }
};

namespace detail {

/// Keras's epsilon: what keeps logarithms and divisions from 0.
inline constexpr double loss_epsilon = 1e-7;

/// Weights or a mask with as many axes as the values: a last axis of 1 goes, missing ones are added at the end.
template <class S>
Tensor<S> align_weight(const Tensor<S>& weight, const Shape& values) {
  Shape shape = weight.shape();
  if (shape.rank() == values.rank() + 1 && shape.back() == 1) shape.pop_back();
  if (shape.rank() > 0)
    while (shape.rank() < values.rank()) shape.push_back(1);
  return TensorAccess::with_shape(weight, shape);
}

/// 1 where a mask is not 0, 0 elsewhere.
template <class S>
Tensor<S> ones_of_mask(const Tensor<S>& mask) {
  Tensor<S> ones = Tensor<S>::empty(mask.shape());
  S* out = TensorAccess::data(ones);
  for (Index i = 0; i < mask.size(); ++i) out[i] = mask[i] != S(0) ? S(1) : S(0);
  return ones;
}

/// Sample weights times the mask. `averaged`: what the mask keeps counts total / kept, so that the mean over everything
/// is one over what is kept.
template <class S>
Tensor<S> apply_mask(const Tensor<S>& weight, const Tensor<S>& mask, bool averaged) {
  Tensor<S> m = ones_of_mask(mask);
  if (averaged) {
    S kept = S(0);
    for (Index i = 0; i < m.size(); ++i) kept += m[i];
    m = m * (kept > S(0) ? static_cast<S>(m.size()) / kept : S(0));
  }
  return weight.defined() ? weight * m : m;
}

LAMINA_COMPILED_FUNCTION(align_weight);
LAMINA_COMPILED_FUNCTION(ones_of_mask);
LAMINA_COMPILED_FUNCTION(apply_mask);
}  // namespace detail

/// The base of all losses: one value a sample, and their reduction. Keras's Loss.
///
/// To write one, derive and give `call`, from operations on tensors; or give `compile` a function
/// `[](const auto& y_true, const auto& y_pred) { ... }`. Either gets targets and predictions of one rank: see
/// `operator()`.
template <class Scalar = float>
class Loss {
 public:
  using scalar_type = Scalar;
  using StrategyBase = const Loss;
  explicit Loss(Reduction reduction = Reduction::sum_over_batch_size) : reduction_(reduction) {}
  virtual ~Loss() = default;

  virtual std::string class_name() const = 0;
  /// The arguments under Keras's names.
  LAMINA_COLD virtual Config get_config() const { return config_of(LossOptions{reduction_}); }
  /// The loss of every sample: the predictions' shape without its last axis.
  virtual Tensor<Scalar> call(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const = 0;

  /// The loss of a batch, of rank 0 unless nothing is reduced.
  ///
  /// Targets and predictions whose ranks differ by a last axis of size 1 are brought to one rank before `call` gets
  /// them (Keras's rule: beside rank 1 the axis is added, otherwise removed), so that (batch,) and (batch, 1) never
  /// broadcast to (batch, batch). Targets of fewer axes must be labels of the first axes of the predictions; other
  /// ranks are a ShapeError. A loss with other targets overrides `target_rule`.
  ///
  /// Sample weights multiply the samples' values: one for each value, or one for all values of a sample. Values whose
  /// mask is 0 do not count: a mean is over those that are kept. Samples whose weight or mask is 0 are left out:
  /// targets, predictions and losses that are not finite there reach neither the loss nor its gradient.
  Tensor<Scalar> operator()(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                            const Tensor<Scalar>& sample_weight = detail::no_tensor<Scalar>,
                            const Tensor<Scalar>& mask = detail::no_tensor<Scalar>) const {
    if (y_true.rank() != y_pred.rank()) [[unlikely]]
      if (target_rule().matched) {
        const auto [t, p] = detail::match_targets(y_true, y_pred, class_name());
        return of_matched(t, p, sample_weight, mask);
      }
    return of_matched(y_true, y_pred, sample_weight, mask);
  }

  Reduction reduction() const noexcept { return reduction_; }

 protected:
  /// The mean over the batch without sample weights; a loss that has a faster way gives it here.
  virtual Tensor<Scalar> mean_of(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const {
    return reduce(y_true, call(y_true, y_pred), {}, {});
  }
  /// The mask that a loss brings itself, for its values: 1 for those that count; undefined where all do.
  virtual Tensor<Scalar> own_mask(const Tensor<Scalar>& y_true, const Tensor<Scalar>& values) const {
    static_cast<void>(y_true);
    static_cast<void>(values);
    return {};
  }

  /// What the loss expects of its targets: see TargetRule.
  virtual TargetRule target_rule() const { return {}; }
  /// The axis of the predictions that `call` reduces, as far as it reduces one: weights and masks do not have it.
  virtual Index reduced_axis() const { return -1; }

 private:
  Tensor<Scalar> of_matched(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                            const Tensor<Scalar>& sample_weight, const Tensor<Scalar>& mask) const {
    if (sample_weight.defined() || mask.defined()) return of_weighted(y_true, y_pred, sample_weight, mask);
    if (reduction_ != Reduction::sum && reduction_ != Reduction::none) return mean_of(y_true, y_pred);
    return reduce(y_true, call(y_true, y_pred), sample_weight, mask);
  }
  Tensor<Scalar> of_weighted(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                             const Tensor<Scalar>& sample_weight, const Tensor<Scalar>& mask) const {
    if (!detail::ExcludedSamples<Scalar>::any(sample_weight, mask))
      return reduce(y_true, call(y_true, y_pred), sample_weight, mask);
    detail::ExcludedSamples<Scalar> excluded(sample_weight, mask);
    const Index axis = reduced_axis();
    const TargetRule rule = target_rule();
    Tensor<Scalar> t = y_true, p = y_pred;
    excluded.replace_bad(t, p, axis, rule);
    Tensor<Scalar> values = call(t, p);
    if (excluded.find(values, values.rank())) {  // of finite numbers, such as the logarithm of 0
      excluded.replace(t, p, axis, rule);
      values = call(t, p);
    }
    return reduce(y_true, std::move(values), sample_weight, mask);
  }
  Tensor<Scalar> weights_for(const Tensor<Scalar>& y_true, const Tensor<Scalar>& values,
                             const Tensor<Scalar>& sample_weight, const Tensor<Scalar>& given_mask) const {
    Tensor<Scalar> mask = own_mask(y_true, values), weight;
    if (given_mask.defined()) {
      const Tensor<Scalar> given = fitting(given_mask, values, "mask");
      mask = mask.defined() ? given * mask : given;
    }
    if (sample_weight.defined()) weight = fitting(sample_weight, values, "sample weights");
    if (mask.defined())
      weight = detail::apply_mask(weight, mask,
                                  reduction_ == Reduction::mean || reduction_ == Reduction::sum_over_batch_size);
    return weight;
  }
  Tensor<Scalar> fitting(const Tensor<Scalar>& weight, const Tensor<Scalar>& values, const char* what) const {
    Tensor<Scalar> aligned = detail::align_weight(weight.detached(), values.shape());
    bool fit = aligned.rank() == values.rank() || values.rank() == 0 || aligned.rank() == 0;
    for (Index i = 0; fit && i < aligned.rank() && i < values.rank(); ++i)
      fit = aligned.shape()[i] == 1 || values.shape()[i] == 1 || aligned.shape()[i] == values.shape()[i];
    if (!fit)
      raise<ShapeError>(class_name(), ": ", what, " of shape ", weight.shape(), " do not fit losses of shape ",
                        values.shape(), ". Give one for each sample, or one for each value.");
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

/// The base of losses that have arguments of their own.
template <class Scalar, class Options>
class LossWith : public Loss<Scalar> {
 public:
  using Arguments = Options;
  explicit LossWith(Options options) : Loss<Scalar>(options.reduction), options_(std::move(options)) {}
  LAMINA_COLD Config get_config() const override { return config_of(options_); }
  const Options& arguments() const noexcept { return options_; }

 protected:
  Index reduced_axis() const override {
    if constexpr (requires { Index(options_.axis); })
      return options_.axis;
    else
      return -1;
  }
  Options options_;
};

/// A loss from any function of targets and predictions, with one value a sample or one in all. The function gets
/// targets and predictions of one rank, see Loss; with `rule` {.matched = false} it gets them as they are.
template <class Scalar = float>
class LossFunction : public Loss<Scalar> {
 public:
  using Function = std::function<Tensor<Scalar>(const Tensor<Scalar>&, const Tensor<Scalar>&)>;
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
