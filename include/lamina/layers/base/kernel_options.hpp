#pragma once
#include "lamina/constraints/constraints.hpp"
#include "lamina/layers/base/call_options.hpp"
#include "lamina/regularizers/regularizers.hpp"

// The options about weights that layers have in common.

namespace lamina::detail {

/// How `add_weight` is to treat a weight with this regularizer and this constraint.
template <class S>
WeightOptions<S> weight_options(const Regularizer& regularizer, const Constraint& constraint) {
  return {.regularizer = resolve_function<S>(regularizer), .constraint = resolve_function<S>(constraint)};
}

/// Reads or writes the options of a kernel, a bias and the output, by Keras's names and in its order.
template <class Self, class Field>
void kernel_fields(Self& self, Field&& field) {
  field("kernel_initializer", self.kernel_initializer);
  field("bias_initializer", self.bias_initializer);
  field("kernel_regularizer", self.kernel_regularizer);
  field("bias_regularizer", self.bias_regularizer);
  field("activity_regularizer", self.activity_regularizer);
  field("kernel_constraint", self.kernel_constraint);
  field("bias_constraint", self.bias_constraint);
}

}  // namespace lamina::detail
