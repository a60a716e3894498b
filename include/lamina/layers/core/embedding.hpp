#pragma once
#include "lamina/constraints/constraints.hpp"
#include "lamina/layers/base/kernel_options.hpp"
#include "lamina/layers/base/layer.hpp"
#include "lamina/ops/lookup.hpp"
#include "lamina/regularizers/regularizers.hpp"

namespace lamina {

/// The options of Embedding.
struct EmbeddingOptions {
  /// Initializer of the table. Default: RandomUniform.
  Initializer embeddings_initializer = Initializer::of<RandomUniform>();
  Regularizer embeddings_regularizer = {};  ///< Penalty on the table. Default: none.
  Regularizer activity_regularizer = {};    ///< Penalty on the output, per sample. Default: none.
  Constraint embeddings_constraint = {};    ///< Constraint on the table after each update. Default: none.
  bool mask_zero = false;      ///< If true, index 0 is padding, which the mask of the output hides. Default: false.
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

struct EmbeddingArguments {
  Index input_dim = 0;
  Index output_dim = 0;
  EmbeddingOptions options = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("input_dim", self.input_dim);
    field.required("output_dim", self.output_dim);
    EmbeddingOptions::fields(self.options, field);
    for (const char* name : {"lora_rank", "lora_alpha", "input_length"}) field.ignored(name);
    field.unsupported("quantization_config");
  }
};

/// Whole numbers to vectors: y[..., :] = embeddings[x[...], :]. Keras's Embedding.
///
/// Shapes: x (batch, ...), numbers from 0 to input_dim - 1; embeddings (input_dim, output_dim), uniform in ±0.05 at
/// first; y (batch, ..., output_dim). The numbers stand in a tensor of floats, which holds all whole numbers up to 2^24
/// (16 million) exactly; a larger table needs an Embedding<double>. A number outside the table, or not whole, is an
/// error.
///
/// A step costs the rows that were looked up, not the table: the gradient knows its rows, and SGD without momentum and
/// Adagrad, without weight decay, change these alone. Other optimizers move every row in every step, as in Keras: their
/// running means decay everywhere.
///
///     Embedding(10000, 64)
///     Embedding(10000, 64, {.mask_zero = true})
template <class Scalar = float>
class Embedding : public Layer<Scalar> {
 public:
  using Arguments = EmbeddingArguments;
  Embedding(Index input_dim, Index output_dim, EmbeddingOptions options = {})
      : Embedding(EmbeddingArguments{input_dim, output_dim, std::move(options)}) {}
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
