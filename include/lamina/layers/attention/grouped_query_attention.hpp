#pragma once
#include "lamina/layers/attention/head_attention.hpp"
#include "lamina/layers/attention/head_attention_options.hpp"

namespace lamina {

/// The options of GroupedQueryAttention.
using GroupedQueryAttentionOptions = HeadAttentionOptions<true>;

struct GroupedQueryAttentionArguments {
  Index head_dim = 0, num_query_heads = 0, num_key_value_heads = 0;
  GroupedQueryAttentionOptions options = {};
  /// Reads or writes the arguments under Keras's names.
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

/// Attention by several heads of queries, of which as many in a row as it takes share one head of keys and values
/// (Ainslie et al., 2023); see MultiHeadAttention. Keras's GroupQueryAttention, whose class is GroupedQueryAttention.
/// Shapes: query (batch, queries, features), value and, where it is given, key (batch, keys, features); the output is
/// like the query.
template <class Scalar = float>
class GroupedQueryAttention : public detail::HeadAttention<Scalar> {
 public:
  using Arguments = GroupedQueryAttentionArguments;  ///< The constructor arguments.
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
      raise<ValueError>(who, ": num_query_heads must be a multiple of num_key_value_heads, got ",
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
