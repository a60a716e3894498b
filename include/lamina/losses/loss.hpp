#pragma once
#include <array>
#include <functional>
#include <memory>
#include <string>

#include "lamina/core/arguments.hpp"
#include "lamina/core/names.hpp"
#include "lamina/ops/ops.hpp"

namespace lamina {

/// How the values of single samples become the loss: their sum over their number (the mean), their sum, or as they are.
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

/// The arguments of losses that have no others.
struct LossOptions {
  Reduction reduction = Reduction::sum_over_batch_size;
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("reduction", self.reduction);
  }
};

namespace detail {

/// Keras's rule for targets and predictions that differ by a last axis of size 1: targets take the predictions' shape.
template <class S>
Tensor<S> match_target(const Tensor<S>& y_true, const Tensor<S>& y_pred, std::string_view who) {
  if (y_true.shape() == y_pred.shape()) return y_true;
  const bool same_size = y_true.size() == y_pred.size();
  const bool missing = y_pred.rank() == y_true.rank() + 1 && y_pred.columns() == 1;
  const bool surplus = y_true.rank() == y_pred.rank() + 1 && y_true.columns() == 1;
  if (!same_size || !(missing || surplus))
    raise<ShapeError>(who, ": targets of shape ", y_true.shape(), " do not match predictions of shape ", y_pred.shape(),
                      ". Both must have the same shape.");
  return TensorAccess::with_shape(y_true, y_pred.shape());
}

LAMINA_COMPILED_FUNCTION(match_target);
}  // namespace detail

/// The base of all losses: one value a sample, and their reduction. Keras's Loss.
///
/// To write one, derive and give `call`, from operations on tensors; or give `compile` a function
/// `[](const auto& y_true, const auto& y_pred) { ... }`.
template <class Scalar = float>
class Loss {
 public:
  using scalar_type = Scalar;
  using StrategyBase = const Loss;
  explicit Loss(Reduction reduction = Reduction::sum_over_batch_size) : reduction_(reduction) {}
  virtual ~Loss() = default;

  virtual std::string class_name() const = 0;
  /// The arguments under Keras's names.
  virtual Config get_config() const { return config_of(LossOptions{reduction_}); }
  /// The loss of every sample: the predictions' shape without its last axis.
  virtual Tensor<Scalar> call(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const = 0;

  /// The loss of a batch, of rank 0 unless nothing is reduced. Sample weights multiply the samples' values.
  Tensor<Scalar> operator()(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                            const Tensor<Scalar>& sample_weight = {}) const {
    const bool averaged = reduction_ != Reduction::sum && reduction_ != Reduction::none;
    if (!sample_weight.defined() && averaged) return mean_of(y_true, y_pred);
    Tensor<Scalar> values = call(y_true, y_pred);
    if (sample_weight.defined()) {
      Tensor<Scalar> weight = sample_weight;
      if (weight.rank() == values.rank() + 1 && weight.columns() == 1)
        weight = detail::TensorAccess::with_shape(weight, weight.shape().slice(0, weight.rank() - 1));
      while (weight.rank() < values.rank()) {
        Shape shape = weight.shape();
        shape.push_back(1);
        weight = detail::TensorAccess::with_shape(weight, shape);
      }
      if (reduction_ == Reduction::mean_with_sample_weight) {
        const Tensor<Scalar> weights = detail::broadcast_to(weight, values.shape());
        const Scalar all = sum(weights).item();
        return all == 0 ? Tensor<Scalar>(Scalar(0)) : sum(values * weights) * (Scalar(1) / all);
      }
      values = values * weight;
    }
    if (reduction_ == Reduction::none) return values;
    const Tensor<Scalar> total = sum(values);
    if (reduction_ == Reduction::sum) return total;
    return total * (Scalar(1) / static_cast<Scalar>(std::max<Index>(1, values.size())));
  }

  Reduction reduction() const noexcept { return reduction_; }

 protected:
  /// The mean over the batch without sample weights; a loss that has a faster way gives it here.
  virtual Tensor<Scalar> mean_of(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const {
    const Tensor<Scalar> values = call(y_true, y_pred);
    return values.rank() == 0 ? values : mean(values);
  }

 private:
  Reduction reduction_;
};

/// A loss from any function of targets and predictions, with one value a sample or one in all.
template <class Scalar = float>
class LossFunction : public Loss<Scalar> {
 public:
  using Function = std::function<Tensor<Scalar>(const Tensor<Scalar>&, const Tensor<Scalar>&)>;
  explicit LossFunction(Function function) : function_(std::move(function)) {}
  std::string class_name() const override { return "LossFunction"; }
  Tensor<Scalar> call(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return function_(y_true, y_pred);
  }

 private:
  Function function_;
};

LAMINA_COMPILED_CLASS(Loss);

}  // namespace lamina
