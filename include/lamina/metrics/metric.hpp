#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "lamina/core/arguments.hpp"
#include "lamina/core/names.hpp"
#include "lamina/core/target_rule.hpp"
#include "lamina/core/tensor.hpp"
#include "lamina/kernels/squares.hpp"
#include "lamina/ops/left_out.hpp"

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

inline Shape without_last(const Shape& shape) { return shape.rank() == 0 ? shape : shape.slice(0, shape.rank() - 1); }

inline double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return values.empty() ? 0.0 : sum / static_cast<double>(values.size());
}
/// a / b, and 0 where b is 0.
inline double divide_or_zero(double a, double b) { return b == 0 ? 0.0 : a / b; }

/// The axes that weights have beside values: a last axis of 1 goes, missing ones are added at the end.
inline Shape weight_shape(Shape shape, const Shape& values) {
  if (shape.rank() == values.rank() + 1 && shape.back() == 1) shape.pop_back();
  if (shape.rank() > 0)
    while (shape.rank() < values.rank()) shape.push_back(1);
  return shape;
}

/// Weights stretched to a shape of the same rank, as numbers; an error where they do not fit.
template <class S>
std::vector<double> stretched_weights(const Tensor<S>& weight, const Shape& from, const Shape& to,
                                      const std::string& who) {
  bool fit = from.rank() == 0 || from.rank() == to.rank();
  for (Index i = 0; fit && i < from.rank(); ++i) fit = from[i] == to[i] || from[i] == 1;
  if (!fit)
    raise<ShapeError>(who, ": sample weights of shape ", weight.shape(), " do not fit values of shape ", to,
                      ". Give one for each sample.");
  const Index size = to.size();
  std::vector<double> all(static_cast<std::size_t>(size));
  for (Index i = 0; i < size; ++i) {
    Index at = 0, left = i, stride = 1;
    for (Index axis = from.rank(); axis-- > 0;) {
      if (from[axis] != 1) at += left % to[axis] * stride;
      left /= to[axis];
      stride *= from[axis];
    }
    all[static_cast<std::size_t>(i)] = static_cast<double>(weight[at]);
  }
  return all;
}

/// Weights, or ones where there are none, that are 0 where the mask is.
template <class S>
Tensor<S> masked_weight(const Tensor<S>& weight, const Tensor<S>& mask, const Shape& values, const std::string& who) {
  const Shape shape = weight_shape(mask.shape(), values),
              other = weight.defined() ? weight_shape(weight.shape(), values) : Shape();
  const Shape both = broadcast(shape, other);
  std::vector<double> kept = stretched_weights(mask, shape, both, who), factors;
  if (weight.defined()) factors = stretched_weights(weight, other, both, who);
  Tensor<S> result = Tensor<S>::empty(both);
  S* out = TensorAccess::data(result);
  for (std::size_t i = 0; i < kept.size(); ++i)
    out[i] = kept[i] == 0 ? S(0) : factors.empty() ? S(1) : static_cast<S>(factors[i]);
  return result;
}

/// An axis moved last, the others in their order.
template <class S>
Tensor<S> moved_last(const Tensor<S>& x, Index axis) {
  if (axis == -1) return x;
  const Index at = x.shape().axis(axis), n = x.shape()[at];
  if (at == x.rank() - 1) return x;
  Shape shape;
  Index outer = 1, inner = 1;
  for (Index i = 0; i < x.rank(); ++i) {
    if (i == at) continue;
    shape.push_back(x.shape()[i]);
    (i < at ? outer : inner) *= x.shape()[i];
  }
  shape.push_back(n);
  Tensor<S> y = Tensor<S>::empty(shape);
  S* out = TensorAccess::data(y);
  for (Index o = 0; o < outer; ++o)
    for (Index i = 0; i < inner; ++i)
      for (Index j = 0; j < n; ++j) out[(o * inner + i) * n + j] = x[(o * n + j) * inner + i];
  return y;
}

/// f(targets, predictions, n) of every row of n, of targets and predictions of one shape.
template <class S, class F>
Tensor<S> each_row(const Tensor<S>& y_true, const Tensor<S>& y_pred, const char* who, const F& f, Index axis = -1) {
  check_same_shape(y_true, y_pred, who);
  const Tensor<S> t = moved_last(y_true, axis), p = moved_last(y_pred, axis);
  Tensor<S> values = Tensor<S>::empty(without_last(p.shape()));
  S* out = TensorAccess::data(values);
  const Index n = p.columns();
  for (Index i = 0; i < values.size(); ++i) out[i] = static_cast<S>(f(t.data() + i * n, p.data() + i * n, n));
  return values;
}

/// The mean of f(target, prediction) over every row.
template <class S, class F>
Tensor<S> mean_of_each_row(const Tensor<S>& y_true, const Tensor<S>& y_pred, const char* who, const F& f) {
  return each_row(y_true, y_pred, who, [&f](const S* t, const S* p, Index n) {
    double sum = 0;
    for (Index j = 0; j < n; ++j) sum += static_cast<double>(f(t[j], p[j]));
    return sum / static_cast<double>(n);
  });
}

/// A power of two that brings the largest of n numbers to about 1, so that no sum of their squares overflows.
template <class S>
double unit_of(const S* x, Index n) noexcept {
  double largest = 0;
  for (Index j = 0; j < n; ++j) largest = (std::max)(largest, std::abs(static_cast<double>(x[j])));
  return std::ldexp(1.0, -kernels::scaling_exponent(largest));
}

template <class S>
Index largest_position(const S* row, Index n) noexcept {
  Index best = 0;
  for (Index j = 1; j < n; ++j)
    if (row[j] > row[best]) best = j;
  return best;
}

LAMINA_COMPILED_FUNCTION(stretched_weights);
LAMINA_COMPILED_FUNCTION(masked_weight);
LAMINA_COMPILED_FUNCTION(moved_last);
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
    if (!detail::LeftOut<Scalar>::any(sample_weight, mask)) return both;
    detail::LeftOut<Scalar> left_out(sample_weight, mask);
    left_out.replace_bad(both.t, both.p, reduced_axis(), target_rule());
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
  std::vector<State> states_;
};

/// A metric that is the (weighted) mean of one value a sample: most of them. Keras's MeanMetricWrapper, over a method.
template <class Scalar = float>
class MeanOfSamples : public Metric<Scalar> {
 public:
  LAMINA_COLD explicit MeanOfSamples(std::string name) : Metric<Scalar>(std::move(name)) {
    this->add_variable("total", {});
    this->add_variable("count", {});
  }

  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    update_masked_state(y_true, y_pred, sample_weight, {});
  }
  void update_masked_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                           const Tensor<Scalar>& sample_weight, const Tensor<Scalar>& mask) override {
    const auto [t, p] = this->prepared(y_true, y_pred, sample_weight, mask);
    const Tensor<Scalar> all = values(t, p), own = own_mask(y_true, all.shape());
    Tensor<Scalar> weight = sample_weight;
    for (const Tensor<Scalar>* m : {&own, &mask})
      if (m->defined()) weight = detail::masked_weight(weight, *m, weight_axes(all, *m), this->class_name());
    add(all, weight, p.rank() == 0 ? 1 : p.shape()[0]);
  }
  double result() const override { return detail::divide_or_zero(this->variable(0)[0], this->variable(1)[0]); }

 protected:
  /// The value of every sample, or one for the batch; of several a sample the mean counts. Targets and predictions have
  /// one rank, see `target_rule`.
  virtual Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const = 0;
  /// The mask that a metric brings itself, for values of this shape: 0 for those that do not count. Default: undefined,
  /// all count.
  virtual Tensor<Scalar> own_mask(const Tensor<Scalar>& y_true, const Shape& values) const {
    static_cast<void>(y_true);
    static_cast<void>(values);
    return {};
  }

  /// Adds values (batch, ...) to the total, and how many samples they are to the count. Values whose weight is 0 are
  /// left out. One value for a whole batch counts as often as the batch has samples.
  void add(const Tensor<Scalar>& values, const Tensor<Scalar>& sample_weight, Index batch = 1) {
    const Index samples = values.rank() == 0 ? batch : values.shape()[0];
    if (samples == 0) return;
    double sum = 0, count = 0;
    if (!sample_weight.defined()) {
      for (Index i = 0; i < values.size(); ++i) sum += static_cast<double>(values[i]);
      sum *= static_cast<double>(samples) / static_cast<double>(values.size());
      count = static_cast<double>(samples);
    } else if (values.rank() == 0) {
      for (Index i = 0; i < sample_weight.size(); ++i) count += static_cast<double>(sample_weight[i]);
      if (sample_weight.rank() > 0) count *= static_cast<double>(samples) / static_cast<double>(sample_weight.size());
      if (count != 0) sum = count * static_cast<double>(values[0]);
    } else {
      // Weights of fewer axes belong to the mean over the others.
      const Shape shape = detail::weight_shape(sample_weight.shape(), values.shape());
      const std::vector<double> weights =
          detail::stretched_weights(sample_weight, shape, values.shape(), this->class_name());
      const double each =
          shape.rank() == 0 ? static_cast<double>(values.size()) : static_cast<double>(values.size() / samples);
      for (Index i = 0; i < values.size(); ++i) {
        const double weight = weights[static_cast<std::size_t>(i)];
        if (weight == 0) continue;
        sum += weight * static_cast<double>(values[i]) / each;
        count += weight / each;
      }
    }
    this->variable(0)[0] += sum;
    this->variable(1)[0] += count;
  }

 private:
  static const Shape& weight_axes(const Tensor<Scalar>& values, const Tensor<Scalar>& mask) {
    return values.rank() == 0 ? mask.shape() : values.shape();
  }
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
