#pragma once
#include "lamina/core/one_or_more.hpp"
#include "lamina/layers/merging/merge.hpp"
#include "lamina/ops/matmul.hpp"

namespace lamina {

/// The options of Dot.
struct DotOptions {
  bool normalize = false;  ///< If true, scales the vectors along the axes to length 1 first. Default: false.
  std::string name = {};   ///< Name of the layer. Default: made from the class name.
};

/// The arguments of Dot.
struct DotArguments {
  /// Axis to sum over: one for both inputs, or one for each; not the batch axis. Required.
  OneOrMore<Index> axes = {};
  DotOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("axes", self.axes);
    field("normalize", self.options.normalize);
  }
};

/// Batched dot product of two inputs along one axis of each: y = sum_n x_1[..., n, ...] x_2[..., n, ...]. Keras's
/// `keras.layers.Dot`.
/// Shapes: x_1 (batch, a..., n, b...), x_2 (batch, c..., n, d...), y (batch, a..., b..., c..., d...); if that is
/// (batch,), y is (batch, 1). Throws a ShapeError for other shapes, a ValueError for another number of inputs or axes.
///
///     Dot(-1, {.normalize = true})({u, v})    // cosine similarity
///     Dot({2, 1})({a, b})                     // batched matrix product
template <class Scalar = float>
class Dot : public detail::Merge<Scalar> {
 public:
  using Arguments = DotArguments;
  /// Constructs the layer for one axis, or one axis for each input.
  LAMINA_COLD explicit Dot(OneOrMore<Index> axes, DotOptions options = {})
      : Dot(Arguments{std::move(axes), std::move(options)}) {}
  /// Constructs the layer from its arguments.
  template <std::same_as<Arguments> A>  // a template, so that braces mean the axes
  explicit Dot(A arguments) : detail::Merge<Scalar>(arguments.options.name, 2), arguments_(std::move(arguments)) {
    if (!arguments_.axes.single() && arguments_.axes.values().size() != 2)
      raise<ValueError>("Dot: axes: expected one axis, or one for each of two inputs, got ",
                        arguments_.axes.to_config().to_string());
  }
  std::string class_name() const override { return "Dot"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }

  std::vector<Tensor<Scalar>> call_many(const std::vector<Tensor<Scalar>>& inputs) const override {
    const std::vector<Shape> shapes{inputs[0].shape(), inputs[1].shape()};
    Tensor<Scalar> factors[2];
    bool last[2] = {};
    for (std::size_t k = 0; k < 2; ++k) {
      Index axis = axis_of(shapes, k);
      Tensor<Scalar> x = inputs[k];
      if (arguments_.options.normalize) x = l2_normalize(x, axis, 1e-14);
      if (axis != 1 && axis != x.rank() - 1) {  // a middle axis: transpose it to the end
        Shape order;
        for (Index i = 0; i < x.rank(); ++i)
          if (i != axis) order.push_back(i);
        order.push_back(axis);
        x = detail::permute(x, order);
        axis = x.rank() - 1;
      }
      last[k] = axis == x.rank() - 1;
      const Index n = x.shape()[axis];
      Index others = 1;
      for (Index i = 1; i < x.rank(); ++i) others *= i == axis ? 1 : x.shape()[i];
      factors[k] = detail::reshape_to(x, last[k] ? Shape{x.shape()[0], others, n} : Shape{x.shape()[0], n, others});
    }
    const Tensor<Scalar> y = detail::matmul(factors[0], factors[1], {.transpose_a = !last[0], .transpose_b = last[1]});
    return {detail::reshape_to(y, output_shape(shapes))};
  }
  std::vector<Tensor<Scalar>> compute_masks(const std::vector<Tensor<Scalar>>&,
                                            const std::vector<Tensor<Scalar>>&) const override {
    return {Tensor<Scalar>()};
  }

 protected:
  Shape output_shape(const std::vector<Shape>& inputs) const override {
    const Index axes[2] = {axis_of(inputs, 0), axis_of(inputs, 1)};
    const Index sizes[2] = {inputs[0][axes[0]], inputs[1][axes[1]]};
    if (sizes[0] != unknown_size && sizes[1] != unknown_size && sizes[0] != sizes[1])
      raise<ShapeError>("expected equal sizes along the axes to sum over, got ", sizes[0], " (axis ", axes[0], ") and ",
                        sizes[1], " (axis ", axes[1], ") of shapes ", detail::list_of(inputs));
    const Index a = inputs[0][0], b = inputs[1][0];
    if (a != unknown_size && b != unknown_size && a != b)
      raise<ShapeError>("expected equal batch sizes, got shapes ", detail::list_of(inputs));
    Shape output{a == unknown_size ? b : a};
    for (std::size_t k = 0; k < 2; ++k)
      for (Index i = 1; i < inputs[k].rank(); ++i)
        if (i != axes[k]) output.push_back(inputs[k][i]);
    if (output.rank() == 1) output.push_back(1);
    return output;
  }

 private:
  Index axis_of(const std::vector<Shape>& inputs, std::size_t k) const {
    const Index axis = arguments_.axes.values()[arguments_.axes.single() ? 0 : k], rank = inputs[k].rank();
    const Index at = axis < 0 ? axis + rank : axis;
    if (at < 1 || at >= rank)
      raise<ShapeError>("axis ", axis, " of input ", k, ": expected an axis from 1 to ", rank - 1, " for shape ",
                        inputs[k]);
    return at;
  }
  Arguments arguments_;
};

}  // namespace lamina
