#pragma once
#include "lamina/layers/base/layer.hpp"

namespace lamina {

/// The arguments of Reshape.
struct ReshapeArguments {
  Shape target_shape = {};  ///< Shape of a sample of the output; one size can be -1. Required.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    std::vector<Index> sizes(self.target_shape.begin(), self.target_shape.end());
    field.required("target_shape", sizes);
    if constexpr (!std::is_const_v<Self>) self.target_shape = Shape(sizes.begin(), sizes.end());
  }
};

/// Changes the shape of each sample. One size can be -1 and follows from the number of elements. Keras's
/// `keras.layers.Reshape`.
/// Shapes: x (batch, ...), y (batch, target_shape...). Throws a ShapeError if the number of elements differs.
///
///     Reshape({4, -1})
template <class Scalar = float>
class Reshape : public Layer<Scalar> {
 public:
  using Arguments = ReshapeArguments;
  /// Constructs the layer for a shape of a sample.
  LAMINA_COLD explicit Reshape(const Shape& target, NameOption option = {}) : target_(target) {
    this->set_name(std::move(option.name));
    this->set_input_spec({.min_rank = 1});
  }
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit Reshape(const ReshapeArguments& arguments) : Reshape(arguments.target_shape) {}
  std::string class_name() const override { return "Reshape"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(ReshapeArguments{target_}); }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    return detail::reshape_to(x, compute_output_shape(x.shape()));
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    Shape output = target_.prepend(input[0]);
    Index open = -1;
    for (Index i = 0; i < target_.rank(); ++i) {
      if (target_[i] >= 0) continue;
      if (open < 0)
        open = i;
      else
        raise<ShapeError>("target_shape: expected at most one size -1, got ", target_);
    }
    const Index known = (open < 0 ? target_ : target_.with(open, 1)).size(), size = input.slice(1).size();
    if (size == unknown_size) return output;
    if (open < 0 ? known != size : known == 0 || size % known != 0)
      raise<ShapeError>("expected samples that fit the target shape ", target_, ", got ", size, " elements of shape ",
                        input.slice(1), ". Use -1 for one size to compute it.");
    if (open >= 0) output[open + 1] = size / known;
    return output;
  }

 private:
  Shape target_;
};

}  // namespace lamina
