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

/// The arguments of metrics that have no others.
struct MetricOptions {
  std::string name = {};  ///< none: the metric's own
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("name", self.name);
  }
};

namespace detail {
inline std::string name_or(const std::string& name, const char* otherwise) { return name.empty() ? otherwise : name; }
}  // namespace detail

/// Which way a metric gets better: down (errors, losses), up (accuracies, scores), or unknown. Keras's `_direction`.
enum class MetricDirection { unknown, down, up };

/// The base of all metrics: a number about targets and predictions that is gathered batch by batch. Keras's Metric.
///
///     metric.update_state(y_true, y_pred);   // as often as there are batches
///     metric.result();                       // over all of them so far
///     metric.reset_state();
template <class Scalar = float>
class Metric {
 public:
  using scalar_type = Scalar;
  using StrategyBase = Metric;
  explicit Metric(std::string name) : name_(std::move(name)) {}
  virtual ~Metric() = default;

  const std::string& name() const noexcept { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }

  virtual std::string class_name() const = 0;
  /// The arguments under Keras's names.
  LAMINA_COLD virtual Config get_config() const {
    Config config = Config::map();
    config["name"] = name_;
    return config;
  }
  /// Which way the metric gets better: what callbacks that monitor it go by. Default: unknown, and they must be told.
  virtual MetricDirection direction() const { return MetricDirection::unknown; }
  /// Takes a batch in; sample weights, one a sample, multiply what each adds.
  virtual void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                            const Tensor<Scalar>& sample_weight = {}) = 0;
  /// Takes in a batch of predictions that have a mask: what the mask hides has a sample weight of 0. (In Keras only
  /// metrics that are a mean over samples heed the mask.)
  virtual void update_masked_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                                   const Tensor<Scalar>& sample_weight, const Tensor<Scalar>& mask) {
    const Shape& longer = sample_weight.rank() > mask.rank() ? sample_weight.shape() : mask.shape();
    update_state(y_true, y_pred, detail::masked_weight(sample_weight, mask, longer, class_name()));
  }
  /// Takes a batch in as `fit` and `evaluate` do: brings targets and predictions to one rank, as a Loss does, and
  /// leaves out what is not finite where the weight or the mask is 0. Weight and mask may be undefined.
  void update_with_batch(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                         const Tensor<Scalar>& sample_weight, const Tensor<Scalar>& mask) {
    const auto [t, p] = prepared(y_true, y_pred, sample_weight, mask);
    if (mask.defined())
      update_masked_state(t, p, sample_weight, mask);
    else
      update_state(t, p, sample_weight);
  }
  /// The metric as one number, for logs: of several results their mean, as Keras's progress bar shows them.
  virtual double result() const = 0;
  /// The metric as Keras gives it: of rank 0, or one number for each class or threshold.
  virtual Tensor<double> results() const { return Tensor<double>(result()); }
  virtual void reset_state() {
    for (State& s : states_) s.values.assign(s.values.size(), 0.0);
  }

  /// What is gathered, and the names Keras has for it.
  LAMINA_COLD virtual std::vector<Tensor<double>> variables() const {
    std::vector<Tensor<double>> all;
    for (const State& s : states_) all.push_back(Tensor<double>::from(s.values.data(), s.shape));
    return all;
  }
  LAMINA_COLD virtual std::vector<std::string> variable_names() const {
    std::vector<std::string> names;
    for (const State& s : states_) names.push_back(s.name);
    return names;
  }

 protected:
  /// What the metric expects of its targets: see TargetRule.
  virtual TargetRule target_rule() const { return {}; }
  /// The axis of the predictions that the metric reduces, as far as it reduces one: weights and masks do not have it.
  virtual Index reduced_axis() const { return -1; }
  /// Targets and predictions of one rank, without a trace, and with stand-ins for what is left out and not finite.
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
  /// A variable of zeros, known by its position from then on.
  LAMINA_COLD std::size_t add_variable(const char* name, const Shape& shape) {
    states_.push_back({name, shape, std::vector<double>(static_cast<std::size_t>(shape.size()), 0.0)});
    return states_.size() - 1;
  }
  bool has_variable(std::size_t i) const noexcept { return i < states_.size(); }
  std::vector<double>& variable(std::size_t i) { return states_[i].values; }
  const std::vector<double>& variable(std::size_t i) const { return states_[i].values; }
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

/// The base of metrics that have arguments of their own.
template <class Base, class Options>
class MetricWith : public Base {
 public:
  using Arguments = Options;
  MetricWith(Options options, const char* name)
      : Base(detail::name_or(options.name, name)), options_(std::move(options)) {}
  LAMINA_COLD Config get_config() const override {
    Config config = config_of(options_);
    config["name"] = this->name();
    return config;
  }
  const Options& arguments() const noexcept { return options_; }

 protected:
  Index reduced_axis() const override {
    if constexpr (requires { Index(options_.axis); })
      return options_.axis;
    else
      return -1;
  }
  Options options_;
};

}  // namespace lamina
