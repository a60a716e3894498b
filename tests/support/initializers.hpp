#pragma once
#include "support/expect.hpp"

namespace lamina::testing::initializers {

/// Returns the weight that a layer of this scalar type creates.
template <class S>
Tensor<S> made(const Initializer& initializer, const Shape& shape) {
  struct OneWeight : Layer<S> {
    OneWeight(const Initializer& i, const Shape& s) : initializer(i), shape(s) {}
    void build(const Shape&) override { this->add_weight("w", shape, initializer); }
    Tensor<S> call(const Tensor<S>& x) const override { return x; }
    Initializer initializer;
    Shape shape;
  } layer(initializer, shape);
  layer.ensure_built({1});
  return layer.get_weights().at(0);
}

}  // namespace lamina::testing::initializers
