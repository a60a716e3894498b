#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lamina/core/one_or_more.hpp"
#include "lamina/layers/attention/projection.hpp"
#include "lamina/layers/base/option_if.hpp"

// The options of attention with several heads.

namespace lamina {

/// The options of MultiHeadAttention, MultiHeadAttentionOptions, and of GroupedQueryAttention,
/// GroupedQueryAttentionOptions, by Keras's names and in its order. To set an option that a layer does not have is a
/// compile error.
template <bool is_grouped>
struct HeadAttentionOptions {
  template <bool present, class T>
  using If = detail::OptionIf<present, T>;

  /// MultiHeadAttention. Size of the values of each head; >= 1. Default: key_dim.
  If<!is_grouped, std::optional<Index>> value_dim = {};
  /// Fraction of the scores to drop in training, 0 to 1. Default: 0.
  double dropout = 0.0;
  /// If true, the projections add biases. Default: true.
  bool use_bias = true;
  /// MultiHeadAttention. Sizes of the axes that replace the last one of the query in the output; >= 1. Default: the
  /// size of that axis.
  If<!is_grouped, OneOrMore<Index>> output_shape = {};
  /// MultiHeadAttention. Axes to attend over; neither the batch axis nor the last. Default: all others.
  If<!is_grouped, OneOrMore<Index>> attention_axes = {};
  /// A query attends to keys at a distance below this number of positions; >= 1. Default: to all keys.
  std::optional<Index> sliding_window = std::nullopt;
  /// If true, as in Keras, dropout and the scores as an output are errors. It changes nothing else: scores are not
  /// stored in either case. Default: false.
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
  /// If true, the outputs of the heads are multiplied by the sigmoid of a projection of the query. Default: false.
  bool use_gate = false;
  /// Seed of dropout. Default: the seed of the program.
  std::optional<std::uint64_t> seed = std::nullopt;
  /// Name of the layer. Default: made from the class name.
  std::string name = {};

  /// Reads or writes the options that configurations have at their end.
  template <class Self, class Field>
  static void projection_fields(Self& self, Field&& field) {
    detail::kernel_fields(self, field);
    field("seed", self.seed);
    // Keras reads it, and writes it nowhere.
    if constexpr (!std::is_const_v<Self>) field("flash_attention", self.flash_attention);
  }
};

namespace detail {

/// What layers of attention with several heads need to know of their arguments.
struct HeadAttentionSetup {
  Index heads, key_heads, key_dim, value_dim;
  double dropout;
  bool use_gate;
  Shape output_shape;       ///< empty: the query's last axis
  std::vector<Index> axes;  ///< attended over; empty: all but the batch's and the last
  Index window;             ///< 0: none
  bool flash_attention;
  std::optional<std::uint64_t> seed;
  ProjectionOptions projections;
};

inline void require_positive(const char* who, const char* what, Index value) {
  if (value < 1) raise<ValueError>(who, ": expected ", what, " >= 1, got ", value);
}

/// The setup that follows from the options of both layers.
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
