#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/core/one_or_more.hpp"
#include "lamina/layers/attention/projection.hpp"
#include "lamina/layers/base/option_if.hpp"

// The options of multi-head attention.

namespace lamina {

/// The options of MultiHeadAttention (MultiHeadAttentionOptions) and GroupedQueryAttention
/// (GroupedQueryAttentionOptions), with Keras's names and order. Setting an option that a layer does not have is a
/// compile error.
template <bool is_grouped>
struct HeadAttentionOptions {
  template <bool present, class T>
  using If = detail::OptionIf<present, T>;  ///< T if the layer has the option.

  /// MultiHeadAttention: size of the values of each head; >= 1. Default: key_dim.
  If<!is_grouped, std::optional<Index>> value_dim = {};
  /// Fraction of the attention weights to drop in training, 0 to 1. Default: 0.
  double dropout = 0.0;
  /// If true, the projections add biases. Default: true.
  bool use_bias = true;
  /// MultiHeadAttention: sizes of the output axes that replace the last axis of the query; >= 1. Default: the size of
  /// the last axis of the query.
  If<!is_grouped, OneOrMore<Index>> output_shape = {};
  /// MultiHeadAttention: axes to attend over; neither the batch axis nor the last. Default: all others.
  If<!is_grouped, OneOrMore<Index>> attention_axes = {};
  /// A query attends only to keys at a distance below this number of positions; >= 1. Default: no limit.
  std::optional<Index> sliding_window = std::nullopt;
  /// If true, dropout and `return_attention_scores` are errors, as in Keras. No other effect: the scores are never
  /// stored. Default: false.
  std::optional<bool> flash_attention = std::nullopt;
  /// Initializer of the kernels of the projections. Default: GlorotUniform.
  Initializer kernel_initializer = Initializer::of<GlorotUniform>();
  /// Initializer of the biases of the projections. Default: Zeros.
  Initializer bias_initializer = Initializer::of<Zeros>();
  /// Penalty on the kernels. Default: none.
  Regularizer kernel_regularizer = {};
  /// Penalty on the biases. Default: none.
  Regularizer bias_regularizer = {};
  /// Penalty on the outputs of the projections, per sample. Default: none.
  Regularizer activity_regularizer = {};
  /// Constraint on the kernels after each update. Default: none.
  Constraint kernel_constraint = {};
  /// Constraint on the biases after each update. Default: none.
  Constraint bias_constraint = {};
  /// If true, multiplies the outputs of the heads by the sigmoid of a projection of the query. Default: false.
  bool use_gate = false;
  /// Seed of dropout. Default: the seed of the program.
  std::optional<std::uint64_t> seed = std::nullopt;
  /// Name of the layer. Default: made from the class name.
  std::string name = {};

  /// Reads or writes the options of the projections and the last options under Keras's names.
  template <class Self, class Field>
  static void projection_fields(Self& self, Field&& field) {
    detail::kernel_fields(self, field);
    field("seed", self.seed);
    // Keras reads it, but does not write it.
    if constexpr (!std::is_const_v<Self>) field("flash_attention", self.flash_attention);
  }
};

namespace detail {

/// The arguments of the base class HeadAttention.
struct HeadAttentionSetup {
  Index heads, key_heads, key_dim, value_dim;
  double dropout;
  bool use_gate;
  Shape output_shape;       ///< Sizes of the last output axes; empty for the last axis of the query.
  std::vector<Index> axes;  ///< Attention axes; empty for all except the batch axis and the last.
  Index window;             ///< Sliding window; 0 for none.
  bool flash_attention;
  std::optional<std::uint64_t> seed;
  ProjectionOptions projections;
};

/// Throws a ValueError if a value is below 1.
inline void require_positive(const char* who, const char* what, Index value) {
  if (value < 1) raise<ValueError>(who, ": expected ", what, " >= 1, got ", value);
}

/// Returns the arguments of HeadAttention for the options that both layers have.
template <class Options>
HeadAttentionSetup head_attention_setup(const char* who, Index heads, Index size, const Options& o) {
  require_positive(who, "sliding_window", o.sliding_window.value_or(1));
  return {.heads = heads,
          .key_heads = heads,
          .key_dim = size,
          .value_dim = size,
          .dropout = o.dropout,
          .use_gate = o.use_gate,
          .output_shape = {},
          .axes = {},
          .window = o.sliding_window.value_or(0),
          .flash_attention = o.flash_attention.value_or(false),
          .seed = o.seed,
          .projections = {o.use_bias, o.kernel_initializer, o.bias_initializer, o.kernel_regularizer,
                          o.bias_regularizer, o.activity_regularizer, o.kernel_constraint, o.bias_constraint}};
}

}  // namespace detail

}  // namespace lamina
