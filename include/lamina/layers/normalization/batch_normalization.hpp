#pragma once
#include <limits>
#include <optional>

#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/layers/normalization/normalization_weights.hpp"

namespace lamina {

/// The bounds of the corrections r and d of batch renormalization. Keras's dictionary `renorm_clipping`.
struct RenormClipping {
  std::optional<double> rmax = std::nullopt;  ///< Largest r; >= rmin. Default: no bound.
  std::optional<double> rmin = std::nullopt;  ///< Smallest r. Default: no bound.
  std::optional<double> dmax = std::nullopt;  ///< Largest absolute value of d; >= 0. Default: no bound.
  /// Returns the bounds as a dictionary.
  LAMINA_COLD Config to_config() const {
    Config bounds;
    for (const auto& [name, bound] : {std::pair{"rmax", rmax}, std::pair{"rmin", rmin}, std::pair{"dmax", dmax}})
      if (bound) bounds[name] = *bound;
    return bounds;
  }
  /// Reads a dictionary, or null for no bounds. Throws a ValueError for an unknown key.
  LAMINA_COLD void from_config(const Config& config) {
    *this = RenormClipping();
    if (config.is_null()) return;
    ArgumentReader reader("renorm_clipping", config);
    reader("rmax", rmax);
    reader("rmin", rmin);
    reader("dmax", dmax);
    reader.finish();
  }
};

/// The options of BatchNormalization.
struct BatchNormalizationOptions {
  Index axis = -1;         ///< Axis of the channels. Default: -1, the last.
  double momentum = 0.99;  ///< Weight of the old moving statistics in an update; finite. Default: 0.99.
  double epsilon = 1e-3;   ///< Number added to the variance; >= 0. Default: 0.001.
  bool center = true;      ///< If true, adds an offset beta. Default: true.
  bool scale = true;       ///< If true, multiplies by a scale gamma. Default: true.
  Initializer beta_initializer = Initializer::of<Zeros>();  ///< Initializer of beta. Default: Zeros.
  Initializer gamma_initializer = Initializer::of<Ones>();  ///< Initializer of gamma. Default: Ones.
  /// Initializer of the moving mean. Default: Zeros.
  Initializer moving_mean_initializer = Initializer::of<Zeros>();
  /// Initializer of the moving variance. Default: Ones.
  Initializer moving_variance_initializer = Initializer::of<Ones>();
  Regularizer beta_regularizer = {};   ///< Penalty on beta. Default: none.
  Regularizer gamma_regularizer = {};  ///< Penalty on gamma. Default: none.
  Constraint beta_constraint = {};     ///< Constraint on beta after each update. Default: none.
  Constraint gamma_constraint = {};    ///< Constraint on gamma after each update. Default: none.
  /// If true, corrects the batch statistics by moving statistics (batch renormalization). Default: false.
  bool renorm = false;
  RenormClipping renorm_clipping = {};  ///< Bounds of the corrections of `renorm`. Default: none.
  double renorm_momentum = 0.99;        ///< Momentum of the moving statistics of `renorm`; finite. Default: 0.99.
  bool synchronized = false;            ///< No effect; for compatibility with Keras's configurations. Default: false.
  std::string name = {};                ///< Name of the layer. Default: made from the class name.

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("axis", self.axis);
    field("momentum", self.momentum);
    detail::offset_and_scale_fields(self, field);
    field("moving_mean_initializer", self.moving_mean_initializer);
    field("moving_variance_initializer", self.moving_variance_initializer);
    field("synchronized", self.synchronized);
    field("renorm", self.renorm);
    field("renorm_clipping", self.renorm_clipping);
    field("renorm_momentum", self.renorm_momentum);
  }
};

/// Normalizes each channel over the batch: y = (x - mean) / √(variance + epsilon) gamma + beta. Keras's
/// `keras.layers.BatchNormalization` (Ioffe and Szegedy, 2015; with `renorm` Ioffe, 2017).
///
/// In training, mean and variance are those of the batch, over all axes except `axis`, and the moving statistics are
/// updated: moving = momentum moving + (1 - momentum) batch. In inference, or if `trainable` is false, the moving
/// statistics are used and not updated. Steps that the mask of the input hides do not count in the batch statistics.
///
/// Shapes: x and y (batch, axes...), all weights (channels,), the mask all axes of x but the last. Throws a ValueError
/// for options out of range, a ShapeError for an input of another rank or number of channels.
template <class Scalar = float>
class BatchNormalization : public detail::NormalizationLayer<Scalar> {
 public:
  using Arguments = BatchNormalizationOptions;
  /// Constructs the layer.
  LAMINA_COLD explicit BatchNormalization(BatchNormalizationOptions options = {}) : options_(std::move(options)) {
    const RenormClipping& clip = options_.renorm_clipping;
    detail::check_finite(options_.momentum, "momentum", "BatchNormalization");
    detail::check_not_negative(options_.epsilon, "epsilon", "BatchNormalization");
    detail::check_finite(options_.renorm_momentum, "renorm_momentum", "BatchNormalization");
    constexpr double lowest = -std::numeric_limits<double>::infinity(), highest = -lowest;
    const double &low = clip.rmin ? *clip.rmin : lowest, &high = clip.rmax ? *clip.rmax : highest;
    if (!detail::at_least(high, low))
      raise<ValueError>("BatchNormalization: renorm_clipping: expected rmin <= rmax, got ", low, " and ", high);
    if (clip.dmax && !detail::at_least(*clip.dmax, 0))
      raise<ValueError>("BatchNormalization: renorm_clipping: expected dmax >= 0, got ", *clip.dmax);
    this->set_name(options_.name);
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "BatchNormalization"; }
  LAMINA_COLD Config get_config() const override {
    Config config = this->config_with(options_);
    if (options_.renorm && config["renorm_clipping"].is_null()) config["renorm_clipping"] = Config::map();
    return config;
  }

  LAMINA_COLD void build(const Shape& input) override {
    const Shape channels = this->set_axes(std::vector<Index>{options_.axis}, input);
    this->add_gamma_and_beta(channels, options_, options_.scale, options_.center);
    const WeightOptions<Scalar> fixed{.trainable = false};
    moving_mean_ = this->add_weight("moving_mean", channels, options_.moving_mean_initializer, fixed);
    moving_variance_ = this->add_weight("moving_variance", channels, options_.moving_variance_initializer, fixed);
    if (!options_.renorm) return;
    moving_deviation_ = this->add_weight("moving_stddev", channels, Initializer::of<Zeros>(), fixed);
    renorm_mean_ = this->add_weight("renorm_mean", channels, Initializer::of<Zeros>(), fixed);
    renorm_deviation_ = this->add_weight("renorm_stddev", channels, Initializer::of<Zeros>(), fixed);
    moving_deviation_.assign(sqrt(moving_variance_.value()));
    renorm_mean_.assign(moving_mean_.value());
    renorm_deviation_.assign(moving_deviation_.value());
  }

  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    const detail::Grouping v = detail::grouping_along(x.shape(), this->axes()[0]);
    const auto epsilon = static_cast<Scalar>(options_.epsilon);
    Tensor<Scalar> gamma = this->gamma(), beta = this->beta();
    if (!CallContext::training() || !this->trainable())
      return detail::normalized_with(x, gamma, beta, moving_mean_.value(), moving_variance_.value(), v, {false, false},
                                     epsilon);
    const Tensor<Scalar> mask = this->mask_of(x);
    if (mask.defined()) return masked(x, mask, gamma, beta);
    Tensor<Scalar> mean, variance;
    detail::moments(x, v, mean, variance);
    if (options_.renorm) renormalize(mean, variance, gamma, beta);
    if (x.size() > 0) update_moving_statistics(mean, variance);
    return detail::normalized_with(x, gamma, beta, mean, variance, v, {true, true}, epsilon);
  }

 private:
  /// Normalizes by the statistics of the unmasked elements. Keras adds 1e-7 to their number.
  Tensor<Scalar> masked(const Tensor<Scalar>& x, const Tensor<Scalar>& mask, Tensor<Scalar> gamma,
                        Tensor<Scalar> beta) const {
    if (mask.rank() != x.rank() - 1)
      raise<ShapeError>("expected a mask of rank ", x.rank() - 1, " for an input of shape ", x.shape(), ", got shape ",
                        mask.shape(), ". Pass a mask without the last axis.");
    const Index axis = this->axes()[0];
    Shape expanded = mask.shape(), along;
    expanded.push_back(1);
    ReduceOptions together{.keepdims = true};
    for (Index i = 0; i < x.rank(); ++i) {
      along.push_back(i == axis ? x.shape()[i] : 1);
      if (i != axis) together.axes.push_back(i);
    }
    const Tensor<Scalar> kept = broadcast_to(reshape(mask, expanded), x.shape());
    const Tensor<Scalar> inverse_count = 1 / (sum(kept, together) + static_cast<Scalar>(1e-7));
    const Tensor<Scalar> mean = sum(where(kept, x, 0), together) * inverse_count, u = x - mean;
    const Tensor<Scalar> variance = sum(square(where(kept, u, 0)), together) * inverse_count;
    const Shape channels{x.shape()[axis]};
    const Tensor<Scalar> batch_mean = reshape(mean, channels).detached();
    const Tensor<Scalar> batch_variance = reshape(variance, channels).detached();
    if (options_.renorm) renormalize(batch_mean, batch_variance, gamma, beta);
    if (x.size() > 0) update_moving_statistics(batch_mean, batch_variance);
    Tensor<Scalar> y = u / sqrt(variance + static_cast<Scalar>(options_.epsilon));
    if (gamma.defined()) y = y * reshape(gamma, along);
    return beta.defined() ? y + reshape(beta, along) : y;
  }

  /// Batch renormalization: y = (x̂ r + d) gamma + beta = x̂ (r gamma) + (d gamma + beta), where the gradient treats r
  /// and d as constants. Replaces gamma by r gamma and beta by d gamma + beta.
  void renormalize(const Tensor<Scalar>& batch_mean, const Tensor<Scalar>& batch_variance, Tensor<Scalar>& gamma,
                   Tensor<Scalar>& beta) const {
    const RenormClipping& clip = options_.renorm_clipping;
    const auto epsilon = static_cast<Scalar>(options_.epsilon);
    const Shape channels = moving_mean_.shape();
    const Tensor<Scalar> deviation = sqrt(reshape(batch_variance, channels) + epsilon);
    const Tensor<Scalar> moving = maximum(renorm_deviation_.value(), std::sqrt(epsilon));
    Tensor<Scalar> r = deviation / moving, d = (reshape(batch_mean, channels) - renorm_mean_.value()) / moving;
    if (clip.rmin) r = maximum(r, static_cast<Scalar>(*clip.rmin));
    if (clip.rmax) r = minimum(r, static_cast<Scalar>(*clip.rmax));
    if (clip.dmax) d = maximum(minimum(d, static_cast<Scalar>(*clip.dmax)), static_cast<Scalar>(-*clip.dmax));
    const Tensor<Scalar> offset = gamma.defined() ? d * gamma : d;
    gamma = gamma.defined() ? r * gamma : r;
    beta = beta.defined() ? offset + beta : offset;
  }

  /// Updates the moving statistics, once for each batch.
  void update_moving_statistics(const Tensor<Scalar>& mean, const Tensor<Scalar>& variance) const {
    if (CallContext::recomputing()) return;
    move(moving_mean_, mean, options_.momentum);
    if (!options_.renorm) return move(moving_variance_, variance, options_.momentum);
    const Tensor<Scalar> deviation = sqrt(variance + static_cast<Scalar>(options_.epsilon));
    move(renorm_mean_, mean, options_.renorm_momentum);
    move(renorm_deviation_, deviation, options_.renorm_momentum);
    move(moving_deviation_, deviation, options_.momentum);
    moving_variance_.assign(relu(square(moving_deviation_.value()) - static_cast<Scalar>(options_.epsilon)));
  }
  static void move(const Variable<Scalar>& moving, const Tensor<Scalar>& to, double momentum) {
    const auto kept = static_cast<Scalar>(momentum), gain = static_cast<Scalar>(1.0 - momentum);
    const Scalar* from = moving.data();
    Scalar* out = moving.mutable_data();
    for (Index i = 0; i < to.size(); ++i) out[i] = from[i] * kept + to[i] * gain;
  }

  BatchNormalizationOptions options_;
  Variable<Scalar> moving_mean_, moving_variance_, moving_deviation_, renorm_mean_, renorm_deviation_;
};

}  // namespace lamina
