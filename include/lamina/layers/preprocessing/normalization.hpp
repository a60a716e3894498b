#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/core/one_or_more.hpp"
#include "lamina/layers/normalization/normalization_weights.hpp"

namespace lamina {

/// Numbers as Keras takes them where an array is meant: none, one, a list, lists of lists, or a tensor.
class Numbers {
 public:
  Numbers() noexcept {}
  template <Arithmetic T>
  Numbers(T one) : values_(static_cast<double>(one)) {}                               // NOLINT: a number stands for one
  Numbers(std::initializer_list<double> values) : values_(Tensor<double>(values)) {}  // NOLINT
  Numbers(const Tensor<double>& values) : values_(values.detached()) {}               // NOLINT
  Numbers(const Tensor<float>& values) : values_(values.cast<double>()) {}            // NOLINT

  bool given() const noexcept { return values_.defined(); }
  const Tensor<double>& values() const noexcept { return values_; }

  LAMINA_COLD Config to_config() const {
    Index at = 0;
    return given() ? nested(0, at) : Config();
  }
  LAMINA_COLD void from_config(const Config& config) {
    values_ = Tensor<double>();
    if (config.is_null()) return;
    Shape shape;
    for (const Config* level = &config; level->is_list(); level = &(*level)[0]) {
      shape.push_back(static_cast<Index>(level->size()));
      if (level->size() == 0) break;
    }
    values_ = Tensor<double>::empty(shape);
    Index at = 0;
    read(config, shape, 0, at);
  }

 private:
  Config nested(Index axis, Index& at) const {
    if (axis == values_.rank()) return values_[at++];
    Config list = Config::list();
    for (Index i = 0; i < values_.shape()[axis]; ++i) list.push_back(nested(axis + 1, at));
    return list;
  }
  void read(const Config& config, const Shape& shape, Index axis, Index& at) {
    if (axis == shape.rank()) {
      values_.mutable_data()[at++] = config.as_real();
      return;
    }
    if (!config.is_list() || static_cast<Index>(config.size()) != shape[axis])
      raise<ValueError>("expected lists of equal lengths, got ", config.to_string());
    for (const Config& element : config.elements()) read(element, shape, axis + 1, at);
  }
  Tensor<double> values_;
};

/// The options of Normalization.
struct NormalizationOptions {
  /// Axes whose positions have a mean and a variance each; `{}`: one for all. Default: the last.
  OneOrMore<Index> axis = -1;
  Numbers mean = {};      ///< Means, given together with the variances. Default: found by `adapt`.
  Numbers variance = {};  ///< Variances; >= 0. Default: found by `adapt`.
  bool invert = false;    ///< If true, maps normalized values back. Default: false.
  std::string name = {};  ///< Name of the layer. Default: made from the class name.

  /// Reads or writes the arguments under Keras's names.
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    Config axes = Config::list();
    for (const Index axis : self.axis.values()) axes.push_back(axis);
    field("axis", axes);  // a list, as Keras writes it
    if constexpr (!std::is_const_v<Self>) {
      self.axis.from_config(axes);
    }
    field("invert", self.invert);
    field("mean", self.mean);
    field("variance", self.variance);
  }
};

/// Features shifted and scaled to mean 0 and variance 1, by a mean and a variance that are given or found in data:
/// y = (x - mean) / max(√variance, 10⁻⁷), or inverted, y = mean + x max(√variance, 10⁻⁷). Keras's Normalization.
///
///     Normalization normalize;      // along the last axis
///     normalize.adapt(xs);          // before the model is trained
template <class Scalar = float>
class Normalization : public Layer<Scalar> {
 public:
  using Arguments = NormalizationOptions;  ///< The constructor arguments.
  LAMINA_COLD explicit Normalization(NormalizationOptions options = {}) : options_(std::move(options)) {
    const Numbers &mean = options_.mean, &variance = options_.variance;
    if (mean.given() != variance.given())
      raise<ValueError>("Normalization: expected mean and variance together, or neither");
    if (mean.given() && mean.values().shape() != variance.values().shape())
      raise<ShapeError>("Normalization: expected mean and variance of one shape, got ", mean.values().shape(), " and ",
                        variance.values().shape());
    for (Index i = 0; mean.given() && i < mean.values().size(); ++i) {
      detail::check_finite(mean.values()[i], "mean", "Normalization");
      detail::check_not_negative(variance.values()[i], "variance", "Normalization");
    }
    const auto axes = static_cast<Index>(options_.axis.values().size());
    if (mean.given() && mean.values().rank() > axes)
      raise<ShapeError>("Normalization: mean has the shape ", mean.values().shape(), ", expected at most ", axes,
                        " axes, as `axis` names");
    this->set_name(options_.name);
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "Normalization"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(options_); }

  LAMINA_COLD void build(const Shape& input) override {
    axes_ = detail::axes_in_order("axis", options_.axis.values(), input);
    shape_ = input;
    stretched_ = input;
    Shape kept;
    for (Index i = 0; i < input.rank(); ++i)
      if (std::find(axes_.begin(), axes_.end(), i) == axes_.end())
        stretched_[i] = 1;
      else
        kept.push_back(input[i]);
    if (!kept.is_known())
      raise<ValueError>("axis names an axis of unknown size of an input of shape ", input,
                        ". Name axes of a sample, or none, axis = {}, for one mean of all numbers.");
    if (!options_.mean.given()) {
      const WeightOptions<Scalar> fixed{.trainable = false};
      mean_ = this->add_weight("mean", kept, Initializer::of<Zeros>(), fixed);
      variance_ = this->add_weight("variance", kept, Initializer::of<Ones>(), fixed);
      this->add_weight("count", {}, Initializer::of<Zeros>(), fixed);  // unused, as in Keras; its files have it
      return;
    }
    mean_ = Variable<Scalar>(spread(options_.mean, kept), "mean", false);
    variance_ = Variable<Scalar>(spread(options_.variance, kept), "variance", false);
  }

  /// Finds mean and variance in data, given at once or in batches. What was found before is forgotten.
  void adapt(const Tensor<Scalar>& data) { adapt(std::vector<Tensor<Scalar>>{data}); }
  void adapt(const std::vector<Tensor<Scalar>>& batches) {
    if (options_.mean.given())
      raise<StateError>(this->where("adapt"), "mean and variance were given already, and are not adapted to data");
    if (batches.empty() || batches.front().size() == 0)
      raise<ValueError>(this->where("adapt"), "expected data, got none");
    this->ensure_built(batches.front().shape());
    Tensor<Scalar> mean, variance;
    Index count = 0;
    for (const Tensor<Scalar>& batch : batches) {
      detail::check_built_axes(batch.shape(), shape_, axes_);
      const detail::AxesLast last(batch.shape(), axes_);
      detail::Grouping v;
      v.groups = mean_.size();
      v.outer = batch.size() / (std::max<Index>)(1, v.groups);
      Tensor<Scalar> own_mean, own_variance;
      detail::moments(last.moves ? detail::permute(batch.detached(), last.order) : batch, v, own_mean, own_variance);
      if (count == 0) {
        mean = own_mean;
        variance = own_variance;
      } else {
        const Scalar share = static_cast<Scalar>(v.outer) / static_cast<Scalar>(count + v.outer), before = 1 - share;
        const Tensor<Scalar> joined = mean * before + own_mean * share;
        variance = (variance + square(mean - joined)) * before + (own_variance + square(own_mean - joined)) * share;
        mean = joined;
      }
      count += v.outer;
    }
    mean_.assign(reshape(mean, mean_.shape()));
    variance_.assign(reshape(variance, mean_.shape()));
  }

  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    const Tensor<Scalar> mean = reshape(mean_, stretched_);
    const Tensor<Scalar> deviation = maximum(sqrt(reshape(variance_, stretched_)), static_cast<Scalar>(1e-7));
    return options_.invert ? mean + x * deviation : (x - mean) / deviation;
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override { return input; }

 protected:
  void check_input(const Shape& input) const override { detail::check_built_axes(input, shape_, axes_); }

 private:
  /// Given numbers at every position of the axes; they lie along the last of these.
  static Tensor<Scalar> spread(const Numbers& given, const Shape& kept) {
    const Tensor<double>& values = given.values();
    return broadcast_to(values.template cast<Scalar>(), kept);
  }
  NormalizationOptions options_;
  std::vector<Index> axes_;
  Shape shape_, stretched_;  // the input's, and the same with 1 for axes that share a mean
  Variable<Scalar> mean_, variance_;
};

}  // namespace lamina
