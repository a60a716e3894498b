#pragma once
#include "lamina/constraints/constraints.hpp"
#include "lamina/layers/base/call_options.hpp"
#include "lamina/regularizers/regularizers.hpp"

// The weight options that several layers have.

namespace lamina::detail {

/// Returns the options of `add_weight` for a weight with this regularizer and this constraint.
template <class S>
WeightOptions<S> weight_options(const Regularizer& regularizer, const Constraint& constraint) {
  return {.regularizer = resolve_function<S>(regularizer), .constraint = resolve_function<S>(constraint)};
}

/// Reads or writes the options of a kernel, a bias and the output under Keras's names, in Keras's order.
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
