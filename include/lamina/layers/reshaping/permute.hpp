#pragma once
#include "lamina/layers/base/layer.hpp"

namespace lamina {

struct PermuteArguments {
  Shape dims = {};
  /// Reads or writes the arguments under Keras's names.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    std::vector<Index> axes(self.dims.begin(), self.dims.end());
    field.required("dims", axes);
    if constexpr (!std::is_const_v<Self>) self.dims = Shape(axes.begin(), axes.end());
  }
};

/// The axes of each sample in another order: axis i of the output is axis dims[i - 1] of the input, counted from 1, as
/// the batch axis stays. Keras's Permute.
///
///     Permute({2, 1})   // (batch, a, b) gives (batch, b, a)
template <class Scalar = float>
class Permute : public Layer<Scalar> {
 public:
  using Arguments = PermuteArguments;  ///< The constructor arguments.
  LAMINA_COLD explicit Permute(const Shape& dims, NameOption option = {}) : order_(dims.prepend(0)) {
    for (Index axis = 1; axis < order_.rank(); ++axis)
      if (std::find(dims.begin(), dims.end(), axis) == dims.end())
        raise<ValueError>("Permute: expected each of the axes 1 to ", dims.rank(), " once, got ", dims);
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
