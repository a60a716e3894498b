#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/layers/normalization/normalization_weights.hpp"

namespace lamina {

/// The options of GroupNormalization.
struct GroupNormalizationOptions {
  /// Number of groups, a divisor of the number of channels; -1 for one group per channel (instance normalization).
  /// Default: 32.
  Index groups = 32;
  Index axis = -1;                                          ///< Axis of the channels; not the batch axis. Default: -1.
  double epsilon = 1e-3;                                    ///< Number added to the variance; >= 0. Default: 0.001.
  bool center = true;                                       ///< If true, adds an offset beta. Default: true.
  bool scale = true;                                        ///< If true, multiplies by a scale gamma. Default: true.
  Initializer beta_initializer = Initializer::of<Zeros>();  ///< Initializer of beta. Default: Zeros.
  Initializer gamma_initializer = Initializer::of<Ones>();  ///< Initializer of gamma. Default: Ones.
  Regularizer beta_regularizer = {};                        ///< Penalty on beta. Default: none.
  Regularizer gamma_regularizer = {};                       ///< Penalty on gamma. Default: none.
  Constraint beta_constraint = {};                          ///< Constraint on beta after each update. Default: none.
  Constraint gamma_constraint = {};                         ///< Constraint on gamma after each update. Default: none.
  std::string name = {};                                    ///< Name of the layer. Default: made from the class name.

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("groups", self.groups);
    field("axis", self.axis);
    detail::offset_and_scale_fields(self, field);
  }
};

/// Normalizes groups of channels of each sample: y = (x - mean) / √(variance + epsilon) gamma + beta, where mean and
/// variance are those of all elements of one sample and group. Keras's `keras.layers.GroupNormalization` (Wu and He,
/// 2018).
/// Shapes: x and y (batch, axes...), gamma and beta (channels,). Throws a ValueError if the groups do not divide the
/// channels, a ShapeError for an input of another rank or number of channels.
template <class Scalar = float>
class GroupNormalization : public detail::NormalizationLayer<Scalar> {
 public:
  using Arguments = GroupNormalizationOptions;
  /// Constructs the layer for a number of groups.
  LAMINA_COLD explicit GroupNormalization(Index groups)
      : GroupNormalization(GroupNormalizationOptions{.groups = groups}) {}
  /// Constructs the layer.
  LAMINA_COLD explicit GroupNormalization(GroupNormalizationOptions options = {}) : options_(std::move(options)) {
    if (options_.groups < 1 && options_.groups != -1)
      raise<ValueError>("GroupNormalization: expected groups >= 1, or -1 for one per channel, got ", options_.groups);
    detail::check_not_negative(options_.epsilon, "epsilon", "GroupNormalization");
    this->set_name(options_.name);
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "GroupNormalization"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(options_); }

  LAMINA_COLD void build(const Shape& input) override {
    const Index axis = detail::axes_in_order("axis", {options_.axis}, input)[0];
    if (axis == 0) raise<ValueError>("axis: expected an axis other than the batch axis, got 0 for shape ", input);
    const Index channels = input[axis];
    if (options_.groups == -1) options_.groups = channels;
    if (channels == unknown_size || channels % options_.groups != 0)
      raise<ValueError>("expected a number of channels that is a multiple of groups = ", options_.groups, ", got ",
                        channels, " along axis ", axis, " of shape ", input);
    this->add_gamma_and_beta(this->set_axes(std::vector<Index>{axis}, input), options_, options_.scale,
                             options_.center);
  }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    const Index axis = this->axes()[0];
    detail::Grouping v = detail::grouping_along(x.shape().slice(1), axis - 1);
    v.samples = x.shape()[0];
    v.groups = options_.groups;
    v.members = x.shape()[axis] / options_.groups;
    return detail::normalized(x, this->gamma(), this->beta(), v, true, static_cast<Scalar>(options_.epsilon));
  }

 private:
  GroupNormalizationOptions options_;
};

}  // namespace lamina
