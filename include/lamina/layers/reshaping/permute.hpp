#pragma once
#include "lamina/layers/base/layer.hpp"

namespace lamina {

/// The arguments of Permute.
struct PermuteArguments {
  Shape dims = {};  ///< Order of the axes of a sample: each of the axes 1 to rank - 1 once. Required.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    std::vector<Index> axes(self.dims.begin(), self.dims.end());
    field.required("dims", axes);
    if constexpr (!std::is_const_v<Self>) self.dims = Shape(axes.begin(), axes.end());
  }
};

/// Permutes the axes of each sample: axis i of y is axis dims[i - 1] of x, for i from 1. Keras's
/// `keras.layers.Permute`.
/// Shapes: x (batch, axes...), y (batch, permuted axes...). Throws a ValueError if dims is not a permutation, a
/// ShapeError for an input of another rank.
///
///     Permute({2, 1})   // (batch, a, b) to (batch, b, a)
template <class Scalar = float>
class Permute : public Layer<Scalar> {
 public:
  using Arguments = PermuteArguments;
  /// Constructs the layer for an order of the axes.
  LAMINA_COLD explicit Permute(const Shape& dims, NameOption option = {}) : order_(dims.prepend(0)) {
    for (Index axis = 1; axis < order_.rank(); ++axis)
      if (std::find(dims.begin(), dims.end(), axis) == dims.end())
        raise<ValueError>("Permute: dims: expected each of the axes 1 to ", dims.rank(), " once, got ", dims);
    this->set_name(std::move(option.name));
    this->set_input_spec({.rank = order_.rank()});
  }
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit Permute(const PermuteArguments& arguments) : Permute(arguments.dims) {}
  std::string class_name() const override { return "Permute"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(PermuteArguments{order_.slice(1)}); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override { return detail::permute(x, order_); }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    this->check_input(input);
    Shape output = input;
    for (Index axis = 0; axis < output.rank(); ++axis) output[axis] = input[order_[axis]];
    return output;
  }

 private:
  Shape order_;
};

}  // namespace lamina
