#pragma once
#include "lamina/layers/merging/merge.hpp"

namespace lamina {

/// The arguments of Concatenate.
struct ConcatenateArguments {
  Index axis = -1;            ///< Axis to concatenate along; not the batch axis. Default: -1, the last.
  MergeOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("axis", self.axis);
  }
};

/// Concatenates the inputs along an axis. Keras's `keras.layers.Concatenate`.
/// Shapes: inputs (batch, axes...) of equal rank and equal sizes, except along the axis; y has the sum of the sizes
/// along the axis. The mask of the output is 1 for a step if the mask of any input is; an input without a mask counts
/// as all 1. Throws a ShapeError for other shapes.
///
///     Tensor y = Concatenate()({a, b});
template <class Scalar = float>
class Concatenate : public detail::Merge<Scalar> {
 public:
  using Arguments = ConcatenateArguments;
  /// Constructs the layer for an axis.
  LAMINA_COLD explicit Concatenate(Index axis = -1, const MergeOptions& options = {})
      : Concatenate(Arguments{axis, options}) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit Concatenate(const Arguments& arguments)
      : detail::Merge<Scalar>(arguments.options.name), axis_(arguments.axis) {}
  std::string class_name() const override { return "Concatenate"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(Arguments{axis_}); }

  std::vector<Tensor<Scalar>> call_many(const std::vector<Tensor<Scalar>>& inputs) const override {
    return {concatenate(inputs, axis_)};
  }
  std::vector<Tensor<Scalar>> compute_masks(const std::vector<Tensor<Scalar>>& inputs,
                                            const std::vector<Tensor<Scalar>>& masks) const override {
    std::vector<Tensor<Scalar>> kept;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (masks[i].defined()) detail::check_mask(masks[i].shape(), inputs[i].shape(), 1, inputs[i].rank(), true);
      kept.push_back(masks[i].defined()
                         ? detail::broadcast_to(detail::expand_mask(masks[i], inputs[i].rank()), inputs[i].shape())
                         : Tensor<Scalar>::ones(inputs[i].shape()));
    }
    const Tensor<Scalar> joined = concatenate(kept, axis_);
    if (joined.size() == 0) return {Tensor<Scalar>()};
    return {(max)(joined, {.axes = {-1}})};
  }

 protected:
  Shape output_shape(const std::vector<Shape>& inputs) const override {
    Shape output = inputs.front();
    const Index at = axis_ < 0 ? axis_ + output.rank() : axis_;
    bool fits = at >= 0 && at < output.rank();
    for (std::size_t i = 1; i < inputs.size() && fits; ++i) {
      const Shape& shape = inputs[i];
      fits = shape.rank() == output.rank();
      for (Index k = 0; k < output.rank() && fits; ++k) {
        if (k == at)
          output[k] = output[k] == unknown_size || shape[k] == unknown_size ? unknown_size : output[k] + shape[k];
        else if (output[k] == unknown_size)
          output[k] = shape[k];
        else
          fits = shape[k] == unknown_size || shape[k] == output[k];
      }
    }
    if (!fits)
      raise<ShapeError>("expected inputs with equal sizes, except along axis ", axis_, ", got shapes ",
                        detail::list_of(inputs), ". Reshape the inputs, or concatenate along another axis.");
    return output;
  }

 private:
  Index axis_;
};

}  // namespace lamina
