#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/layers/base/input_masks.hpp"
#include "lamina/layers/base/multi_input_layer.hpp"
#include "lamina/layers/base/option_if.hpp"
#include "lamina/ops/additive_scores.hpp"
#include "lamina/ops/attention.hpp"
#include "lamina/ops/dropout.hpp"

namespace lamina {

/// The options of Attention (AttentionOptions) and AdditiveAttention (AdditiveAttentionOptions), with Keras's names and
/// order. Setting an option that a layer does not have is a compile error.
template <bool is_additive>
struct ScoreAttentionOptions {
  /// If true, multiplies the scores by a trainable weight: a number in Attention, a vector (n,) in AdditiveAttention.
  /// Default: false for Attention, true for AdditiveAttention.
  bool use_scale = is_additive;
  /// Attention: formula of the scores: "dot", query · key, or "concat", w sum tanh(query + key). Default: "dot".
  detail::OptionIf<!is_additive, std::string> score_mode = detail::option_if<!is_additive>(std::string("dot"));
  double dropout = 0.0;  ///< Fraction of the attention weights to drop in training, 0 to 1. Default: 0.
  std::optional<std::uint64_t> seed = std::nullopt;  ///< Seed of dropout. Default: the seed of the program.
  std::string name = {};                             ///< Name of the layer. Default: made from the class name.

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("use_scale", self.use_scale);
    detail::option_field(field, "score_mode", self.score_mode);
    field("dropout", self.dropout);
    field("seed", self.seed);
  }
};

/// The options of Attention.
using AttentionOptions = ScoreAttentionOptions<false>;
/// The options of AdditiveAttention.
using AdditiveAttentionOptions = ScoreAttentionOptions<true>;

namespace detail {

/// The base class of attention layers without projections: y = softmax(scores(query, key)) value. Inputs are query and
/// value, or query, value and key.
template <class Scalar>
class ScoreAttention : public MultiInputLayer<Scalar> {
 public:
  ScoreAttention(const char* who, const double& rate, std::optional<std::uint64_t> seed, const std::string& name)
      : rate_(rate), seed_(seed) {
    check_fraction(rate, "dropout", who);
    this->set_name(name);
    this->set_supports_masking(true);
  }

  const char* call_signature() const noexcept override {
    return "inputs... mask? training? return_attention_scores? use_causal_mask?";
  }
  std::vector<Tensor<Scalar>> call_many(const std::vector<Tensor<Scalar>>& inputs) const override {
    const CallOptions& options = this->call_options();
    const Tensor<Scalar>&query = inputs[0], &value = inputs[1], &key = inputs[inputs.size() - 1];
    const AttentionMask<Scalar> mask = mask_for(inputs, options);
    const bool dropping = rate_ > 0 && CallContext::training();
    Tensor<Scalar> y, weights;
    if (dropping || options.return_attention_scores || !uses_dot_scores()) {
      weights = masked_softmax(scores(stacked(query), stacked(key)), mask);
      if (dropping) weights = dropout(weights, rate_, noise_stream(seed_));
      y = weighted_values(weights, stacked(value));
    } else {
      y = attention(scaled(stacked(query)), stacked(key), stacked(value), mask, 1.0);
    }
    y = reshape_to(y, query.shape().with(-1, value.columns()));
    const Tensor<Scalar> kept = input_mask(options, inputs, 0);
    if (kept.defined()) check_mask(kept.shape(), y.shape(), 1, y.rank() - 1, true);
    if (kept.defined()) y = where(expand_mask(kept, y.rank()), y, Tensor<Scalar>(Scalar(0)));
    if (!options.return_attention_scores) return {y};
    return {y, reshape_to(weights, query.shape().with(-1, key.shape()[-2]))};
  }

  LAMINA_COLD std::vector<Shape> compute_output_shapes(const std::vector<Shape>& inputs) const override {
    check_shapes(inputs);
    const Shape y = inputs[0].with(-1, inputs[1].back());
    if (!this->call_options().return_attention_scores) return {y};
    return {y, inputs[0].with(-1, inputs[inputs.size() - 1][-2])};
  }

 protected:
  void check_inputs(const std::vector<Tensor<Scalar>>& inputs) const override {
    std::vector<Shape> shapes;
    for (const Tensor<Scalar>& x : inputs) shapes.push_back(x.shape());
    check_shapes(shapes);
  }
  void check_shapes(const std::vector<Shape>& inputs) const {
    if (inputs.size() < 2 || inputs.size() > 3)
      raise<ValueError>(this->where("call"), "expected the inputs query and value, or query, value and key, got ",
                        inputs.size());
    const Shape &query = inputs[0], &value = inputs[1], &key = inputs[inputs.size() - 1];
    const auto fits = [](Index a, Index b) { return a == unknown_size || b == unknown_size || a == b; };
    bool good = query.rank() >= 3 && value.rank() == query.rank() && key.rank() == query.rank() &&
                fits(query.back(), key.back()) && fits(value[-2], key[-2]);
    for (Index i = 0; good && i + 2 < query.rank(); ++i) good = fits(query[i], value[i]) && fits(query[i], key[i]);
    if (!good)
      raise<ShapeError>(
          "expected a query (batch, ..., queries, n), a value (batch, ..., keys, m) and a key (batch, ..., keys, n) "
          "(default: the value), got shapes ",
          query, ", ", value, " and ", key);
  }

  /// True if the scores are the dot products of scaled queries and keys.
  virtual bool uses_dot_scores() const { return false; }
  /// Returns the query multiplied by the scale, if the layer has one.
  virtual Tensor<Scalar> scaled(const Tensor<Scalar>& query) const { return query; }
  /// Returns the scores (batch, 1, queries, keys) of query (batch, queries, 1, n) and key (batch, keys, 1, n).
  virtual Tensor<Scalar> scores(const Tensor<Scalar>& query, const Tensor<Scalar>& key) const = 0;

  /// Returns the scores sum_n weights tanh(query + key); the weights broadcast to (n,).
  static Tensor<Scalar> additive(const Tensor<Scalar>& query, const Tensor<Scalar>& key,
                                 const Tensor<Scalar>& weights) {
    const Shape &q = query.shape(), &k = key.shape();
    const Tensor<Scalar> s = additive_scores(reshape_to(query, {q[0], q[1], q[3]}), reshape_to(key, {k[0], k[1], k[3]}),
                                             broadcast_to(weights, {k[3]}));
    return reshape_to(s, {q[0], 1, q[1], k[1]});
  }

 private:
  /// Reshapes (batch, ..., time, n) to (batch ..., time, 1, n), with one head.
  static Tensor<Scalar> stacked(const Tensor<Scalar>& x) {
    const Shape& s = x.shape();
    return reshape_to(x, {s.slice(0, s.rank() - 2).size(), s[-2], 1, s[-1]});
  }
  AttentionMask<Scalar> mask_for(const std::vector<Tensor<Scalar>>& inputs, const CallOptions& options) const {
    AttentionMask<Scalar> mask{.causal = options.use_causal_mask, .hidden = kernels::Hidden::lowered};
    if (!MaskRegistry<Scalar>::any()) return mask;
    const Tensor<Scalar> given = input_mask(options, inputs, 1);
    if (!given.defined()) return mask;
    // The mask broadcasts to (batch, ..., keys): axes of size 1 are inserted before the last axis.
    const Shape& value = inputs[1].shape();
    const Index rank = value.rank() - 1;
    Shape shape = given.shape();
    bool fits = !shape.empty() && shape.rank() <= rank && shape.back() == value[-2];
    while (fits && shape.rank() < rank) {
      shape[-1] = 1;
      shape.push_back(value[-2]);
    }
    for (Index i = 0; fits && i < rank; ++i) fits = shape[i] == 1 || shape[i] == value[i];
    if (!fits)
      raise<ShapeError>("expected a mask that broadcasts to the keys of a value of shape ", value, ", got shape ",
                        given.shape());
    const Tensor<Scalar> full =
        rank == 2 ? reshape_to(given, shape) : broadcast_to(reshape_to(given, shape), value.slice(0, rank));
    mask.visible = reshape_to(full, {full.size() / std::max<Index>(1, shape.back()), 1, 1, shape.back()});
    return mask;
  }

  double rate_;
  std::optional<std::uint64_t> seed_;
};

}  // namespace detail

/// Dot-product attention without projections: y = softmax(scores) value, with scores = query · key, or with
/// `score_mode = "concat"` w sum_n tanh(query + key), where w is a trainable weight. Keras's `keras.layers.Attention`
/// (Luong et al., 2015).
///
/// Inputs: query and value, or query, value and key.
/// Shapes: query (batch, queries, n), value (batch, keys, m), key (batch, keys, n) (default: the value); y (batch,
/// queries, m). With `return_attention_scores`, the attention weights softmax(scores), (batch, queries, keys), are a
/// second output. Masks: the mask of the value hides keys, the mask of the query sets rows of y to 0, and
/// `use_causal_mask` hides later keys. Throws a ValueError for a wrong number of inputs, a ShapeError for wrong shapes.
template <class Scalar = float>
class Attention : public detail::ScoreAttention<Scalar> {
 public:
  using Arguments = AttentionOptions;
  /// Constructs the layer.
  LAMINA_COLD explicit Attention(AttentionOptions options = {})
      : detail::ScoreAttention<Scalar>("Attention", options.dropout, options.seed, options.name),
        options_(std::move(options)) {
    if (options_.score_mode != "dot" && options_.score_mode != "concat")
      raise<ValueError>("Attention: expected score_mode \"dot\" or \"concat\", got \"", options_.score_mode, "\"");
  }
  std::string class_name() const override { return "Attention"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(options_); }

  void build_many(const std::vector<Shape>& inputs) override {
    this->check_shapes(inputs);
    if (options_.use_scale) scale_ = this->add_weight("scale", {}, Initializer::of<Ones>());
    if (concat()) concat_weight_ = this->add_weight("concat_score_weight", {}, Initializer::of<Ones>());
  }

 protected:
  bool uses_dot_scores() const override { return !concat(); }
  Tensor<Scalar> scaled(const Tensor<Scalar>& x) const override {
    return scale_.defined() ? detail::multiply(x, scale_.value()) : x;
  }
  Tensor<Scalar> scores(const Tensor<Scalar>& query, const Tensor<Scalar>& key) const override {
    const Shape &q = query.shape(), &k = key.shape();
    if (concat()) return this->additive(scaled(query), scaled(key), concat_weight_.value());
    return detail::matmul(detail::reshape_to(scaled(query), {q[0], 1, q[1], q[3]}),
                          detail::reshape_to(key, {k[0], 1, k[1], k[3]}), {false, true});
  }

 private:
  bool concat() const { return options_.score_mode == "concat"; }
  AttentionOptions options_;
  Variable<Scalar> scale_, concat_weight_;
};

}  // namespace lamina
