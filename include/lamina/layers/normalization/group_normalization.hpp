#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/layers/normalization/normalization_weights.hpp"

namespace lamina {

/// The options of GroupNormalization.
struct GroupNormalizationOptions {
  /// Number of groups; it divides the channels. -1: one group per channel, instance normalization. Default: 32.
  Index groups = 32;
  Index axis = -1;                                          ///< Axis of the channels. Default: the last.
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

/// Groups of channels of every sample normalized together: y = (x - mean) / √(variance + epsilon) gamma + beta, mean
/// and variance those of all elements of a sample's group. Keras's GroupNormalization (Wu and He, 2018). Shapes: gamma
/// and beta (channels,); y as x.
template <class Scalar = float>
class GroupNormalization : public Layer<Scalar> {
 public:
  using Arguments = GroupNormalizationOptions;
  explicit GroupNormalization(Index groups) : GroupNormalization(GroupNormalizationOptions{.groups = groups}) {}
  explicit GroupNormalization(GroupNormalizationOptions options = {}) : options_(std::move(options)) {
    if (options_.groups < 1 && options_.groups != -1)
      raise<ValueError>("GroupNormalization: expected groups >= 1, or -1 for one a channel, got ", options_.groups);
    detail::check_not_negative(options_.epsilon, "epsilon", "GroupNormalization");
    this->set_name(options_.name);
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "GroupNormalization"; }
  Config get_config() const override { return this->config_with(options_); }

  void build(const Shape& input) override {
    axes_ = detail::axes_in_order("axis", {options_.axis}, input);
    if (axes_[0] == 0) raise<ValueError>("axis must be one of a sample's, got the batch axis of shape ", input);
    const Index channels = input[axes_[0]];
    if (options_.groups == -1) options_.groups = channels;
    if (channels == unknown_size || channels % options_.groups != 0)
      raise<ValueError>("the ", channels, " channels along axis ", axes_[0], " of an input of shape ", input,
                        " do not divide into ", options_.groups, " groups");
    shape_ = input;
    if (options_.scale)
      gamma_ = this->add_weight("gamma", {channels}, options_.gamma_initializer,
                                detail::weight_options<Scalar>(options_.gamma_regularizer, options_.gamma_constraint));
    if (options_.center)
      beta_ = this->add_weight("beta", {channels}, options_.beta_initializer,
                               detail::weight_options<Scalar>(options_.beta_regularizer, options_.beta_constraint));
  }
  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    detail::Grouping v = detail::grouping_along(x.shape().slice(1), axes_[0] - 1);
    v.samples = x.shape()[0];
    v.groups = options_.groups;
    v.members = x.shape()[axes_[0]] / options_.groups;
    return detail::normalized(x, detail::value_or_none(gamma_), detail::value_or_none(beta_), v, true,
                              static_cast<Scalar>(options_.epsilon));
  }
  Shape compute_output_shape(const Shape& input) const override { return input; }

 protected:
  void check_input(const Shape& input) const override { detail::check_built_axes(input, shape_, axes_); }

 private:
  GroupNormalizationOptions options_;
  std::vector<Index> axes_;  // the channels'
  Shape shape_;              // of the input that the weights were made for
  Variable<Scalar> gamma_, beta_;
};

}  // namespace lamina
