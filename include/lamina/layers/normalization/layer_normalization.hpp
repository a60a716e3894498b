#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/layers/normalization/normalization_weights.hpp"

namespace lamina {

/// The options of LayerNormalization.
struct LayerNormalizationOptions {
  OneOrMore<Index> axis = -1;                               ///< Axis or axes to normalize over. Default: -1, the last.
  double epsilon = 1e-3;                                    ///< Number added to the variance; >= 0. Default: 0.001.
  bool center = true;                                       ///< If true, adds an offset beta. Default: true.
  bool scale = true;                                        ///< If true, multiplies by a scale gamma. Default: true.
  Initializer beta_initializer = Initializer::of<Zeros>();  ///< Initializer of beta. Default: Zeros.
  Initializer gamma_initializer = Initializer::of<Ones>();  ///< Initializer of gamma. Default: Ones.
  Regularizer beta_regularizer = {};                        ///< Penalty on beta. Default: none.
  Regularizer gamma_regularizer = {};                       ///< Penalty on gamma. Default: none.
  Constraint beta_constraint = {};                          ///< Constraint on beta after each update. Default: none.
  Constraint gamma_constraint = {};                         ///< Constraint on gamma after each update. Default: none.
  bool rms_scaling = false;  ///< If true, y = x / √(variance + epsilon) gamma, without beta. Default: false.
  std::string name = {};     ///< Name of the layer. Default: made from the class name.

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("axis", self.axis);
    detail::offset_and_scale_fields(self, field);
    field("rms_scaling", self.rms_scaling);
  }
};

/// Normalizes each sample: y = (x - mean) / √(variance + epsilon) gamma + beta, where mean and variance are those of
/// the elements along one or several axes. Keras's `keras.layers.LayerNormalization` (Ba et al., 2016).
/// Shapes: x and y (batch, axes..., features), gamma and beta the normalized axes, by default (features,). Throws a
/// ValueError for an axis that the input does not have, a ShapeError for an input of another rank or other sizes along
/// the axes.
template <class Scalar = float>
class LayerNormalization : public detail::NormalizationLayer<Scalar> {
 public:
  using Arguments = LayerNormalizationOptions;
  /// Constructs the layer.
  LAMINA_COLD explicit LayerNormalization(LayerNormalizationOptions options = {}) : options_(std::move(options)) {
    if (!options_.axis.given()) raise<ValueError>("LayerNormalization: axis: expected at least one axis, got none");
    detail::check_not_negative(options_.epsilon, "epsilon", "LayerNormalization");
    this->set_name(options_.name);
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "LayerNormalization"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(options_); }

  LAMINA_COLD void build(const Shape& input) override {
    const Shape weights = this->set_axes(options_.axis, input);
    this->add_gamma_and_beta(weights, options_, options_.scale || options_.rms_scaling,
                             options_.center && !options_.rms_scaling);
  }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    const std::vector<Index>& axes = this->axes();
    const Tensor<Scalar> gamma = this->gamma();
    const auto epsilon = static_cast<Scalar>(options_.epsilon);
    if (!options_.rms_scaling) return detail::normalized_over(x, axes, gamma, this->beta(), true, epsilon);
    const ReduceOptions together{.axes = axes, .keepdims = true};
    Shape broadcast = x.shape();
    for (Index i = 0; i < broadcast.rank(); ++i)
      if (std::find(axes.begin(), axes.end(), i) == axes.end()) broadcast[i] = 1;
    const Tensor<Scalar> variance = mean(square(x - mean(x, together)), together);
    return x / sqrt(variance + epsilon) * reshape(gamma, broadcast);
  }

 private:
  LayerNormalizationOptions options_;
};

}  // namespace lamina
