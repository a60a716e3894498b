#pragma once
#include "lamina/layers/attention/head_attention.hpp"
#include "lamina/layers/attention/head_attention_options.hpp"

namespace lamina {

/// The options of MultiHeadAttention.
using MultiHeadAttentionOptions = HeadAttentionOptions<false>;

struct MultiHeadAttentionArguments {
  Index num_heads = 0, key_dim = 0;
  MultiHeadAttentionOptions options = {};
  /// Reads or writes the arguments under Keras's names.
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

/// Attention by several heads (Vaswani et al., 2017): y = concat_h(softmax(q_h k_hᵀ / √key_dim) v_h) W + b, where q_h,
/// k_h and v_h are dense projections of query, key and value to each head. Keras's MultiHeadAttention.
/// Shapes: query (batch, ..., features), value and, where it is given, key (batch, ..., features); y is the query's
/// with the last axis as `output_shape` has it; the scores, a second output if they are asked for, (batch, heads,
/// queries, keys). Inputs are query and value, or query, value and key. A call heeds the inputs' masks,
/// `attention_mask` and `use_causal_mask`.
///
///     MultiHeadAttention attention(8, 64);
///     auto y = attention({x, x}, {.use_causal_mask = true});
///     auto both = attention.apply({query, value, key}, {.return_attention_scores = true});
template <class Scalar = float>
class MultiHeadAttention : public detail::HeadAttention<Scalar> {
 public:
  using Arguments = MultiHeadAttentionArguments;  ///< The constructor arguments.
  MultiHeadAttention(Index num_heads, Index key_dim, MultiHeadAttentionOptions options = {})
      : MultiHeadAttention(Arguments{num_heads, key_dim, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit MultiHeadAttention(Arguments arguments)
      : detail::HeadAttention<Scalar>(setup_of(arguments), "MultiHeadAttention", arguments.options.name),
        arguments_(std::move(arguments)) {
    MultiHeadAttentionOptions& o = arguments_.options;
    if (!o.value_dim) o.value_dim = arguments_.key_dim;
    // Keras writes lists.
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
