#pragma once
#include "lamina/constraints/constraints.hpp"
#include "lamina/layers/base/kernel_options.hpp"
#include "lamina/layers/base/layer.hpp"
#include "lamina/ops/lookup.hpp"
#include "lamina/regularizers/regularizers.hpp"

namespace lamina {

/// The options of Embedding.
struct EmbeddingOptions {
  /// Initializer of the table. Default: RandomUniform, from -0.05 to 0.05.
  Initializer embeddings_initializer = Initializer::of<RandomUniform>();
  Regularizer embeddings_regularizer = {};  ///< Penalty on the table. Default: none.
  Regularizer activity_regularizer = {};    ///< Penalty on the output, per sample. Default: none.
  Constraint embeddings_constraint = {};    ///< Constraint on the table after each update. Default: none.
  bool mask_zero = false;      ///< If true, index 0 is padding: the output has a mask with 0 there. Default: false.
  Tensor<float> weights = {};  ///< Initial table, (input_dim, output_dim). Default: from the initializer.
  std::string name = {};       ///< Name of the layer. Default: made from the class name.

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("embeddings_initializer", self.embeddings_initializer);
    field("embeddings_regularizer", self.embeddings_regularizer);
    field("activity_regularizer", self.activity_regularizer);
    field("embeddings_constraint", self.embeddings_constraint);
    field("mask_zero", self.mask_zero);
  }
};

/// The arguments of Embedding.
struct EmbeddingArguments {
  Index input_dim = 0;            ///< Number of rows of the table: largest index + 1; >= 1. Required.
  Index output_dim = 0;           ///< Size of an embedding vector; >= 1. Required.
  EmbeddingOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("input_dim", self.input_dim);
    field.required("output_dim", self.output_dim);
    EmbeddingOptions::fields(self.options, field);
    for (const char* name : {"lora_rank", "lora_alpha", "input_length"}) field.ignored(name);
    field.unsupported("quantization_config");
  }
};

/// Maps integer indices to vectors: y[..., :] = embeddings[x[...], :]. Keras's `keras.layers.Embedding`.
///
/// Shapes: x (batch, ...), embeddings (input_dim, output_dim), y (batch, ..., output_dim); the mask (batch, ...). The
/// indices, from 0 to input_dim - 1, are floating-point numbers. A float represents all integers up to 2^24 exactly; a
/// larger table needs an Embedding<double>. Throws a ValueError for an index that is not an integer or out of range,
/// for input_dim < 1 and for output_dim < 1, and a ShapeError for `weights` of another shape.
///
/// The gradient is sparse: SGD without momentum and Adagrad, both without weight decay, update only the rows that were
/// looked up. Other optimizers update every row in every step, as in Keras, because their moving averages decay.
///
///     Embedding(10000, 64)
///     Embedding(10000, 64, {.mask_zero = true})
template <class Scalar = float>
class Embedding : public Layer<Scalar> {
 public:
  using Arguments = EmbeddingArguments;
  /// Constructs the layer with a table of `input_dim` rows and `output_dim` columns.
  Embedding(Index input_dim, Index output_dim, EmbeddingOptions options = {})
      : Embedding(EmbeddingArguments{input_dim, output_dim, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit Embedding(EmbeddingArguments arguments)
      : arguments_(std::move(arguments)),
        activity_regularizer_(detail::resolve_function<Scalar>(arguments_.options.activity_regularizer)) {
    const Shape shape{arguments_.input_dim, arguments_.output_dim};
    const EmbeddingOptions& o = arguments_.options;
    if (shape[0] < 1 || shape[1] < 1)
      raise<ValueError>("Embedding: expected input_dim >= 1 and output_dim >= 1, got ", shape[0], " and ", shape[1]);
    if (o.weights.defined() && o.weights.shape() != shape)
      raise<ShapeError>("Embedding: expected weights of shape ", shape, ", got ", o.weights.shape());
    this->set_name(o.name);
    if (o.mask_zero) this->set_makes_masks();
  }

  std::string class_name() const override { return "Embedding"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }

  LAMINA_COLD void build(const Shape& /*input*/) override {
    const EmbeddingOptions& o = arguments_.options;
    embeddings_ =
        this->add_weight("embeddings", {arguments_.input_dim, arguments_.output_dim}, o.embeddings_initializer,
                         detail::weight_options<Scalar>(o.embeddings_regularizer, o.embeddings_constraint));
    if (o.weights.defined()) embeddings_.assign(o.weights.template cast<Scalar>());
  }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    Tensor<Scalar> y = detail::look_up<Scalar>(embeddings_.value(), x);
    this->add_activity_loss(activity_regularizer_, y);
    return y;
  }
  Tensor<Scalar> compute_mask(const Tensor<Scalar>& x, const Tensor<Scalar>& /*mask*/) const override {
    return 1 - equal(x, 0);
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    Shape output = input;
    output.push_back(arguments_.output_dim);
    return output;
  }

 private:
  EmbeddingArguments arguments_;
  typename Variable<Scalar>::Function activity_regularizer_;
  Variable<Scalar> embeddings_;
};

Embedding(Index, Index, EmbeddingOptions) -> Embedding<float>;

}  // namespace lamina
