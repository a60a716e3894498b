#pragma once
#include <optional>
#include <utility>

#include "lamina/core/classify.hpp"
#include "lamina/metrics/confusion.hpp"
#include "lamina/metrics/row_values.hpp"

namespace lamina::metrics {

/// The base of metrics that gather all four counts at many thresholds.
template <class Scalar, class Options>
class AtThresholds : public MetricWith<Metric<Scalar>, Options> {
 public:
  MetricDirection direction() const override { return MetricDirection::up; }
  using MetricWith<Metric<Scalar>, Options>::MetricWith;

 protected:
  void add_counts(const Shape& shape) {
    for (const char* name : {"true_positives", "false_positives", "true_negatives", "false_negatives"})
      this->add_variable(name, shape);
  }
  metrics_detail::Counts counts() {
    return {&this->variable(0), &this->variable(1), &this->variable(2), &this->variable(3)};
  }
  double tp(std::size_t i) const { return this->variable(0)[i]; }
  double fp(std::size_t i) const { return this->variable(1)[i]; }
  double tn(std::size_t i) const { return this->variable(2)[i]; }
  double fn(std::size_t i) const { return this->variable(3)[i]; }
  double precision_at(std::size_t i) const { return detail::divide_or_zero(tp(i), tp(i) + fp(i)); }
  double recall_at(std::size_t i) const { return detail::divide_or_zero(tp(i), tp(i) + fn(i)); }
  double specificity_at(std::size_t i) const { return detail::divide_or_zero(tn(i), tn(i) + fp(i)); }

  metrics_detail::Thresholds thresholds_;
};

/// The base of the best value of one share among the thresholds where another is high enough.
template <class Scalar, class Options>
class BestAtThreshold : public AtThresholds<Scalar, Options> {
 public:
  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    metrics_detail::add_confusions(this->counts(), y_true, y_pred, sample_weight, this->thresholds_,
                                   {{}, this->options_.class_id}, this->class_name());
  }
  double result() const override {
    double best = 0;
    for (std::size_t i = 0; i < this->thresholds_.size(); ++i) {
      // Compared in float: of shares that are equal there, one must not miss by a rounding.
      const auto [constrained, wanted] = shares(i);
      if (static_cast<float>(constrained) >= static_cast<float>(least_)) best = (std::max)(best, wanted);
    }
    return best;
  }

 protected:
  BestAtThreshold(Options options, const std::optional<double>& least, const char* argument, const char* who,
                  const char* name)
      : AtThresholds<Scalar, Options>(std::move(options), name), least_(least.value_or(0)) {
    if (!least) raise<ValueError>(who, ": expected ", argument, " in [0, 1], got none");
    if (!detail::within(least_, 0, 1)) raise<ValueError>(who, ": expected ", argument, " in [0, 1], got ", least_);
    if (this->options_.num_thresholds < 1)
      raise<ValueError>(who, ": expected num_thresholds >= 1, got ", this->options_.num_thresholds);
    metrics_detail::Selection{{}, this->options_.class_id}.check_ranges(who);
    this->thresholds_ = metrics_detail::Thresholds::evenly(this->options_.num_thresholds);
    this->add_counts({this->options_.num_thresholds});
  }
  /// What must be high enough, and what is wanted.
  virtual std::pair<double, double> shares(std::size_t threshold) const = 0;

 private:
  double least_;
};

struct SensitivityAtSpecificityOptions {
  std::optional<double> specificity = {};  ///< In [0, 1]; required.
  Index num_thresholds = 200;              ///< evenly from 0 to 1
  std::optional<Index> class_id = {};      ///< only this class counts
  std::string name = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("specificity", self.specificity);
    field("num_thresholds", self.num_thresholds);
    field("class_id", self.class_id);
    field("name", self.name);
  }
};

/// The best sensitivity, true positives / all positive, at a specificity, true negatives / all negative, of at least
/// that given. Keras's SensitivityAtSpecificity.
template <class Scalar = float>
class SensitivityAtSpecificity : public BestAtThreshold<Scalar, SensitivityAtSpecificityOptions> {
 public:
  explicit SensitivityAtSpecificity(SensitivityAtSpecificityOptions options = {})
      : BestAtThreshold<Scalar, SensitivityAtSpecificityOptions>(
            options, options.specificity, "specificity", "SensitivityAtSpecificity", "sensitivity_at_specificity") {}
  std::string class_name() const override { return "SensitivityAtSpecificity"; }

 protected:
  std::pair<double, double> shares(std::size_t i) const override {
    return {this->specificity_at(i), this->recall_at(i)};
  }
};

struct SpecificityAtSensitivityOptions {
  std::optional<double> sensitivity = {};  ///< In [0, 1]; required.
  Index num_thresholds = 200;              ///< evenly from 0 to 1
  std::optional<Index> class_id = {};      ///< only this class counts
  std::string name = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("sensitivity", self.sensitivity);
    field("num_thresholds", self.num_thresholds);
    field("class_id", self.class_id);
    field("name", self.name);
  }
};

/// The best specificity, true negatives / all negative, at a sensitivity, true positives / all positive, of at least
/// that given. Keras's SpecificityAtSensitivity.
template <class Scalar = float>
class SpecificityAtSensitivity : public BestAtThreshold<Scalar, SpecificityAtSensitivityOptions> {
 public:
  explicit SpecificityAtSensitivity(SpecificityAtSensitivityOptions options = {})
      : BestAtThreshold<Scalar, SpecificityAtSensitivityOptions>(
            options, options.sensitivity, "sensitivity", "SpecificityAtSensitivity", "specificity_at_sensitivity") {}
  std::string class_name() const override { return "SpecificityAtSensitivity"; }

 protected:
  std::pair<double, double> shares(std::size_t i) const override {
    return {this->recall_at(i), this->specificity_at(i)};
  }
};

struct PrecisionAtRecallOptions {
  std::optional<double> recall = {};   ///< In [0, 1]; required.
  Index num_thresholds = 200;          ///< evenly from 0 to 1
  std::optional<Index> class_id = {};  ///< only this class counts
  std::string name = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("recall", self.recall);
    field("num_thresholds", self.num_thresholds);
    field("class_id", self.class_id);
    field("name", self.name);
  }
};

/// The best precision at a recall of at least that given. Keras's PrecisionAtRecall.
template <class Scalar = float>
class PrecisionAtRecall : public BestAtThreshold<Scalar, PrecisionAtRecallOptions> {
 public:
  explicit PrecisionAtRecall(PrecisionAtRecallOptions options = {})
      : BestAtThreshold<Scalar, PrecisionAtRecallOptions>(options, options.recall, "recall", "PrecisionAtRecall",
                                                          "precision_at_recall") {}
  std::string class_name() const override { return "PrecisionAtRecall"; }

 protected:
  std::pair<double, double> shares(std::size_t i) const override { return {this->recall_at(i), this->precision_at(i)}; }
};

struct RecallAtPrecisionOptions {
  std::optional<double> precision = {};  ///< In [0, 1]; required.
  Index num_thresholds = 200;            ///< evenly from 0 to 1
  std::optional<Index> class_id = {};    ///< only this class counts
  std::string name = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field.required("precision", self.precision);
    field("num_thresholds", self.num_thresholds);
    field("class_id", self.class_id);
    field("name", self.name);
  }
};

/// The best recall at a precision of at least that given. Keras's RecallAtPrecision.
template <class Scalar = float>
class RecallAtPrecision : public BestAtThreshold<Scalar, RecallAtPrecisionOptions> {
 public:
  explicit RecallAtPrecision(RecallAtPrecisionOptions options = {})
      : BestAtThreshold<Scalar, RecallAtPrecisionOptions>(options, options.precision, "precision", "RecallAtPrecision",
                                                          "recall_at_precision") {}
  std::string class_name() const override { return "RecallAtPrecision"; }

 protected:
  std::pair<double, double> shares(std::size_t i) const override { return {this->precision_at(i), this->recall_at(i)}; }
};

}  // namespace lamina::metrics

namespace lamina {
using metrics::PrecisionAtRecall;
using metrics::PrecisionAtRecallOptions;
using metrics::RecallAtPrecision;
using metrics::RecallAtPrecisionOptions;
using metrics::SensitivityAtSpecificity;
using metrics::SensitivityAtSpecificityOptions;
using metrics::SpecificityAtSensitivity;
using metrics::SpecificityAtSensitivityOptions;
}  // namespace lamina
