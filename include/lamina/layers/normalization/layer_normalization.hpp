#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/layers/normalization/normalization_weights.hpp"

namespace lamina {

/// The options of LayerNormalization.
struct LayerNormalizationOptions {
  OneOrMore<Index> axis = -1;                               ///< Axis, or axes, to normalize over. Default: the last.
  double epsilon = 1e-3;                                    ///< Number added to the variance; >= 0. Default: 0.001.
  bool center = true;                                       ///< If true, adds an offset beta. Default: true.
  bool scale = true;                                        ///< If true, multiplies by a scale gamma. Default: true.
  Initializer beta_initializer = Initializer::of<Zeros>();  ///< Initializer of beta. Default: Zeros.
  Initializer gamma_initializer = Initializer::of<Ones>();  ///< Initializer of gamma. Default: Ones.
  Regularizer beta_regularizer = {};                        ///< Penalty on beta. Default: none.
  Regularizer gamma_regularizer = {};                       ///< Penalty on gamma. Default: none.
  Constraint beta_constraint = {};                          ///< Constraint on beta after each update. Default: none.
  Constraint gamma_constraint = {};                         ///< Constraint on gamma after each update. Default: none.
  bool rms_scaling = false;  ///< If true, divides without subtracting the mean; see RMSNormalization. Default: false.
  std::string name = {};     ///< Name of the layer. Default: made from the class name.

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("axis", self.axis);
    detail::offset_and_scale_fields(self, field);
    field("rms_scaling", self.rms_scaling);
  }
};

/// Every sample normalized by itself: y = (x - mean) / √(variance + epsilon) gamma + beta, mean and variance those of
/// the elements along `axis`, the last by default, or several axes together. Keras's LayerNormalization (Ba et al.,
/// 2016). Shapes: gamma and beta as the axes, (features,) by default; y as x.
template <class Scalar = float>
class LayerNormalization : public Layer<Scalar> {
 public:
  using Arguments = LayerNormalizationOptions;
  explicit LayerNormalization(LayerNormalizationOptions options = {}) : options_(std::move(options)) {
    if (!options_.axis.given()) raise<ValueError>("LayerNormalization: expected an axis, or several");
    detail::check_not_negative(options_.epsilon, "epsilon", "LayerNormalization");
    this->set_name(options_.name);
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "LayerNormalization"; }
  Config get_config() const override { return this->config_with(options_); }

  void build(const Shape& input) override {
    axes_ = detail::axes_in_order("axis", options_.axis.values(), input);
    std::vector<Index> named = options_.axis.values();
    std::sort(named.begin(), named.end());
    options_.axis = named;  // as Keras has it, once it is built
    shape_ = input;
    Shape weights;
    for (const Index axis : axes_) weights.push_back(input[axis]);
    if (options_.scale || options_.rms_scaling)
      gamma_ = this->add_weight("gamma", weights, options_.gamma_initializer,
                                detail::weight_options<Scalar>(options_.gamma_regularizer, options_.gamma_constraint));
    if (options_.center && !options_.rms_scaling)
      beta_ = this->add_weight("beta", weights, options_.beta_initializer,
                               detail::weight_options<Scalar>(options_.beta_regularizer, options_.beta_constraint));
  }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    const Tensor<Scalar> gamma = detail::value_or_none(gamma_), beta = detail::value_or_none(beta_);
    const auto epsilon = static_cast<Scalar>(options_.epsilon);
    if (!options_.rms_scaling) return detail::normalized_over(x, axes_, gamma, beta, true, epsilon);
    const ReduceOptions together{.axes = axes_, .keepdims = true};
    Shape stretched = x.shape();
    for (Index i = 0; i < stretched.rank(); ++i)
      if (std::find(axes_.begin(), axes_.end(), i) == axes_.end()) stretched[i] = 1;
    const Tensor<Scalar> variance = mean(square(x - mean(x, together)), together);
    return x / sqrt(variance + epsilon) * reshape(gamma, stretched);
  }
  Shape compute_output_shape(const Shape& input) const override { return input; }

 protected:
  void check_input(const Shape& input) const override { detail::check_built_axes(input, shape_, axes_); }

 private:
  LayerNormalizationOptions options_;
  std::vector<Index> axes_;
  Shape shape_;  // of the input that the weights were made for
  Variable<Scalar> gamma_, beta_;
};

}  // namespace lamina
