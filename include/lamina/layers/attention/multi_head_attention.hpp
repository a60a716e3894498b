#pragma once
#include "lamina/layers/attention/head_attention.hpp"

namespace lamina {

struct MultiHeadAttentionOptions {
  std::optional<Index> value_dim = std::nullopt;  ///< the size of a head's values; by default key_dim
  double dropout = 0.0;                           ///< how many of the scores are dropped in training
  bool use_bias = true;
  OneOrMore<Index> output_shape = {};                  ///< by default the query's last axis
  OneOrMore<Index> attention_axes = {};                ///< by default all axes but the batch's and the last
  std::optional<Index> sliding_window = std::nullopt;  ///< a query sees keys fewer places away than this
  std::optional<bool> flash_attention = std::nullopt;  ///< accepted: scores are never kept longer than they must be
  Initializer kernel_initializer = Initializer::of<GlorotUniform>();
  Initializer bias_initializer = Initializer::of<Zeros>();
  Regularizer kernel_regularizer = {};
  Regularizer bias_regularizer = {};
  Regularizer activity_regularizer = {};
  Constraint kernel_constraint = {};
  Constraint bias_constraint = {};
  bool use_gate = false;  ///< what the heads give is multiplied by the sigmoid of a projection of the query
  std::optional<std::uint64_t> seed = std::nullopt;
  std::string name = {};
};

struct MultiHeadAttentionArguments {
  Index num_heads = 0, key_dim = 0;
  MultiHeadAttentionOptions options = {};
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
    detail::projection_fields(o, field);
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
  using Arguments = MultiHeadAttentionArguments;
  MultiHeadAttention(Index num_heads, Index key_dim, MultiHeadAttentionOptions options = {})
      : MultiHeadAttention(Arguments{num_heads, key_dim, std::move(options)}) {}
  explicit MultiHeadAttention(Arguments arguments)
      : detail::HeadAttention<Scalar>(setup_of(arguments), "MultiHeadAttention", arguments.options.name),
        arguments_(std::move(arguments)) {
    MultiHeadAttentionOptions& o = arguments_.options;
    if (!o.value_dim) o.value_dim = arguments_.key_dim;
    // Keras writes lists.
    o.output_shape = o.output_shape.values();
    o.attention_axes = o.attention_axes.values();
  }
  std::string class_name() const override { return "MultiHeadAttention"; }
  Config get_config() const override {
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
    detail::require_positive(who, "sliding_window", o.sliding_window.value_or(1));
    const std::vector<Index>& output = o.output_shape.values();
    return {.heads = arguments.num_heads,
            .key_heads = arguments.num_heads,
            .key_dim = arguments.key_dim,
            .value_dim = o.value_dim.value_or(arguments.key_dim),
            .dropout = o.dropout,
            .use_gate = o.use_gate,
            .output_shape = Shape(output.begin(), output.end()),
            .axes = o.attention_axes.values(),
            .window = o.sliding_window.value_or(0),
            .flash_attention = o.flash_attention.value_or(false),
            .seed = o.seed,
            .projections = detail::projections_of(o)};
  }
  Arguments arguments_;
};

MultiHeadAttention(Index, Index, MultiHeadAttentionOptions) -> MultiHeadAttention<float>;

}  // namespace lamina
