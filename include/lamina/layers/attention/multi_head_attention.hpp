#pragma once
#include "lamina/layers/attention/head_attention.hpp"
#include "lamina/layers/attention/head_attention_options.hpp"

namespace lamina {

/// The options of MultiHeadAttention.
using MultiHeadAttentionOptions = HeadAttentionOptions<false>;

/// The arguments of MultiHeadAttention.
struct MultiHeadAttentionArguments {
  Index num_heads = 0;                     ///< Number of heads; >= 1. Required.
  Index key_dim = 0;                       ///< Size of a query and key of each head; >= 1. Required.
  MultiHeadAttentionOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    auto& o = self.options;
    field.required("num_heads", self.num_heads);
    field.required("key_dim", self.key_dim);
    field("value_dim", o.value_dim);
    field("dropout", o.dropout);
    field("use_bias", o.use_bias);
    field("use_gate", o.use_gate);
    field("output_shape", o.output_shape);
    field("attention_axes", o.attention_axes);
    field("sliding_window", o.sliding_window);
    MultiHeadAttentionOptions::projection_fields(o, field);
  }
};

/// Multi-head attention: y = concat_h(softmax(q_h k_hᵀ / √key_dim) v_h) W + b, where q_h, k_h and v_h are dense
/// projections of query, key and value for head h. Keras's `keras.layers.MultiHeadAttention` (Vaswani et al., 2017).
///
/// Inputs: query and value, or query, value and key.
/// Shapes: query (batch, queries, features), value and key (batch, keys, features), y the shape of the query, with the
/// last axis replaced by `output_shape`. Inputs of higher rank have several axes of queries and of keys. With
/// `return_attention_scores`, the attention weights softmax(...), (batch, heads, queries, keys), are a second output.
/// Masks: those of the inputs, `attention_mask` and `use_causal_mask`. Throws a ValueError for options out of range or
/// a wrong number of inputs, a ShapeError for wrong shapes.
///
///     MultiHeadAttention attention(8, 64);
///     auto y = attention({x, x}, {.use_causal_mask = true});
///     auto both = attention.apply({query, value, key}, {.return_attention_scores = true});
template <class Scalar = float>
class MultiHeadAttention : public detail::HeadAttention<Scalar> {
 public:
  using Arguments = MultiHeadAttentionArguments;
  /// Constructs the layer for a number of heads and a size of queries and keys.
  MultiHeadAttention(Index num_heads, Index key_dim, MultiHeadAttentionOptions options = {})
      : MultiHeadAttention(Arguments{num_heads, key_dim, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit MultiHeadAttention(Arguments arguments)
      : detail::HeadAttention<Scalar>(setup_of(arguments), "MultiHeadAttention", arguments.options.name),
        arguments_(std::move(arguments)) {
    MultiHeadAttentionOptions& o = arguments_.options;
    if (!o.value_dim) o.value_dim = arguments_.key_dim;
    // Keras writes lists, also for one axis.
    o.output_shape = o.output_shape.values();
    o.attention_axes = o.attention_axes.values();
  }
  std::string class_name() const override { return "MultiHeadAttention"; }
  LAMINA_COLD Config get_config() const override {
    Arguments arguments = arguments_;
    arguments.options.attention_axes = this->axes();
    return this->config_with(arguments);
  }

 private:
  static detail::HeadAttentionSetup setup_of(const Arguments& arguments) {
    constexpr const char* who = "MultiHeadAttention";
    const MultiHeadAttentionOptions& o = arguments.options;
    detail::require_positive(who, "num_heads", arguments.num_heads);
    detail::require_positive(who, "key_dim", arguments.key_dim);
    detail::require_positive(who, "value_dim", o.value_dim.value_or(1));
    detail::HeadAttentionSetup setup = detail::head_attention_setup(who, arguments.num_heads, arguments.key_dim, o);
    setup.value_dim = o.value_dim.value_or(arguments.key_dim);
    const std::vector<Index>& output = o.output_shape.values();
    setup.output_shape = Shape(output.begin(), output.end());
    setup.axes = o.attention_axes.values();
    return setup;
  }
  Arguments arguments_;
};

MultiHeadAttention(Index, Index, MultiHeadAttentionOptions) -> MultiHeadAttention<float>;

}  // namespace lamina
