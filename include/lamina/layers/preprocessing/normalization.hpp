#pragma once
#include "lamina/core/check_options.hpp"
#include "lamina/core/one_or_more.hpp"
#include "lamina/layers/normalization/normalization_weights.hpp"

namespace lamina {

/// An optional array of numbers, as an option: a number, a list of numbers, or a tensor.
class Numbers {
 public:
  Numbers() noexcept {}  ///< Constructs no array.
  /// Constructs an array of rank 0.
  template <Arithmetic T>
  Numbers(T one) : values_(static_cast<double>(one)) {}  // NOLINT: a number converts to an array
  /// Constructs an array of rank 1.
  Numbers(std::initializer_list<double> values) : values_(Tensor<double>(values)) {}  // NOLINT
  /// Constructs an array from a tensor.
  Numbers(const Tensor<double>& values) : values_(values.detached()) {}  // NOLINT
  /// Constructs an array from a tensor.
  Numbers(const Tensor<float>& values) : values_(values.cast<double>()) {}  // NOLINT

  bool given() const noexcept { return values_.defined(); }          ///< True unless default-constructed.
  const Tensor<double>& values() const noexcept { return values_; }  ///< Returns the array; undefined if not given.

  /// Returns null, a number, or nested lists of numbers.
  LAMINA_COLD Config to_config() const {
    Index at = 0;
    return given() ? nested(0, at) : Config();
  }
  /// Reads a value that `to_config` returned. Throws a ValueError for nested lists of different lengths.
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
  /// Axes with a mean and a variance for each position; `{}` for one mean and variance of all elements. Default: -1,
  /// the last.
  OneOrMore<Index> axis = -1;
  Numbers mean = {};      ///< Means along the axes; set together with the variances. Default: computed by `adapt`.
  Numbers variance = {};  ///< Variances along the axes; >= 0. Default: computed by `adapt`.
  bool invert = false;    ///< If true, computes the inverse: y = x √variance + mean. Default: false.
  std::string name = {};  ///< Name of the layer. Default: made from the class name.

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

/// Standardizes features to mean 0 and variance 1: y = (x - mean) / max(√variance, 10⁻⁷), or with `invert` y = mean + x
/// max(√variance, 10⁻⁷). Keras's `keras.layers.Normalization`. Mean and variance are options, or `adapt` computes them.
/// Shapes: x and y (batch, axes..., features), mean and variance the axes of `axis`, by default (features,). Throws a
/// ValueError or ShapeError for wrong options, a ShapeError for an input of another rank or other sizes along the axes.
///
///     Normalization normalize;      // along the last axis
///     normalize.adapt(xs);          // before the model is trained
template <class Scalar = float>
class Normalization : public Layer<Scalar> {
 public:
  using Arguments = NormalizationOptions;
  /// Constructs the layer. Set both mean and variance, or neither.
  LAMINA_COLD explicit Normalization(NormalizationOptions options = {}) : options_(std::move(options)) {
    const Numbers &mean = options_.mean, &variance = options_.variance;
    if (mean.given() != variance.given())
      raise<ValueError>("Normalization: expected both mean and variance or neither, got ",
                        mean.given() ? "mean" : "variance", " alone");
    if (mean.given() && mean.values().shape() != variance.values().shape())
      raise<ShapeError>("Normalization: expected mean and variance of the same shape, got ", mean.values().shape(),
                        " and ", variance.values().shape());
    for (Index i = 0; mean.given() && i < mean.values().size(); ++i) {
      detail::check_finite(mean.values()[i], "mean", "Normalization");
      detail::check_not_negative(variance.values()[i], "variance", "Normalization");
    }
    const auto axes = static_cast<Index>(options_.axis.values().size());
    if (mean.given() && mean.values().rank() > axes)
      raise<ShapeError>("Normalization: expected a mean of at most ", axes, " axes, the length of `axis`, got shape ",
                        mean.values().shape());
    this->set_name(options_.name);
    this->set_supports_masking(true);
  }
  std::string class_name() const override { return "Normalization"; }
  LAMINA_COLD Config get_config() const override { return this->config_with(options_); }

  LAMINA_COLD void build(const Shape& input) override {
    axes_ = detail::axes_in_order("axis", options_.axis.values(), input);
    shape_ = input;
    broadcast_shape_ = input;
    Shape kept;
    for (Index i = 0; i < input.rank(); ++i)
      if (std::find(axes_.begin(), axes_.end(), i) == axes_.end())
        broadcast_shape_[i] = 1;
      else
        kept.push_back(input[i]);
    if (!kept.is_known())
      raise<ValueError>("axis: expected axes of known size, got an axis None of an input of shape ", input,
                        ". Choose axes of a sample, or axis = {} for one mean of all elements.");
    if (!options_.mean.given()) {
      const WeightOptions<Scalar> fixed{.trainable = false};
      mean_ = this->add_weight("mean", kept, Initializer::of<Zeros>(), fixed);
      variance_ = this->add_weight("variance", kept, Initializer::of<Ones>(), fixed);
      this->add_weight("count", {}, Initializer::of<Zeros>(), fixed);  // unused; Keras's files contain it
      return;
    }
    mean_ = Variable<Scalar>(spread(options_.mean, kept), "mean", false);
    variance_ = Variable<Scalar>(spread(options_.variance, kept), "variance", false);
  }

  /// Computes mean and variance of data; replaces earlier ones. Throws a StateError if they were set as options, a
  /// ValueError for empty data. Keras's `adapt`.
  void adapt(const Tensor<Scalar>& data) { adapt(std::vector<Tensor<Scalar>>{data}); }
  /// As above, for data in batches.
  void adapt(const std::vector<Tensor<Scalar>>& batches) {
    if (options_.mean.given())
      raise<StateError>(this->where("adapt"),
                        "expected a layer without mean and variance, got one with both. Leave them out to adapt.");
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
        const Scalar weight = static_cast<Scalar>(v.outer) / static_cast<Scalar>(count + v.outer), rest = 1 - weight;
        const Tensor<Scalar> joint = mean * rest + own_mean * weight;
        variance = (variance + square(mean - joint)) * rest + (own_variance + square(own_mean - joint)) * weight;
        mean = joint;
      }
      count += v.outer;
    }
    mean_.assign(reshape(mean, mean_.shape()));
    variance_.assign(reshape(variance, mean_.shape()));
  }

  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    const Tensor<Scalar> mean = reshape(mean_, broadcast_shape_);
    const Tensor<Scalar> deviation = maximum(sqrt(reshape(variance_, broadcast_shape_)), static_cast<Scalar>(1e-7));
    return options_.invert ? mean + x * deviation : (x - mean) / deviation;
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override { return input; }

 protected:
  void check_input(const Shape& input) const override { detail::check_built_axes(input, shape_, axes_); }

 private:
  /// Broadcasts the values of an option to the shape of the axes, aligned at the last axis.
  static Tensor<Scalar> spread(const Numbers& given, const Shape& kept) {
    const Tensor<double>& values = given.values();
    return broadcast_to(values.template cast<Scalar>(), kept);
  }
  NormalizationOptions options_;
  std::vector<Index> axes_;
  Shape shape_, broadcast_shape_;  // of the input, and the same with size 1 for the axes that are averaged over
  Variable<Scalar> mean_, variance_;
};

}  // namespace lamina
