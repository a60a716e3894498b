#pragma once
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "lamina/core/classify.hpp"
#include "lamina/layers/preprocessing/category_encoding.hpp"

namespace lamina {

/// The options of Discretization.
struct DiscretizationOptions {
  /// Boundaries between bins, in ascending order. Set either this or num_bins. Default: none.
  std::vector<double> bin_boundaries = {};
  /// Number of bins whose boundaries `adapt` computes; >= 1. Default: none.
  std::optional<Index> num_bins = std::nullopt;
  /// Error of the quantiles that `adapt` computes, as a fraction of the data; 0 < epsilon < 1. Default: 0.01.
  double epsilon = 0.01;
  /// "int", "one_hot", "multi_hot" or "count". Default: "int".
  CategoryOutput output_mode = CategoryOutput::integer;
  std::string name = {};  ///< Name of the layer. Default: made from the class name.

  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    auto boundaries = self.bin_boundaries.empty() ? std::nullopt : std::optional(self.bin_boundaries);
    field("bin_boundaries", boundaries);
    if constexpr (!std::is_const_v<Self>) self.bin_boundaries = boundaries.value_or(std::vector<double>());
    field("num_bins", self.num_bins);
    field("epsilon", self.epsilon);
    field("output_mode", self.output_mode);
    bool sparse = false;
    field("sparse", sparse);
  }
};

namespace detail {

/// A quantile sketch, as in Keras: a sorted sample of numbers, and the number of values that each represents. Real is
/// float, as in Keras.
template <class Real>
class QuantileSketch {
 public:
  bool empty() const noexcept { return values_.empty(); }

  /// Constructs the sketch of the elements of a tensor.
  template <class S>
  QuantileSketch(const Tensor<S>& x, double epsilon) {
    std::vector<Real> sorted(x.data(), x.data() + x.size());
    std::sort(sorted.begin(), sorted.end());
    const double step = (std::max)(static_cast<double>(sorted.size()) / (1.0 / epsilon), 1.0);
    for (auto i = static_cast<std::size_t>(step - 1); i < sorted.size(); i += static_cast<std::size_t>(step)) {
      values_.push_back(sorted[i]);
      weights_.push_back(static_cast<Real>(step));
    }
  }
  QuantileSketch() = default;

  /// Merges another sketch, and keeps about 1 / epsilon numbers.
  void merge(const QuantileSketch& other, double epsilon) {
    std::vector<Real> values, weights;
    for (std::size_t i = 0, j = 0; i < other.values_.size() || j < values_.size();) {
      const bool own = i == other.values_.size() || (j < values_.size() && values_[j] < other.values_[i]);
      values.push_back(own ? values_[j] : other.values_[i]);
      weights.push_back(own ? weights_[j++] : other.weights_[i++]);
    }
    values_ = std::move(values);
    weights_ = std::move(weights);
    compress(epsilon);
  }
  /// Returns the boundaries of bins with equal numbers of values: the quantiles 1/bins, 2/bins, ...
  std::vector<double> boundaries(Index bins) const {
    QuantileSketch quantiles = *this;
    quantiles.compress(1.0 / static_cast<double>(bins));
    if (!quantiles.values_.empty()) quantiles.values_.pop_back();
    return {quantiles.values_.begin(), quantiles.values_.end()};
  }

 private:
  void compress(double epsilon) {
    if (static_cast<double>(values_.size()) * epsilon < 1) return;
    std::vector<double> totals, fractions;
    Real total = 0;
    for (const Real weight : weights_) totals.push_back(total += weight);
    for (const double t : totals) fractions.push_back(static_cast<Real>(t) / total);
    std::vector<Real> values, weights;
    double before = 0;
    const auto count = static_cast<Index>(std::ceil(1.0 / epsilon));
    for (Index i = 0; i < count; ++i) {
      const double fraction = epsilon + static_cast<double>(i) * epsilon;
      values.push_back(static_cast<Real>(interpolate(fraction, fractions, values_)));
      const double at = interpolate(fraction, fractions, totals);
      weights.push_back(static_cast<Real>(at - before));
      before = at;
    }
    values_ = std::move(values);
    weights_ = std::move(weights);
  }
  /// Linear interpolation between the points (x, y), constant outside of them.
  template <class Y>
  static double interpolate(double at, const std::vector<double>& x, const std::vector<Y>& y) {
    const auto next = static_cast<std::size_t>(std::upper_bound(x.begin(), x.end(), at) - x.begin());
    if (next == 0) return y.front();
    if (next == x.size()) return y.back();
    const double low = y[next - 1], slope = (y[next] - low) / (x[next] - x[next - 1]);
    return slope * (at - x[next - 1]) + low;
  }
  std::vector<Real> values_, weights_;
};

}  // namespace detail

/// Maps numbers to the indices of bins: y = i if boundary[i - 1] <= x < boundary[i], where bin 0 begins at -infinity
/// and the last bin ends at infinity. Keras's `keras.layers.Discretization`. The boundaries are given, or `adapt`
/// computes them, so that all bins contain equal numbers of values. The output has no gradient.
/// Shapes: y has the shape of x; with an `output_mode` other than "int", as CategoryEncoding with one category per bin.
/// Throws a ValueError for wrong options, a StateError for a call without boundaries.
///
///     Discretization({.bin_boundaries = {0, 1, 2}})
///     Discretization ages({.num_bins = 4, .output_mode = "one_hot"});   ages.adapt(xs);
template <class Scalar = float>
class Discretization : public Layer<Scalar> {
 public:
  /// Constructs the layer. Set either bin_boundaries or num_bins.
  LAMINA_COLD explicit Discretization(DiscretizationOptions options) : options_(std::move(options)) {
    if (options_.num_bins.has_value() == !options_.bin_boundaries.empty())
      raise<ValueError>("Discretization: expected either bin_boundaries or num_bins, got ",
                        options_.num_bins ? "both" : "neither");
    check_options();
  }
  /// Constructs the layer that `get_config` describes; after `adapt` that has both num_bins and bin_boundaries.
  static Discretization from_config(const Config& config) {
    auto options = arguments_from<DiscretizationOptions>("Discretization", config, {"name", "trainable", "dtype"});
    if (!options.num_bins || options.bin_boundaries.empty()) return Discretization(std::move(options));
    std::vector<double> found = std::move(options.bin_boundaries);
    options.bin_boundaries.clear();
    Discretization layer(std::move(options));
    layer.options_.bin_boundaries = std::move(found);
    layer.check_options();
    return layer;
  }
  std::string class_name() const override { return "Discretization"; }
  LAMINA_COLD Config get_config() const override {
    Config config = config_of(options_);
    config["name"] = this->name();
    config["dtype"] = Layer<Scalar>::get_config().at("dtype");
    return config;
  }

  /// Computes the boundaries from data; replaces earlier ones. Throws a StateError if bin_boundaries were set, a
  /// ValueError for empty data. Keras's `adapt`.
  void adapt(const Tensor<Scalar>& data) { adapt(std::vector<Tensor<Scalar>>{data}); }
  /// As above, for data in batches.
  void adapt(const std::vector<Tensor<Scalar>>& batches) {
    if (!options_.num_bins)
      raise<StateError>(this->where("adapt"),
                        "expected a layer with num_bins, got one with bin_boundaries. Set num_bins.");
    using Sketch = detail::QuantileSketch<float>;
    Sketch sketch;
    for (const Tensor<Scalar>& batch : batches) sketch.merge(Sketch(batch, options_.epsilon), options_.epsilon);
    if (sketch.empty()) raise<ValueError>(this->where("adapt"), "expected data, got none");
    options_.bin_boundaries = sketch.boundaries(*options_.num_bins);
  }
  /// Returns the boundaries between bins; empty before `adapt`.
  const std::vector<double>& bin_boundaries() const noexcept { return options_.bin_boundaries; }

  Tensor<Scalar> call(const Tensor<Scalar>& x) const override {
    if (options_.num_bins && options_.bin_boundaries.empty() && *options_.num_bins > 1)
      raise<StateError>("expected boundaries of bins, got none. Call `adapt` with data first, or set bin_boundaries.");
    Tensor<Scalar> bins = Tensor<Scalar>::empty(x.shape());
    Scalar* out = detail::TensorAccess::data(bins);
    const auto& all = options_.bin_boundaries;
    for (Index i = 0; i < x.size(); ++i)
      out[i] = static_cast<Scalar>(
          std::upper_bound(all.begin(), all.end(), x[i],
                           [](Scalar value, double boundary) { return value < static_cast<Scalar>(boundary); }) -
          all.begin());
    return detail::encode_categories(bins, options_.output_mode, depth(), Tensor<Scalar>());
  }
  LAMINA_COLD Shape compute_output_shape(const Shape& input) const override {
    return detail::encoded_shape(input, options_.output_mode, depth());
  }

 private:
  void check_options() const {
    if (options_.num_bins && *options_.num_bins < 1)
      raise<ValueError>("Discretization: expected num_bins >= 1, got ", *options_.num_bins);
    if (!(detail::above(options_.epsilon, 0) && detail::below(options_.epsilon, 1)))
      raise<ValueError>("Discretization: expected 0 < epsilon < 1, got ", options_.epsilon);
    const std::vector<double>& all = options_.bin_boundaries;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (!detail::at_least(all[i], all[i == 0 ? 0 : i - 1]))  // false if the first one is NaN
        raise<ValueError>("Discretization: expected bin_boundaries in ascending order, got ", all[i], " at index ", i);
  }
  Index depth() const {
    return options_.bin_boundaries.empty() ? options_.num_bins.value_or(1)
                                           : static_cast<Index>(options_.bin_boundaries.size()) + 1;
  }
  DiscretizationOptions options_;
};

}  // namespace lamina
