#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/layers/attention/head_attention_options.hpp"
#include "lamina/layers/attention/projection.hpp"
#include "lamina/layers/base/input_masks.hpp"
#include "lamina/layers/base/multi_input_layer.hpp"
#include "lamina/ops/attention.hpp"
#include "lamina/ops/dropout.hpp"

namespace lamina::detail {

/// The base class of multi-head attention: projects the inputs to queries, keys and values of each head, computes
/// attention, and projects the outputs of the heads to the output. Inputs are query and value, or query, value and key.
template <class Scalar>
class HeadAttention : public MultiInputLayer<Scalar> {
 public:
  HeadAttention(HeadAttentionSetup setup, const char* who, const std::string& name) : setup_(std::move(setup)) {
    this->set_name(name);
    this->set_supports_masking(true);
    const HeadAttentionSetup& s = setup_;
    check_fraction(s.dropout, "dropout", who);
    if (s.window < 0) raise<ValueError>(who, ": expected sliding_window >= 1, or none, got ", s.window);
    if (s.flash_attention && s.dropout > 0)
      raise<ValueError>(who, ": expected dropout = 0 with flash_attention, got ", s.dropout,
                        ". Leave one of them out.");
    for (const Index size : s.output_shape) require_positive(who, "an output_shape of sizes", size);
  }

  void build_many(const std::vector<Shape>& inputs) override {
    check_shapes(inputs);
    const HeadAttentionSetup& s = setup_;
    choose_axes(inputs[0].rank());
    const auto project = [&](const char* name, Index axes, const Shape& to, bool gate = false) {
      return std::make_unique<Projection<Scalar>>(name, axes, to, s.projections, gate);
    };
    query_ = project("query", 1, {s.heads, s.key_dim});
    key_ = project("key", 1, {s.key_heads, s.key_dim});
    if (s.use_gate) gate_ = project("gate", 1, {s.heads, s.value_dim}, true);
    value_ = project("value", 1, {s.key_heads, s.value_dim});
    output_ = project("attention_output", 2, s.output_shape.empty() ? Shape{inputs[0].back()} : s.output_shape);
  }

  std::vector<Tensor<Scalar>> call_many(const std::vector<Tensor<Scalar>>& inputs) const override {
    const CallOptions& options = this->call_options();
    if (setup_.flash_attention && options.return_attention_scores)
      raise<ValueError>(
          "flash_attention does not compute the scores: expected return_attention_scores = false, got "
          "true. Leave one of them out.");
    const Tensor<Scalar>&query = inputs[0], &value = inputs[1], &key = inputs[inputs.size() - 1];
    const bool dropping = setup_.dropout > 0 && CallContext::training();
    const AttentionMask<Scalar> mask = mask_for(inputs, options);
    const double scale = 1 / std::sqrt(static_cast<double>(setup_.key_dim));

    const Tensor<Scalar> q = folded((*query_)(query)), k = folded((*key_)(key));
    const Tensor<Scalar> gate = gate_ != nullptr ? (*gate_)(query) : Tensor<Scalar>();
    const Tensor<Scalar> v = folded((*value_)(value));
    Tensor<Scalar> y, scores;
    if (dropping || options.return_attention_scores) {
      scores = attention_weights(q, k, mask, scale);
      y = weighted_values(dropping ? dropout(scores, setup_.dropout, noise_stream(setup_.seed)) : scores, v);
    } else {
      y = attention(q, k, v, mask, scale);
    }
    y = unfolded(y, query.shape());
    if (gate.defined()) y = multiply(y, gate);
    y = (*output_)(y);
    if (!options.return_attention_scores) return {y};
    return {y, reshape_to(scores, scores_shape(query.shape(), key.shape()))};
  }

  const char* call_signature() const noexcept override {
    return "query value key? query_mask? value_mask? key_mask? attention_mask? return_attention_scores? training? "
           "use_causal_mask?";
  }
  LAMINA_COLD std::vector<Shape> compute_output_shapes(const std::vector<Shape>& inputs) const override {
    check_shapes(inputs);
    Shape output = inputs[0];
    if (!setup_.output_shape.empty()) {
      output.pop_back();
      for (const Index size : setup_.output_shape) output.push_back(size);
    }
    if (!this->call_options().return_attention_scores) return {output};
    return {output, scores_shape(inputs[0], inputs[inputs.size() - 1])};
  }

 protected:
  void check_inputs(const std::vector<Tensor<Scalar>>& inputs) const override {
    std::vector<Shape> shapes;
    for (const Tensor<Scalar>& x : inputs) shapes.push_back(x.shape());
    check_shapes(shapes);
  }
  /// Returns the attention axes; before the layer is built, those of the options.
  const std::vector<Index>& axes() const noexcept { return axes_.empty() ? setup_.axes : axes_; }

 private:
  // Projections (batch, axes..., heads, size) are folded to (batch, time, heads, size), where time are the attention
  // axes. `order_` is the permutation of the axes before the heads: the first `free_` are not attention axes, the
  // others are.
  void choose_axes(Index rank) {
    axes_ = setup_.axes;
    for (Index i = 1; i + 1 < rank && setup_.axes.empty(); ++i) axes_.push_back(i);
    order_ = Shape();
    for (Index& axis : axes_) {
      const Index given = axis;
      if (axis < 0) axis += rank;
      if (axis < 1 || axis > rank - 2)
        raise<ValueError>("attention_axes: expected axes between the batch axis and the last axis, got ", given,
                          " for inputs of rank ", rank);
    }
    for (Index i = 0; i + 1 < rank; ++i)
      if (!attended(i)) order_.push_back(i);
    free_ = order_.rank();
    for (const Index axis : axes_) order_.push_back(axis);
    if (order_.rank() != rank - 1)
      raise<ValueError>("attention_axes: expected different axes, got ", argument_to_config(axes_).to_string());
    moved_ = false;
    for (Index i = 0; i < order_.rank(); ++i) moved_ = moved_ || order_[i] != i;
  }
  bool attended(Index axis) const { return std::find(axes_.begin(), axes_.end(), axis) != axes_.end(); }
  /// Returns the axes of `shape` in the order of `order_`.
  Shape in_order(const Shape& shape) const {
    Shape result;
    for (const Index axis : order_) result.push_back(shape[axis]);
    return result;
  }
  Tensor<Scalar> folded(const Tensor<Scalar>& x) const {
    Tensor<Scalar> y = x;
    if (moved_) {
      Shape order = order_;
      order.push_back(x.rank() - 2);
      order.push_back(x.rank() - 1);
      y = permute(x, order);
    }
    const Shape& s = y.shape();
    return reshape_to(y, {s.slice(0, free_).size(), s.slice(free_, s.rank() - 2).size(), s[-2], s[-1]});
  }
  Tensor<Scalar> unfolded(const Tensor<Scalar>& y, const Shape& query) const {
    Shape shape = in_order(query);
    shape.push_back(y.shape()[2]);
    shape.push_back(y.shape()[3]);
    const Tensor<Scalar> x = reshape_to(y, shape);
    if (!moved_) return x;
    Shape back = shape;
    for (Index i = 0; i < order_.rank(); ++i) back[order_[i]] = i;
    back[-2] = shape.rank() - 2;
    back[-1] = shape.rank() - 1;
    return permute(x, back);
  }
  /// Returns the shape of the scores: (free axes..., heads, attention axes of the query..., attention axes of the
  /// key...).
  Shape scores_shape(const Shape& query, const Shape& key) const {
    const Shape q = in_order(query), k = in_order(key);
    Shape shape = q.slice(0, free_);
    shape.push_back(setup_.heads);
    for (Index i = free_; i < q.rank(); ++i) shape.push_back(q[i]);
    for (Index i = free_; i < k.rank(); ++i) shape.push_back(k[i]);
    return shape;
  }

  AttentionMask<Scalar> mask_for(const std::vector<Tensor<Scalar>>& inputs, const CallOptions& options) const {
    AttentionMask<Scalar> mask{.causal = options.use_causal_mask, .window = setup_.window};
    // Keras computes attention in two ways, which differ for queries whose keys are all masked.
    const bool explicitly = setup_.dropout > 0 || options.return_attention_scores || inputs[0].rank() != 3;
    mask.hidden = explicitly ? kernels::Hidden::nothing : kernels::Hidden::lowest;
    if (!MaskRegistry<Scalar>::any() && !options.attention_mask.defined()) return mask;

    const Shape scores = scores_shape(inputs[0].shape(), inputs[inputs.size() - 1].shape());
    Tensor<Scalar>& visible = mask.visible;
    const auto combine = [&](const Tensor<Scalar>& other) {
      visible = visible.defined() ? multiply(visible, other) : other;
    };
    if (options.attention_mask.defined()) combine(for_scores(options.attention_mask.template cast<Scalar>(), scores));
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Tensor<Scalar> given = input_mask(options, inputs, i);
      if (!given.defined()) continue;
      check_mask(given.shape(), inputs[i].shape(), 1, inputs[i].rank(), true);
      // (free..., 1, attention axes..., 1...) for the query, (free..., 1, 1..., attention axes...) for key and value
      Tensor<Scalar> own = expand_mask(given, order_.rank());
      if (moved_) own = permute(own, order_);
      Shape shape = own.shape().slice(0, free_);
      shape.push_back(1);
      for (Index k = free_; i > 0 && k < own.rank(); ++k) shape.push_back(1);
      for (Index k = free_; k < own.rank(); ++k) shape.push_back(own.shape()[k]);
      for (Index k = free_; i == 0 && k < own.rank(); ++k) shape.push_back(1);
      combine(for_scores(reshape_to(own, shape), scores));
    }
    if (visible.defined()) visible = to_rank_4(visible, scores);
    return mask;
  }
  /// Reshapes a mask to the rank of the scores: inserts axes of size 1 before the attention axes.
  Tensor<Scalar> for_scores(const Tensor<Scalar>& mask, const Shape& scores) const {
    const Index attended = 2 * (order_.rank() - free_), leading = mask.rank() - attended;
    Shape shape = mask.shape().slice(0, std::max<Index>(0, leading));
    while (shape.rank() + attended < scores.rank()) shape.push_back(1);
    for (Index i = std::max<Index>(0, leading); i < mask.rank(); ++i) shape.push_back(mask.shape()[i]);
    bool fits = leading >= 0 && shape.rank() == scores.rank();
    for (Index i = 0; i < scores.rank() && fits; ++i) fits = shape[i] == 1 || shape[i] == scores[i];
    if (!fits)
      raise<ShapeError>("expected a mask that broadcasts to the scores (..., queries, keys) of shape ", scores,
                        ", got shape ", mask.shape());
    return reshape_to(mask, shape);
  }
  /// Reshapes a mask of the scores to (batch, heads, queries, keys); broadcasts the axes that are merged into one.
  Tensor<Scalar> to_rank_4(Tensor<Scalar> mask, const Shape& scores) const {
    const Index ends[5] = {0, free_, free_ + 1, order_.rank() + 1, scores.rank()};
    Shape broadcast = mask.shape(), shape;
    for (int group = 0; group < 4; ++group) {
      const Shape own = mask.shape().slice(ends[group], ends[group + 1]),
                  full = scores.slice(ends[group], ends[group + 1]);
      shape.push_back(own.size() == 1 ? 1 : full.size());
      for (Index i = ends[group]; i < ends[group + 1] && own.size() != 1; ++i) broadcast[i] = scores[i];
    }
    return reshape_to(broadcast_to(mask, broadcast), shape);
  }

  void check_shapes(const std::vector<Shape>& inputs) const {
    if (inputs.size() < 2 || inputs.size() > 3)
      raise<ValueError>("expected the inputs query and value, or query, value and key, got ", inputs.size(),
                        inputs.size() == 1 ? ". For self-attention, pass the sequence twice: layer({x, x})." : "");
    const Shape &query = inputs[0], &value = inputs[1], &key = inputs[inputs.size() - 1];
    const auto fits = [](Index a, Index b) { return a == unknown_size || b == unknown_size || a == b; };
    bool good = query.rank() >= 3 && value.rank() == query.rank() && key.rank() == query.rank();
    for (Index i = 0; good && i + 1 < query.rank(); ++i) {
      const bool shared = i == 0 || (this->built() && !attended(i));
      good = fits(value[i], key[i]) && (!shared || fits(query[i], value[i]));
    }
    if (!good)
      raise<ShapeError>(
          "expected a query (batch, ..., features) of rank 3 or more, and a value and a key of the same rank with "
          "equal sizes, except along the last axis, got shapes ",
          query, ", ", value, " and ", key);
  }

  HeadAttentionSetup setup_;
  std::vector<Index> axes_;
  Shape order_;
  Index free_ = 1;
  bool moved_ = false;
  std::unique_ptr<Projection<Scalar>> query_, key_, gate_, value_, output_;
};

}  // namespace lamina::detail
