#pragma once
#include "lamina/layers/attention/attention.hpp"

namespace lamina {

/// Additive attention: y = softmax(scores) value, with scores = sum_n scale tanh(query + key). Keras's
/// `keras.layers.AdditiveAttention` (Bahdanau et al., 2014).
/// Shapes: scale (n,); inputs, outputs, masks and errors as Attention.
template <class Scalar = float>
class AdditiveAttention : public detail::ScoreAttention<Scalar> {
 public:
  using Arguments = AdditiveAttentionOptions;
  /// Constructs the layer.
  LAMINA_COLD explicit AdditiveAttention(AdditiveAttentionOptions options = {})
      : detail::ScoreAttention<Scalar>("AdditiveAttention", options.dropout, options.seed, options.name),
        options_(std::move(options)) {}
  std::string class_name() const override { return "AdditiveAttention"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(options_); }

  void build_many(const std::vector<Shape>& inputs) override {
    this->check_shapes(inputs);
    if (options_.use_scale) scale_ = this->add_weight("scale", {inputs[0].back()});
  }

 protected:
  Tensor<Scalar> scores(const Tensor<Scalar>& query, const Tensor<Scalar>& key) const override {
    return this->additive(query, key, scale_.defined() ? scale_.value() : Tensor<Scalar>(Scalar(1)));
  }

 private:
  AdditiveAttentionOptions options_;
  Variable<Scalar> scale_;
};

}  // namespace lamina
