#pragma once
#include <string>
#include <utility>
#include <vector>

#include "lamina/core/arguments.hpp"
#include "lamina/core/list.hpp"
#include "lamina/core/names.hpp"
#include "lamina/core/target_rule.hpp"
#include "lamina/core/tensor.hpp"
#include "lamina/metrics/sample_weights.hpp"
#include "lamina/ops/excluded_samples.hpp"

namespace lamina {

/// Options of metrics whose only option is the name.
struct MetricOptions {
  std::string name = {};  ///< Name of the metric in logs. Empty: the default name, such as "hinge".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("name", self.name);
  }
};

namespace detail {
inline std::string name_or(const std::string& name, const char* otherwise) { return name.empty() ? otherwise : name; }
}  // namespace detail

/// Whether larger or smaller values of a metric are better. Keras: `_direction`.
enum class MetricDirection {
  unknown,  ///< Unknown: callbacks that monitor the metric require a `mode`.
  down,     ///< Smaller is better: losses, errors.
  up        ///< Larger is better: accuracies, scores.
};

/// Base class of all metrics: accumulates a statistic of targets and predictions over batches. Keras:
/// `keras.metrics.Metric`.
///
///     metric.update_state(y_true, y_pred);   // for every batch
///     metric.result();                       // over all batches since the last reset_state
///     metric.reset_state();
///
/// Every metric weights its samples with `sample_weight`: the shape is (batch,), or that of the first axes of the
/// predictions; other shapes throw ShapeError.
template <class Scalar = float>
class Metric {
 public:
  using scalar_type = Scalar;   ///< Element type of targets and predictions.
  using StrategyBase = Metric;  ///< Type that registered names and configurations create.
  /// Constructs a metric with a name.
  explicit Metric(std::string name) : name_(std::move(name)) {}
  virtual ~Metric() = default;

  /// Returns the name of the metric in logs.
  const std::string& name() const noexcept { return name_; }
  /// Sets the name of the metric in logs.
  void set_name(std::string name) { name_ = std::move(name); }

  /// Returns the name of the class, such as "BinaryAccuracy".
  virtual std::string class_name() const = 0;
  /// Returns the options by their Keras names.
  LAMINA_COLD virtual Config get_config() const {
    Config config = Config::map();
    config["name"] = name_;
    return config;
  }
  /// Returns whether larger or smaller values are better, which callbacks that monitor the metric use. Default:
  /// unknown.
  virtual MetricDirection direction() const { return MetricDirection::unknown; }
  /// Accumulates a batch of targets and predictions with optional sample weights.
  virtual void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                            const Tensor<Scalar>& sample_weight = {}) = 0;
  /// Accumulates a batch of predictions with a mask: masked samples have a weight of 0. In Keras, only metrics that are
  /// a mean over samples use the mask.
  virtual void update_masked_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                                   const Tensor<Scalar>& sample_weight, const Tensor<Scalar>& mask) {
    const Shape& longer = sample_weight.rank() > mask.rank() ? sample_weight.shape() : mask.shape();
    update_state(y_true, y_pred, detail::masked_weight(sample_weight, mask, longer, class_name()));
  }
  /// Accumulates a batch as `fit` and `evaluate` do: first reshapes targets and predictions to the same rank, as
  /// `Loss::operator()` does, and replaces NaN and infinity of samples whose weight or mask is 0. Weight and mask may
  /// be undefined.
  void update_with_batch(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                         const Tensor<Scalar>& sample_weight, const Tensor<Scalar>& mask) {
    const auto [t, p] = prepared(y_true, y_pred, sample_weight, mask);
    if (mask.defined())
      update_masked_state(t, p, sample_weight, mask);
    else
      update_state(t, p, sample_weight);
  }
  /// Returns the metric as one number, for logs: the mean of `results()`, as in Keras's progress bar.
  virtual double result() const = 0;
  /// Returns what `result` returns in Keras: a tensor of rank 0, or one number per class or threshold.
  virtual Tensor<double> results() const { return Tensor<double>(result()); }
  /// Sets the accumulated variables to 0.
  virtual void reset_state() {
    for (State& s : states_) s.values.assign(s.values.size(), 0.0);
  }

  /// Returns copies of the accumulated variables.
  LAMINA_COLD virtual std::vector<Tensor<double>> variables() const {
    std::vector<Tensor<double>> all;
    for (const State& s : states_) all.push_back(Tensor<double>::from(s.values.data(), s.shape));
    return all;
  }
  /// Returns the Keras names of the accumulated variables, in the order of `variables`.
  LAMINA_COLD virtual std::vector<std::string> variable_names() const {
    std::vector<std::string> names;
    for (const State& s : states_) names.push_back(s.name);
    return names;
  }

 protected:
  /// Returns what the metric expects of its targets; see TargetRule.
  virtual TargetRule target_rule() const { return {}; }
  /// Returns the axis of the predictions that the metric reduces, which weights and masks do not have. Default: -1.
  virtual Index reduced_axis() const { return -1; }
  /// Returns targets and predictions of the same rank, detached from the tape, with NaN and infinity of excluded
  /// samples replaced.
  detail::TargetsAndPredictions<Scalar> prepared(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                                                 const Tensor<Scalar>& sample_weight,
                                                 const Tensor<Scalar>& mask) const {
    detail::TargetsAndPredictions<Scalar> both{y_true.detached(), y_pred.detached()};
    if (y_true.rank() != y_pred.rank() && target_rule().matched)
      both = detail::match_targets(both.t, both.p, class_name());
    if (!detail::ExcludedSamples<Scalar>::any(sample_weight, mask)) return both;
    detail::ExcludedSamples<Scalar> excluded(sample_weight, mask);
    excluded.replace_bad(both.t, both.p, reduced_axis(), target_rule());
    return both;
  }
  /// Creates an accumulated variable of zeros; returns its index.
  LAMINA_COLD std::size_t add_variable(const char* name, const Shape& shape) {
    states_.push_back({name, shape, std::vector<double>(static_cast<std::size_t>(shape.size()), 0.0)});
    return states_.size() - 1;
  }
  /// Returns whether variable i exists.
  bool has_variable(std::size_t i) const noexcept { return i < states_.size(); }
  /// Returns the elements of variable i, in row-major order.
  std::vector<double>& variable(std::size_t i) { return states_[i].values; }
  /// Returns the elements of variable i, in row-major order.
  const std::vector<double>& variable(std::size_t i) const { return states_[i].values; }
  /// Returns the shape of variable i.
  const Shape& variable_shape(std::size_t i) const { return states_[i].shape; }

 private:
  struct State {
    std::string name;
    Shape shape;
    std::vector<double> values;
  };
  std::string name_;
  List<State> states_;
};

/// Base class of metrics with an options struct: stores it and writes it to the configuration.
template <class Base, class Options>
class MetricWith : public Base {
 public:
  using Arguments = Options;  ///< The options struct, which configurations are read into.
  /// Constructs the metric from its options and its default name.
  MetricWith(Options options, const char* name)
      : Base(detail::name_or(options.name, name)), options_(std::move(options)) {}
  LAMINA_COLD Config get_config() const override {
    Config config = config_of(options_);
    config["name"] = this->name();
    return config;
  }
  /// Returns the options.
  const Options& arguments() const noexcept { return options_; }

 protected:
  Index reduced_axis() const override {
    if constexpr (requires { Index(options_.axis); })
      return options_.axis;
    else
      return -1;
  }
  Options options_;  ///< The options given at construction.
};

}  // namespace lamina
