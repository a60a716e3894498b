#pragma once
#include <algorithm>

#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/metrics/at_thresholds.hpp"
#include "lamina/metrics/row_values.hpp"

namespace lamina::metrics {

/// The curve whose area AUC computes. Keras: the argument `curve`.
enum class AUCCurve {
  ROC,    ///< Receiver operating characteristic: true positive rate over false positive rate.
  PR,     ///< Precision over recall.
  PRGAIN  ///< Precision gain over recall gain (Flach and Kull, 2015).
};
/// Returns Keras's names of the values of AUCCurve, in their order.
constexpr auto enumeration_names(AUCCurve) { return std::array<std::string_view, 3>{"ROC", "PR", "PRGAIN"}; }
/// Reads an AUCCurve from its name in any case. Throws ValueError for an unknown name.
inline void argument_from_config(const Config& config, AUCCurve& curve) {
  std::string name = config.as_string();
  for (char& c : name) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  constexpr auto names = enumeration_names(AUCCurve());
  std::size_t i = 0;
  while (i < names.size() && names[i] != name) ++i;
  if (i == names.size()) raise_unknown_name("curve", config.as_string(), names);
  curve = static_cast<AUCCurve>(i);
}

/// The height of a segment of AUC's Riemann sum, between two thresholds. Keras: the argument `summation_method`.
enum class AUCSummation {
  interpolation,  ///< Mean of both ends (trapezoidal rule).
  majoring,       ///< The larger end: an upper bound.
  minoring        ///< The smaller end: a lower bound.
};
/// Returns Keras's names of the values of AUCSummation, in their order.
constexpr auto enumeration_names(AUCSummation) {
  return std::array<std::string_view, 3>{"interpolation", "majoring", "minoring"};
}

/// Options of AUC.
struct AUCOptions {
  Index num_thresholds = 200;      ///< Number of evenly spaced thresholds in [0, 1]; >= 2. Default: 200.
  AUCCurve curve = AUCCurve::ROC;  ///< The curve. Default: ROC.
  /// Height of a segment of the Riemann sum. Default: interpolation.
  AUCSummation summation_method = AUCSummation::interpolation;
  /// Thresholds to use instead of `num_thresholds` evenly spaced ones; finite. 0 and 1 are added. Default: none.
  std::optional<std::vector<double>> thresholds = {};
  bool multi_label = false;  ///< If true, computes one curve per column and the mean of their areas. Default: false.
  /// Number of columns; >= 1; for `multi_label` only. Default: from the first batch.
  std::optional<Index> num_labels = {};
  /// Weights of the columns, one per column; finite. With `multi_label` they weight the mean of the areas, otherwise
  /// the counts. Default: 1.
  std::optional<std::vector<double>> label_weights = {};
  /// If true, predictions are logits, and a sigmoid is applied; if false, probabilities. Default: false.
  bool from_logits = false;
  std::string name = {};  ///< Name of the metric in logs. Empty: "auc".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("num_thresholds", self.num_thresholds);
    field("curve", self.curve);
    field("summation_method", self.summation_method);
    field("thresholds", self.thresholds);
    field("multi_label", self.multi_label);
    field("num_labels", self.num_labels);
    field("label_weights", self.label_weights);
    field("from_logits", self.from_logits);
    field("name", self.name);
  }
};

/// Area under the ROC or precision-recall curve, approximated by a Riemann sum over thresholds. Keras:
/// `keras.metrics.AUC`.
///
/// The PR curve with `interpolation` uses the interpolation of Davis and Goadrich (2006). Shapes: `y_true` and `y_pred`
/// (batch, ...), with `multi_label` (batch, labels); targets 0 or 1, predictions in [0, 1] or logits. Throws ValueError
/// if an option is out of its range, and ShapeError for other shapes or another number of labels.
template <class Scalar = float>
class AUC : public AtThresholds<Scalar, AUCOptions> {
 public:
  explicit AUC(AUCOptions options = {}) : AtThresholds<Scalar, AUCOptions>(std::move(options), "auc") {
    const AUCOptions& o = this->options_;
    metrics_detail::Thresholds& t = this->thresholds_;
    if (o.thresholds) {
      std::vector<double> inner = *o.thresholds;
      for (const double& value : inner)
        if (!is_finite(value)) raise<ValueError>("AUC: expected finite thresholds, got ", value);
      std::sort(inner.begin(), inner.end());
      t.values.push_back(0.0);
      t.values.insert(t.values.end(), inner.begin(), inner.end());
      t.values.push_back(1.0);
      t.even = metrics_detail::Thresholds::is_even(t.values);
      this->options_.num_thresholds = static_cast<Index>(t.size());
    } else {
      if (o.num_thresholds < 2) raise<ValueError>("AUC: expected num_thresholds >= 2, got ", o.num_thresholds);
      t = metrics_detail::Thresholds::evenly(o.num_thresholds);
    }
    // As in Keras, the outer thresholds are slightly outside [0, 1], so that 0 and 1 are between thresholds.
    t.values.front() -= 1e-7;
    t.values.back() += 1e-7;
    t.extended = true;
    if (o.label_weights)
      for (const double& weight : *o.label_weights) detail::check_finite(weight, "label_weights", "AUC");
    if (o.num_labels && !o.multi_label)
      raise<ValueError>("AUC: num_labels = ", *o.num_labels, " requires multi_label = true");
    if (o.num_labels && *o.num_labels < 1) raise<ValueError>("AUC: expected num_labels >= 1, got ", *o.num_labels);
    if (!o.multi_label) {
      this->add_counts({o.num_thresholds});
    } else if (o.num_labels) {
      this->add_counts({o.num_thresholds, *o.num_labels});
    }
  }
  std::string class_name() const override { return "AUC"; }

  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    const AUCOptions& o = this->options_;
    if (o.multi_label) {
      if (y_pred.rank() != 2)
        raise<ShapeError>("AUC: with multi_label expected predictions (batch, labels), got shape ", y_pred.shape());
      if (!this->has_variable(0)) this->add_counts({o.num_thresholds, y_pred.columns()});
      if (this->variable_shape(0)[1] != y_pred.columns())
        raise<ShapeError>("AUC: expected predictions (batch, ", this->variable_shape(0)[1], "), got shape ",
                          y_pred.shape(), ". The number of labels is fixed by num_labels or the first batch.");
      if (o.label_weights && static_cast<Index>(o.label_weights->size()) != y_pred.columns())
        raise<ShapeError>("AUC: ", o.label_weights->size(), " label weights do not match predictions of shape ",
                          y_pred.shape(), ": expected one weight per column.");
    }
    Tensor<Scalar> p = y_pred;
    if (o.from_logits) {
      p = Tensor<Scalar>::empty(y_pred.shape());
      Scalar* out = detail::TensorAccess::data(p);
      for (Index i = 0; i < p.size(); ++i) out[i] = Scalar(1) / (Scalar(1) + std::exp(-y_pred[i]));
    }
    metrics_detail::update_confusion_matrix(
        this->counts(), y_true, p, sample_weight, this->thresholds_,
        {{}, {}, o.multi_label, o.label_weights && !o.multi_label ? &*o.label_weights : nullptr}, "AUC");
  }

  double result() const override {
    if (!this->has_variable(0)) return 0.0;
    const AUCOptions& o = this->options_;
    const Index labels = o.multi_label ? this->variable_shape(0)[1] : 1;
    double total = 0, weights = 0;
    for (Index label = 0; label < labels; ++label) {
      const double weight =
          o.multi_label && o.label_weights ? (*o.label_weights)[static_cast<std::size_t>(label)] : 1.0;
      total += weight * area(static_cast<std::size_t>(label), static_cast<std::size_t>(labels));
      weights += weight;
    }
    return detail::divide_or_zero(total, weights);
  }

 private:
  double area(std::size_t label, std::size_t labels) const {
    const AUCOptions& o = this->options_;
    double sum = 0;
    for (std::size_t s = 0; s + 1 < this->thresholds_.size(); ++s) {
      const std::size_t at = s * labels + label, next = at + labels;
      if (o.curve == AUCCurve::PR && o.summation_method == AUCSummation::interpolation) {
        sum += interpolated_area(at, next);
        continue;
      }
      const auto [x0, y0] = point(at);
      const auto [x1, y1] = point(next);
      sum += (x0 - x1) * (o.summation_method == AUCSummation::interpolation ? (y0 + y1) / 2
                          : o.summation_method == AUCSummation::minoring    ? (std::min)(y0, y1)
                                                                            : (std::max)(y0, y1));
    }
    return sum;
  }
  std::pair<double, double> point(std::size_t i) const {
    switch (this->options_.curve) {
      case AUCCurve::ROC:
        return {detail::divide_or_zero(this->fp(i), this->fp(i) + this->tn(i)), this->recall_at(i)};
      case AUCCurve::PR:
        return {this->recall_at(i), this->precision_at(i)};
      case AUCCurve::PRGAIN:
        break;
    }
    // Limit without true positives: recall gain 0, precision gain 1. Avoids a division by 0.
    if (this->tp(i) == 0) return {0.0, 1.0};
    const double ratio = detail::divide_or_zero(this->tp(i) + this->fn(i), this->tn(i) + this->fp(i));
    return {(std::max)(1 - ratio * (this->fn(i) / this->tp(i)), 0.0), 1 - ratio * (this->fp(i) / this->tp(i))};
  }
  /// Returns the area of a segment of the PR curve whose false positives are linear in its true positives.
  double interpolated_area(std::size_t at, std::size_t next) const {
    const double positives = this->tp(at) + this->fp(at), next_positives = this->tp(next) + this->fp(next);
    const double delta_tp = this->tp(at) - this->tp(next);
    const double slope = detail::divide_or_zero(delta_tp, (std::max)(positives - next_positives, 0.0));
    const double intercept = this->tp(next) - slope * next_positives;
    const double ratio = positives > 0 && next_positives > 0 ? positives / next_positives : 1.0;
    return detail::divide_or_zero(slope * (delta_tp + intercept * std::log(ratio)),
                                  (std::max)(this->tp(next) + this->fn(next), 0.0));
  }
};

}  // namespace lamina::metrics

namespace lamina {
using metrics::AUC;
using metrics::AUCCurve;
using metrics::AUCOptions;
using metrics::AUCSummation;
}  // namespace lamina
