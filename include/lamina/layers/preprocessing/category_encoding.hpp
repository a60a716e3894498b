#pragma once
#include <string_view>

#include "lamina/core/named_option.hpp"
#include "lamina/kernels/lookup.hpp"
#include "lamina/layers/base/layer.hpp"

namespace lamina {

/// The values of CategoryOutput, and Keras's names for them.
struct CategoryOutputValues {
  /// The encodings; see CategoryOutput.
  enum Kind { integer, one_hot, multi_hot, count };
  /// Keras's names, in the order of Kind.
  static constexpr std::string_view names[] = {"int", "one_hot", "multi_hot", "count"};
  static constexpr const char* option = "output_mode";  ///< Keras's name of the option.
};

/// The encoding of categories. "int": the index of the category; "one_hot": one row for each index, 1 at the index,
/// otherwise 0; "multi_hot": one row for each sample, 1 at the indices that occur in the sample; "count": one row for
/// each sample, with the number of times that each index occurs.
using CategoryOutput = NamedOption<CategoryOutputValues>;

namespace detail {

/// Returns the shape of the encoding of indices of `depth` categories.
inline Shape encoded_shape(const Shape& input, CategoryOutput mode, Index depth) {
  if (mode == CategoryOutput::integer) return input;
  Shape output;
  if (mode == CategoryOutput::one_hot) {
    output = input;
    if (output.rank() > 1 && output.back() == 1) output.pop_back();
  } else {  // axis 1 is the axis of the indices of a sample
    const Index summed = input.rank() > 1 ? 1 : 0;
    for (Index i = 0; i < input.rank(); ++i)
      if (i != summed) output.push_back(input[i]);
  }
  output.push_back(depth);
  return output;
}

/// Encodes indices, integers in [0, depth). With "count", `weights` of the same shape, if defined, replace the 1 that
/// an index counts. Throws a ValueError for another index.
template <class S>
Tensor<S> encode_categories(const Tensor<S>& x, CategoryOutput mode, Index depth, const Tensor<S>& weights) {
  const Index bad = kernels::first_bad_index(x.size(), x.data(), depth);
  if (bad != x.size())
    raise<ValueError>("expected integers in [0, ", depth, "), got ", static_cast<double>(x[bad]), " at element ", bad,
                      " of an input of shape ", x.shape());
  if (mode == CategoryOutput::integer) return x.detached();
  Tensor<S> y = Tensor<S>::zeros(encoded_shape(x.shape(), mode, depth));
  S* out = TensorAccess::data(y);
  // Indices along the summed axis, which are `inner` elements apart, go to the same row.
  const bool sums = mode != CategoryOutput::one_hot;
  const Index axis = x.rank() > 1 ? 1 : 0, n = sums && x.rank() > 0 ? x.shape()[axis] : 1;
  Index inner = 1;
  for (Index i = axis + 1; sums && i < x.rank(); ++i) inner *= x.shape()[i];
  for (Index i = 0; i < x.size(); ++i) {
    const Index row = sums ? i / (n * inner) * inner + i % inner : i;
    S& to = out[row * depth + static_cast<Index>(x[i])];
    to = mode == CategoryOutput::count ? to + (weights.defined() ? weights[i] : S(1)) : S(1);
  }
  return y;
}

LAMINA_COMPILED_FUNCTION(encode_categories);

}  // namespace detail

/// The options of CategoryEncoding.
struct CategoryEncodingOptions {
  /// "one_hot", "multi_hot" or "count". Default: "multi_hot".
  CategoryOutput output_mode = CategoryOutput::multi_hot;
  std::string name = {};  ///< Name of the layer. Default: made from the class name.
};

/// The arguments of CategoryEncoding.
struct CategoryEncodingArguments {
  Index num_tokens = 0;                  ///< Number of categories; >= 1. Required.
  CategoryEncodingOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("num_tokens", self.num_tokens);
    field("output_mode", self.options.output_mode);
    field.ignored("sparse");
  }
};

/// Encodes indices of categories, integers from 0 to num_tokens - 1, as rows of num_tokens numbers: one-hot, multi-hot
/// or counts; see CategoryOutput. Keras's `keras.layers.CategoryEncoding`. The output has no gradient.
///
/// Shapes: x (batch, n); y (batch, num_tokens), with "one_hot" (batch, n, num_tokens), or (batch, num_tokens) for n =
/// 1. With "count", a second input of the shape of x has the weights of the indices: `layer({x, weights})`. Throws a
/// ValueError for an index that is not an integer or out of range, a ShapeError for weights of another shape.
template <class Scalar = float>
class CategoryEncoding : public Layer<Scalar> {
 public:
  using Arguments = CategoryEncodingArguments;
  /// Constructs the layer for a number of categories.
  LAMINA_COLD explicit CategoryEncoding(Index num_tokens, CategoryEncodingOptions options = {})
      : CategoryEncoding(CategoryEncodingArguments{num_tokens, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit CategoryEncoding(CategoryEncodingArguments arguments) : arguments_(std::move(arguments)) {
    if (arguments_.num_tokens < 1)
      raise<ValueError>("CategoryEncoding: expected num_tokens >= 1, got ", arguments_.num_tokens);
    if (arguments_.options.output_mode == CategoryOutput::integer)
      raise<ValueError>("CategoryEncoding: expected output_mode \"one_hot\", \"multi_hot\" or \"count\", got \"int\"");
    this->set_name(arguments_.options.name);
  }
  std::string class_name() const override { return "CategoryEncoding"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }

  Tensor<Scalar> call(const Tensor<Scalar>& x) const override { return encoded(x, {}); }
  const char* call_signature() const noexcept override { return "inputs count_weights? training?"; }
  std::vector<Tensor<Scalar>> call_many(const std::vector<Tensor<Scalar>>& inputs) const override {
    return {encoded(inputs[0], inputs.size() > 1 ? inputs[1] : Tensor<Scalar>())};
  }
  void build_many(const std::vector<Shape>& /*inputs*/) override {}
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    return detail::encoded_shape(input, arguments_.options.output_mode, arguments_.num_tokens);
  }
  LAMINA_COLD std::vector<Shape> compute_output_shapes(const std::vector<Shape>& inputs) const override {
    return {compute_output_shape(inputs[0])};
  }

 protected:
  void check_inputs(const std::vector<Tensor<Scalar>>& inputs) const override {
    if (inputs.size() == 1) return;
    if (inputs.size() > 2 || arguments_.options.output_mode != CategoryOutput::count)
      raise<ValueError>("expected one input, or with output_mode \"count\" two (indices and their weights), got ",
                        inputs.size());
    if (inputs[0].shape() != inputs[1].shape())
      raise<ShapeError>("expected weights of the shape of the indices, ", inputs[0].shape(), ", got ",
                        inputs[1].shape());
  }

 private:
  Tensor<Scalar> encoded(const Tensor<Scalar>& x, const Tensor<Scalar>& weights) const {
    return detail::encode_categories(x, arguments_.options.output_mode, arguments_.num_tokens, weights);
  }
  CategoryEncodingArguments arguments_;
};

}  // namespace lamina
