#pragma once
#include <string>
#include <vector>

#include "lamina/core/tensor.hpp"

// Sample weights of metrics: they may have fewer axes than the values, or axes of size 1.

namespace lamina::detail {

/// Returns the shape of weights with the rank of the values: drops a last axis of size 1, appends missing axes of size
/// 1.
inline Shape weight_shape(Shape shape, const Shape& values) {
  if (shape.rank() == values.rank() + 1 && shape.back() == 1) shape.pop_back();
  if (shape.rank() > 0)
    while (shape.rank() < values.rank()) shape.push_back(1);
  return shape;
}

/// Broadcasts weights to a shape of the same rank. Throws ShapeError if their sizes do not match.
template <class S>
std::vector<double> broadcast_weights(const Tensor<S>& weight, const Shape& from, const Shape& to,
                                      const std::string& who) {
  bool matches = from.rank() == 0 || from.rank() == to.rank();
  for (Index i = 0; matches && i < from.rank(); ++i) matches = from[i] == to[i] || from[i] == 1;
  if (!matches)
    raise<ShapeError>(who, ": sample weights of shape ", weight.shape(), " do not match values of shape ", to,
                      ". Pass one per sample, or one per value.");
  const Index size = to.size();
  std::vector<double> all(static_cast<std::size_t>(size));
  for (Index i = 0; i < size; ++i) {
    Index at = 0, left = i, stride = 1;
    for (Index axis = from.rank(); axis-- > 0;) {
      if (from[axis] != 1) at += left % to[axis] * stride;
      left /= to[axis];
      stride *= from[axis];
    }
    all[static_cast<std::size_t>(i)] = static_cast<double>(weight[at]);
  }
  return all;
}

/// Returns the weights (1 if undefined), set to 0 where the mask is 0.
template <class S>
Tensor<S> masked_weight(const Tensor<S>& weight, const Tensor<S>& mask, const Shape& values, const std::string& who) {
  const Shape shape = weight_shape(mask.shape(), values),
              other = weight.defined() ? weight_shape(weight.shape(), values) : Shape();
  const Shape both = broadcast(shape, other);
  std::vector<double> kept = broadcast_weights(mask, shape, both, who), factors;
  if (weight.defined()) factors = broadcast_weights(weight, other, both, who);
  Tensor<S> result = Tensor<S>::empty(both);
  S* out = TensorAccess::data(result);
  for (std::size_t i = 0; i < kept.size(); ++i)
    out[i] = kept[i] == 0 ? S(0) : factors.empty() ? S(1) : static_cast<S>(factors[i]);
  return result;
}

LAMINA_COMPILED_FUNCTION(broadcast_weights);
LAMINA_COMPILED_FUNCTION(masked_weight);

}  // namespace lamina::detail
