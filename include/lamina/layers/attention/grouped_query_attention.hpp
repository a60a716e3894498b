#pragma once
#include "lamina/layers/attention/head_attention.hpp"
#include "lamina/layers/attention/head_attention_options.hpp"

namespace lamina {

/// The options of GroupedQueryAttention.
using GroupedQueryAttentionOptions = HeadAttentionOptions<true>;

/// The arguments of GroupedQueryAttention.
struct GroupedQueryAttentionArguments {
  Index head_dim = 0;             ///< Size of a query, key and value of each head; >= 1. Required.
  Index num_query_heads = 0;      ///< Number of heads of the queries; >= 1. Required.
  Index num_key_value_heads = 0;  ///< Number of heads of keys and values; a divisor of num_query_heads. Required.
  GroupedQueryAttentionOptions options = {};  ///< All other arguments.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    auto& o = self.options;
    field.required("head_dim", self.head_dim);
    field.required("num_query_heads", self.num_query_heads);
    field.required("num_key_value_heads", self.num_key_value_heads);
    field("use_bias", o.use_bias);
    field("use_gate", o.use_gate);
    field("sliding_window", o.sliding_window);
    field("dropout", o.dropout);
    GroupedQueryAttentionOptions::projection_fields(o, field);
  }
};

/// Grouped-query attention: multi-head attention in which num_query_heads / num_key_value_heads consecutive query heads
/// use the same head of keys and values. Keras's `keras.layers.GroupQueryAttention` (class GroupedQueryAttention;
/// Ainslie et al., 2023).
///
/// Inputs: query and value, or query, value and key.
/// Shapes: query (batch, queries, features), value and key (batch, keys, features), y the shape of the query. Formula,
/// masks, scores and errors: as MultiHeadAttention; also throws a ValueError if num_key_value_heads does not divide
/// num_query_heads.
template <class Scalar = float>
class GroupedQueryAttention : public detail::HeadAttention<Scalar> {
 public:
  using Arguments = GroupedQueryAttentionArguments;
  /// Constructs the layer for a size and numbers of heads.
  GroupedQueryAttention(Index head_dim, Index num_query_heads, Index num_key_value_heads,
                        GroupedQueryAttentionOptions options = {})
      : GroupedQueryAttention(Arguments{head_dim, num_query_heads, num_key_value_heads, std::move(options)}) {}
  /// Constructs the layer from its arguments.
  LAMINA_COLD explicit GroupedQueryAttention(Arguments arguments)
      : detail::HeadAttention<Scalar>(setup_of(arguments), "GroupedQueryAttention", arguments.options.name),
        arguments_(std::move(arguments)) {}
  std::string class_name() const override { return "GroupedQueryAttention"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(arguments_); }

 private:
  static detail::HeadAttentionSetup setup_of(const Arguments& arguments) {
    constexpr const char* who = "GroupedQueryAttention";
    const GroupedQueryAttentionOptions& o = arguments.options;
    detail::require_positive(who, "head_dim", arguments.head_dim);
    detail::require_positive(who, "num_query_heads", arguments.num_query_heads);
    detail::require_positive(who, "num_key_value_heads", arguments.num_key_value_heads);
    if (arguments.num_query_heads % arguments.num_key_value_heads != 0)
      raise<ValueError>(who, ": expected num_query_heads that is a multiple of num_key_value_heads, got ",
                        arguments.num_query_heads, " and ", arguments.num_key_value_heads);
    detail::HeadAttentionSetup setup =
        detail::head_attention_setup(who, arguments.num_query_heads, arguments.head_dim, o);
    setup.key_heads = arguments.num_key_value_heads;
    return setup;
  }
  Arguments arguments_;
};

GroupedQueryAttention(Index, Index, Index, GroupedQueryAttentionOptions) -> GroupedQueryAttention<float>;

}  // namespace lamina
