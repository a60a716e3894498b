#pragma once
#include <limits>
#include <optional>
#include <utility>

#include "lamina/core/classify.hpp"
#include "lamina/core/one_or_more.hpp"
#include "lamina/metrics/metric.hpp"
#include "lamina/metrics/row_values.hpp"
#include "lamina/metrics/sample_weights.hpp"

// True and false positives and negatives at thresholds, and what is made of them.

namespace lamina::metrics {

namespace metrics_detail {

/// What a prediction has that counts at no threshold.
inline constexpr double never = -1e10;

/// Thresholds of predictions. Where they are evenly spaced from 0 to 1 a prediction's place among them is computed.
struct Thresholds {
  std::vector<double> values;
  bool even = false, beyond = false;  // beyond: the outer ones lie outside [0, 1]

  Thresholds() = default;
  Thresholds(const OneOrMore<double>& given, double otherwise, const char* who) : values(given.values()) {
    for (const double& t : values)
      if (!detail::within(t, 0, 1)) raise<ValueError>(who, ": expected thresholds in [0, 1], got ", t);
    if (values.empty()) values.push_back(otherwise);
    even = is_even(values);
  }
  /// `count` of them, evenly from 0 to 1.
  static Thresholds evenly(Index count) {
    Thresholds t;
    for (Index i = 0; i < count; ++i)
      t.values.push_back(count == 1 ? 0.5 : static_cast<double>(i) / static_cast<double>(count - 1));
    t.even = count > 1;
    return t;
  }
  static bool is_even(const std::vector<double>& t) {
    if (t.size() < 3) return false;
    for (std::size_t i = 0; i < t.size(); ++i) {
      const double even = static_cast<double>(i) / static_cast<double>(t.size() - 1);
      if (!detail::at_most(std::abs(t[i] - even), 1e-7 + 1e-5 * even)) return false;
    }
    return true;
  }
  std::size_t size() const noexcept { return values.size(); }
};

/// How the predictions that are counted are chosen.
struct Selection {
  std::optional<Index> top_k = {};     // only the largest of a row
  std::optional<Index> class_id = {};  // only one column
  bool multi_label = false;            // one count for each column
  const std::vector<double>* label_weights = nullptr;

  void check_ranges(const char* who) const {
    if (top_k && *top_k < 1) raise<ValueError>(who, ": expected top_k >= 1, got ", *top_k);
    if (class_id && *class_id < 0) raise<ValueError>(who, ": expected class_id >= 0, got ", *class_id);
  }
};

/// Where the counts go, [threshold, label]; null where they are not wanted.
struct Counts {
  std::vector<double>*tp = nullptr, *fp = nullptr, *tn = nullptr, *fn = nullptr;
};

/// Every prediction of a row but the k largest (of equals the first) made one that counts nowhere.
template <class S>
Tensor<S> only_top(const Tensor<S>& p, Index k, const std::string& who) {
  const Index n = p.columns();
  if (k > n) raise<ValueError>(who, ": top_k = ", k, " is more than the predictions of shape ", p.shape(), " have");
  Tensor<S> result = p.copy();
  S* out = detail::TensorAccess::data(result);
  for (Index r = 0; r < p.rows(); ++r) {
    const S* row = p.data() + r * n;
    for (Index j = 0; j < n; ++j) {
      Index before = 0;
      for (Index i = 0; i < n; ++i) before += row[i] > row[j] || (row[i] == row[j] && i < j) ? 1 : 0;
      if (before >= k) out[r * n + j] = static_cast<S>(never);
    }
  }
  return result;
}

/// Adds a batch to the counts.
template <class S>
void add_confusions(const Counts& counts, const Tensor<S>& y_true, const Tensor<S>& y_pred,
                    const Tensor<S>& sample_weight, const Thresholds& thresholds, const Selection& selection,
                    const std::string& who) {
  auto [t, p] = detail::match_targets(y_true.detached(), y_pred.detached(), who);
  detail::check_same_shape(t, p, who);
  const Index columns = p.columns();
  std::vector<double> weights;
  if (sample_weight.defined())
    weights = detail::stretched_weights(sample_weight, detail::weight_shape(sample_weight.shape(), p.shape()),
                                        p.shape(), who);
  if (selection.top_k) p = only_top(p, *selection.top_k, who);
  if (selection.class_id && (p.rank() < 2 || *selection.class_id >= columns))
    raise<ShapeError>(who, ": class_id = ", *selection.class_id,
                      " needs predictions (..., classes) with that class, got shape ", p.shape());
  if (selection.label_weights != nullptr && static_cast<Index>(selection.label_weights->size()) != columns)
    raise<ShapeError>(who, ": ", selection.label_weights->size(), " label weights do not fit predictions of shape ",
                      p.shape());
  const std::size_t steps = thresholds.size(), labels = selection.multi_label ? static_cast<std::size_t>(columns) : 1;
  const auto add = [](std::vector<double>* to, std::size_t at, double weight) {
    if (to != nullptr) (*to)[at] += weight;
  };
  // Of evenly spaced thresholds: the weight between one and the next, summed up from the last.
  std::vector<double> above_true, above_false, all_true, all_false;
  if (thresholds.even) {
    above_true.assign(steps * labels, 0.0);
    above_false = above_true;
    all_true.assign(labels, 0.0);
    all_false = all_true;
  }
  for (Index i = 0; i < p.size(); ++i) {
    const Index column = columns == 0 ? 0 : i % columns;
    if (selection.class_id && column != *selection.class_id) continue;
    const std::size_t label = selection.multi_label ? static_cast<std::size_t>(column) : 0;
    double weight = weights.empty() ? 1.0 : weights[static_cast<std::size_t>(i)];
    if (weight == 0) continue;
    if (selection.label_weights != nullptr) weight *= (*selection.label_weights)[static_cast<std::size_t>(column)];
    const bool positive = t[i] != S(0);
    if (thresholds.even) {
      (positive ? all_true : all_false)[label] += weight;
      const S held = p[i] < S(0) ? S(0) : p[i] > S(1) ? S(1) : p[i];
      S place = std::ceil(held * static_cast<S>(steps - 1)) - S(1);
      if (thresholds.beyond && place < S(0)) place = S(0);
      if (!is_index(place, static_cast<Index>(steps))) continue;  // none that is negative, or NaN
      (positive ? above_true : above_false)[static_cast<std::size_t>(place) * labels + label] += weight;
    } else {
      for (std::size_t s = 0; s < steps; ++s) {
        const bool above = p[i] > static_cast<S>(thresholds.values[s]);
        add(positive ? above ? counts.tp : counts.fn : above ? counts.fp : counts.tn, s * labels + label, weight);
      }
    }
  }
  if (!thresholds.even) return;
  for (std::size_t label = 0; label < labels; ++label) {
    double tp = 0, fp = 0;
    for (std::size_t s = steps; s-- > 0;) {
      const std::size_t at = s * labels + label;
      tp += above_true[at];
      fp += above_false[at];
      add(counts.tp, at, tp);
      add(counts.fp, at, fp);
      add(counts.fn, at, all_true[label] - tp);
      add(counts.tn, at, all_false[label] - fp);
    }
  }
}

/// A number where there is one threshold, otherwise one for each.
inline Tensor<double> one_or_each(const std::vector<double>& values) {
  if (values.size() == 1) return Tensor<double>(values[0]);
  return Tensor<double>::from(values.data(), {static_cast<Index>(values.size())});
}

LAMINA_COMPILED_FUNCTION(only_top);
LAMINA_COMPILED_FUNCTION(add_confusions);

}  // namespace metrics_detail

struct ThresholdsOptions {
  OneOrMore<double> thresholds = {};  ///< predictions above count as positive: one or several in [0, 1]; nothing: 0.5
  std::string name = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("thresholds", self.thresholds);
    field("name", self.name);
  }
};

/// The base of counts at thresholds.
template <class Scalar>
class ConfusionCount : public MetricWith<Metric<Scalar>, ThresholdsOptions> {
 public:
  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    metrics_detail::Counts counts;
    counts.*which_ = &this->variable(0);
    metrics_detail::add_confusions(counts, y_true, y_pred, sample_weight, thresholds_, {}, this->class_name());
  }
  double result() const override { return detail::mean_of(this->variable(0)); }
  Tensor<double> results() const override { return metrics_detail::one_or_each(this->variable(0)); }

 protected:
  using Which = std::vector<double>* metrics_detail::Counts::*;
  ConfusionCount(ThresholdsOptions options, Which which, const char* who, const char* name)
      : MetricWith<Metric<Scalar>, ThresholdsOptions>(std::move(options), name),
        which_(which),
        thresholds_(this->options_.thresholds, 0.5, who) {
    this->add_variable("accumulator", {static_cast<Index>(thresholds_.size())});
  }

 private:
  Which which_;
  metrics_detail::Thresholds thresholds_;
};

/// The (weighted) number of predictions above the threshold whose target is not 0. Keras's TruePositives.
template <class Scalar = float>
class TruePositives : public ConfusionCount<Scalar> {
 public:
  explicit TruePositives(ThresholdsOptions options = {})
      : ConfusionCount<Scalar>(std::move(options), &metrics_detail::Counts::tp, "TruePositives", "true_positives") {}
  std::string class_name() const override { return "TruePositives"; }
  MetricDirection direction() const override { return MetricDirection::up; }
};

/// The (weighted) number of other predictions whose target is 0. Keras's TrueNegatives.
template <class Scalar = float>
class TrueNegatives : public ConfusionCount<Scalar> {
 public:
  explicit TrueNegatives(ThresholdsOptions options = {})
      : ConfusionCount<Scalar>(std::move(options), &metrics_detail::Counts::tn, "TrueNegatives", "true_negatives") {}
  std::string class_name() const override { return "TrueNegatives"; }
  MetricDirection direction() const override { return MetricDirection::up; }
};

/// The (weighted) number of predictions above the threshold whose target is 0. Keras's FalsePositives.
template <class Scalar = float>
class FalsePositives : public ConfusionCount<Scalar> {
 public:
  explicit FalsePositives(ThresholdsOptions options = {})
      : ConfusionCount<Scalar>(std::move(options), &metrics_detail::Counts::fp, "FalsePositives", "false_positives") {}
  std::string class_name() const override { return "FalsePositives"; }
  MetricDirection direction() const override { return MetricDirection::down; }
};

/// The (weighted) number of other predictions whose target is not 0. Keras's FalseNegatives.
template <class Scalar = float>
class FalseNegatives : public ConfusionCount<Scalar> {
 public:
  explicit FalseNegatives(ThresholdsOptions options = {})
      : ConfusionCount<Scalar>(std::move(options), &metrics_detail::Counts::fn, "FalseNegatives", "false_negatives") {}
  std::string class_name() const override { return "FalseNegatives"; }
  MetricDirection direction() const override { return MetricDirection::down; }
};

struct PrecisionRecallOptions {
  OneOrMore<double> thresholds = {};   ///< one or several in [0, 1]; nothing: 0.5, or every one of the top_k
  std::optional<Index> top_k = {};     ///< only the largest predictions of a row can be positive
  std::optional<Index> class_id = {};  ///< only this class counts
  std::string name = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("thresholds", self.thresholds);
    field("top_k", self.top_k);
    field("class_id", self.class_id);
    field("name", self.name);
  }
};

/// The base of Precision and Recall: true positives over them and what is wrong.
template <class Scalar>
class PositiveShare : public MetricWith<Metric<Scalar>, PrecisionRecallOptions> {
 public:
  MetricDirection direction() const override { return MetricDirection::up; }
  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    metrics_detail::Counts counts;
    counts.tp = &this->variable(0);
    counts.*wrong_ = &this->variable(1);
    metrics_detail::add_confusions(counts, y_true, y_pred, sample_weight, thresholds_,
                                   {this->options_.top_k, this->options_.class_id}, this->class_name());
  }
  double result() const override { return detail::mean_of(shares()); }
  Tensor<double> results() const override { return metrics_detail::one_or_each(shares()); }

 protected:
  using Which = std::vector<double>* metrics_detail::Counts::*;
  PositiveShare(PrecisionRecallOptions options, Which wrong, const char* wrong_name, const char* who, const char* name)
      : MetricWith<Metric<Scalar>, PrecisionRecallOptions>(std::move(options), name),
        wrong_(wrong),
        thresholds_(this->options_.thresholds, this->options_.top_k ? metrics_detail::never : 0.5, who) {
    metrics_detail::Selection{this->options_.top_k, this->options_.class_id}.check_ranges(who);
    for (const char* variable : {"true_positives", wrong_name})
      this->add_variable(variable, {static_cast<Index>(thresholds_.size())});
  }

 private:
  std::vector<double> shares() const {
    std::vector<double> all;
    for (std::size_t i = 0; i < thresholds_.size(); ++i)
      all.push_back(detail::divide_or_zero(this->variable(0)[i], this->variable(0)[i] + this->variable(1)[i]));
    return all;
  }
  Which wrong_;
  metrics_detail::Thresholds thresholds_;
};

/// How much of what is predicted positive is: true positives / (true + false positives). Keras's Precision.
template <class Scalar = float>
class Precision : public PositiveShare<Scalar> {
 public:
  explicit Precision(PrecisionRecallOptions options = {})
      : PositiveShare<Scalar>(std::move(options), &metrics_detail::Counts::fp, "false_positives", "Precision",
                              "precision") {}
  std::string class_name() const override { return "Precision"; }
};

/// How much of what is positive is predicted so: true positives / (true positives + false negatives). Keras's Recall.
template <class Scalar = float>
class Recall : public PositiveShare<Scalar> {
 public:
  explicit Recall(PrecisionRecallOptions options = {})
      : PositiveShare<Scalar>(std::move(options), &metrics_detail::Counts::fn, "false_negatives", "Recall", "recall") {}
  std::string class_name() const override { return "Recall"; }
};

}  // namespace lamina::metrics

namespace lamina {
using metrics::FalseNegatives;
using metrics::FalsePositives;
using metrics::Precision;
using metrics::PrecisionRecallOptions;
using metrics::Recall;
using metrics::ThresholdsOptions;
using metrics::TrueNegatives;
using metrics::TruePositives;
}  // namespace lamina
