#pragma once
#include <algorithm>
#include <vector>

#include "lamina/core/one_or_more.hpp"
#include "lamina/layers/base/kernel_options.hpp"
#include "lamina/layers/base/layer.hpp"
#include "lamina/ops/normalization.hpp"

// The base class of normalization layers, with their axes and weights.

namespace lamina::detail {

/// Reads or writes the arguments of epsilon, beta and gamma.
template <class Self, class Field>
void offset_and_scale_fields(Self& self, Field&& field) {
  field("epsilon", self.epsilon);
  field("center", self.center);
  field("scale", self.scale);
  field("beta_initializer", self.beta_initializer);
  field("gamma_initializer", self.gamma_initializer);
  field("beta_regularizer", self.beta_regularizer);
  field("gamma_regularizer", self.gamma_regularizer);
  field("beta_constraint", self.beta_constraint);
  field("gamma_constraint", self.gamma_constraint);
}

/// Returns the value of an optional weight; undefined if the layer does not have it.
template <class S>
Tensor<S> value_or_none(const Variable<S>& variable) {
  return variable.defined() ? variable.value() : Tensor<S>();
}

/// Returns the axes as sorted non-negative numbers. Throws a ValueError for an axis that the input does not have, or
/// that occurs twice.
inline std::vector<Index> axes_in_order(const char* who, const std::vector<Index>& axes, const Shape& input) {
  std::vector<Index> all;
  for (const Index axis : axes) {
    const Index at = axis < 0 ? axis + input.rank() : axis;
    if (at < 0 || at >= input.rank())
      raise<ValueError>(who, ": expected axes from ", -input.rank(), " to ", input.rank() - 1,
                        " for an input of shape ", input, ", got axis ", axis);
    all.push_back(at);
  }
  std::sort(all.begin(), all.end());
  if (std::adjacent_find(all.begin(), all.end()) != all.end())
    raise<ValueError>(who, ": expected different axes for an input of shape ", input, ", got an axis twice");
  return all;
}

/// Throws a ShapeError if the rank of an input, or a size along these axes, differs from the shape the layer was built
/// for.
inline void check_built_axes(const Shape& input, const Shape& built, const std::vector<Index>& axes) {
  bool fits = input.rank() == built.rank();
  for (std::size_t i = 0; fits && i < axes.size(); ++i) fits = input[axes[i]] == built[axes[i]];
  if (fits) return;
  Shape expected = built;
  for (Index i = 0; i < built.rank(); ++i)
    if (std::find(axes.begin(), axes.end(), i) == axes.end()) expected[i] = unknown_size;
  raise<ShapeError>("expected an input of shape ", expected, " (None: any size), got shape ", input,
                    ". Reshape the input, or make a new layer for inputs of this shape.");
}

/// The base class of normalization layers, with weights along axes of the input and an output of the same shape.
template <class Scalar>
class NormalizationLayer : public Layer<Scalar> {
 public:
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override { return input; }

 protected:
  /// In `build`: sets the axes of the weights for an input of this shape. Returns the shape of the weights.
  Shape set_axes(const std::vector<Index>& axes, const Shape& input) {
    axes_ = axes_in_order("axis", axes, input);
    shape_ = input;
    Shape weights;
    for (const Index axis : axes_) weights.push_back(input[axis]);
    return weights;
  }
  /// As above, for an option, which becomes a sorted list as in Keras.
  Shape set_axes(OneOrMore<Index>& axis, const Shape& input) {
    const Shape weights = set_axes(axis.values(), input);
    std::vector<Index> sorted = axis.values();
    std::sort(sorted.begin(), sorted.end());
    axis = sorted;
    return weights;
  }
  /// In `build`: adds the scale gamma and the offset beta, if the layer has them.
  template <class Options>
  void add_gamma_and_beta(const Shape& shape, const Options& o, bool has_gamma, bool has_beta) {
    if (has_gamma)
      gamma_ = this->add_weight("gamma", shape, o.gamma_initializer,
                                weight_options<Scalar>(o.gamma_regularizer, o.gamma_constraint));
    if (has_beta)
      beta_ = this->add_weight("beta", shape, o.beta_initializer,
                               weight_options<Scalar>(o.beta_regularizer, o.beta_constraint));
  }
  const std::vector<Index>& axes() const noexcept { return axes_; }
  Tensor<Scalar> gamma() const { return value_or_none(gamma_); }
  Tensor<Scalar> beta() const { return value_or_none(beta_); }
  void check_input(const Shape& input) const override { check_built_axes(input, shape_, axes_); }

 private:
  std::vector<Index> axes_;  // sorted, non-negative
  Shape shape_;              // of the input that the layer was built for
  Variable<Scalar> gamma_, beta_;
};

/// Returns the grouping of a tensor with channels along an axis: (axes before, channels, axes after).
inline Grouping grouping_along(const Shape& shape, Index axis) {
  Grouping v;
  for (Index i = 0; i < shape.rank(); ++i) (i < axis ? v.outer : i == axis ? v.groups : v.inner) *= shape[i];
  return v;
}

/// The permutation that moves some axes of an input to the end, and its inverse.
struct AxesLast {
  Shape order, back;
  bool moves = false;
  AxesLast(const Shape& shape, const std::vector<Index>& axes) {
    const auto is_named = [&](Index i) { return std::find(axes.begin(), axes.end(), i) != axes.end(); };
    for (const bool named : {false, true})
      for (Index i = 0; i < shape.rank(); ++i)
        if (is_named(i) == named) order.push_back(i);
    back = order;
    for (Index i = 0; i < order.rank(); ++i) {
      back[order[i]] = i;
      moves = moves || order[i] != i;
    }
  }
};

/// Normalizes over these axes (sorted, non-negative): to mean 0 and variance 1 if `centered`, otherwise to mean square
/// 1. gamma and beta have the shape of the axes, or are undefined.
template <class S>
Tensor<S> normalized_over(const Tensor<S>& x, const std::vector<Index>& axes, const Tensor<S>& gamma,
                          const Tensor<S>& beta, bool centered, S epsilon) {
  const AxesLast last(x.shape(), axes);
  Grouping v;
  for (const Index axis : axes) v.members *= x.shape()[axis];
  v.samples = 1;
  for (Index i = 0; i + static_cast<Index>(axes.size()) < x.rank(); ++i) v.samples *= x.shape()[last.order[i]];
  const auto flat = [](const Tensor<S>& t) { return t.defined() ? reshape_to(t, {t.size()}) : t; };
  const Tensor<S> scale = flat(gamma), offset = flat(beta);
  if (!last.moves) return normalized(x, scale, offset, v, centered, epsilon);
  return permute(normalized(permute(x, last.order), scale, offset, v, centered, epsilon), last.back);
}

LAMINA_COMPILED_FUNCTION(normalized_over);

}  // namespace lamina::detail
