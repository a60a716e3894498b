#pragma once
#include "lamina/layers/base/layer.hpp"
#include "support/expect.hpp"

namespace lamina::testing::scale_layer {

struct Scale : Layer<double> {
  void build(const Shape& input) override { factor = add_weight("factor", {input.back()}, "ones"); }
  Tensor<double> call(const Tensor<double>& x) const override { return x * factor; }
  Variable<double> factor;
};

inline const Tensor<double> two_by_three{{1., 2., 3.}, {4., 5., 6.}};

}  // namespace lamina::testing::scale_layer
