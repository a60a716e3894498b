#pragma once
#include <optional>

#include "lamina/core/check_options.hpp"
#include "lamina/core/classify.hpp"
#include "lamina/metrics/metric.hpp"
#include "lamina/metrics/row_values.hpp"
#include "lamina/metrics/sample_weights.hpp"

namespace lamina::metrics {

/// How the F-scores of the classes are averaged. Keras: the argument `average`.
enum class FScoreAverage {
  micro,    ///< Computed from the sums of the counts of all classes.
  macro,    ///< Unweighted mean of the scores of the classes.
  weighted  ///< Mean of the scores, weighted by the number of positive targets of each class.
};
/// Returns Keras's names of the values of FScoreAverage, in their order.
constexpr auto enumeration_names(FScoreAverage) {
  return std::array<std::string_view, 3>{"micro", "macro", "weighted"};
}

/// Options of FBetaScore.
struct FBetaScoreOptions {
  std::optional<FScoreAverage> average = {};  ///< Averaging over classes. Default: none, one score per class.
  double beta = 1.0;                          ///< Weight of recall relative to precision; finite, > 0. Default: 1.
  /// Threshold above which predictions are positive; in (0, 1]. Default: none, the largest prediction of a row is
  /// positive.
  std::optional<double> threshold = {};
  std::string name = {};  ///< Name of the metric in logs. Empty: "fbeta_score".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("average", self.average);
    field("beta", self.beta);
    field("threshold", self.threshold);
    field("name", self.name);
  }
};

/// Options of F1Score.
struct F1ScoreOptions {
  std::optional<FScoreAverage> average = {};  ///< Averaging over classes. Default: none, one score per class.
  /// Threshold above which predictions are positive; in (0, 1]. Default: none, the largest prediction of a row is
  /// positive.
  std::optional<double> threshold = {};
  std::string name = {};  ///< Name of the metric in logs. Empty: "f1_score".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("average", self.average);
    field("threshold", self.threshold);
    field("name", self.name);
  }
};

/// F-beta score: weighted harmonic mean of precision and recall. Keras: `keras.metrics.FBetaScore`.
///
///     result = (1 + beta²) precision recall / (beta² precision + recall), per class, with 1e-7 added to every divisor
///
/// Shapes: `y_true` and `y_pred` (batch, classes), targets one-hot or multi-hot. `result()` is the mean over the
/// classes if there is no `average`; `results()` has one value per class then. Throws ShapeError for other shapes, and
/// ValueError if `beta` or `threshold` is out of its range.
template <class Scalar = float>
class FBetaScore : public MetricWith<Metric<Scalar>, FBetaScoreOptions> {
 public:
  explicit FBetaScore(FBetaScoreOptions options = {}) : FBetaScore(std::move(options), "fbeta_score") {}
  std::string class_name() const override { return "FBetaScore"; }
  MetricDirection direction() const override { return MetricDirection::up; }
  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    const std::string who = this->class_name();
    if (y_true.rank() != 2 || y_true.shape() != y_pred.shape())
      raise<ShapeError>(who, ": expected targets and predictions (batch, classes), got shapes ", y_true.shape(),
                        " and ", y_pred.shape());
    const Index n = y_pred.columns();
    const bool micro = this->options_.average == FScoreAverage::micro;
    const Shape shape = micro ? Shape() : Shape{n};
    if (!this->has_variable(0)) {
      for (const char* name : {"true_positives", "false_positives", "false_negatives", "intermediate_weights"})
        this->add_variable(name, shape);
    } else if (this->variable_shape(0) != shape) {
      raise<ShapeError>(who, ": expected predictions (batch, ", this->variable_shape(0)[0], "), got shape ",
                        y_pred.shape(), ". The first batch fixes the number of classes.");
    }
    std::vector<double> weights;
    if (sample_weight.defined())
      weights = detail::broadcast_weights(sample_weight, detail::weight_shape(sample_weight.shape(), y_pred.shape()),
                                          y_pred.shape(), who);
    for (Index i = 0; i < y_pred.shape()[0]; ++i) {
      const Scalar* row = y_pred.data() + i * n;
      const Scalar largest = n == 0 ? Scalar(0) : row[detail::argmax_of_row(row, n)];
      for (Index j = 0; j < n; ++j) {
        const auto t = static_cast<double>(y_true[i * n + j]);
        const bool positive = this->options_.threshold ? row[j] > static_cast<Scalar>(*this->options_.threshold)
                                                       : row[j] >= largest && std::abs(row[j]) > Scalar(1e-9);
        const double p = positive ? 1.0 : 0.0, w = weights.empty() ? 1.0 : weights[static_cast<std::size_t>(i * n + j)];
        if (w == 0) continue;
        const std::size_t to = micro ? 0 : static_cast<std::size_t>(j);
        this->variable(0)[to] += w * p * t;
        this->variable(1)[to] += w * p * (1 - t);
        this->variable(2)[to] += w * (1 - p) * t;
        this->variable(3)[to] += w * t;
      }
    }
  }
  double result() const override { return detail::mean_of(scores()); }
  Tensor<double> results() const override {
    const std::vector<double> all = scores();
    if (this->options_.average || all.empty()) return Tensor<double>(detail::mean_of(all));
    return Tensor<double>::from(all.data(), {static_cast<Index>(all.size())});
  }

 protected:
  /// Constructs the metric from its options and the default name.
  FBetaScore(FBetaScoreOptions options, const char* name)
      : MetricWith<Metric<Scalar>, FBetaScoreOptions>(std::move(options), name) {
    const FBetaScoreOptions& o = this->options_;
    detail::check_positive(o.beta, "beta", "FBetaScore");
    if (o.threshold && !(detail::above(*o.threshold, 0) && detail::at_most(*o.threshold, 1)))
      raise<ValueError>("FBetaScore: expected a threshold in (0, 1], got ", *o.threshold);
  }

 private:
  std::vector<double> scores() const {
    constexpr double epsilon = 1e-7;
    std::vector<double> all;
    if (!this->has_variable(0)) return all;
    const std::vector<double>&tp = this->variable(0), &fp = this->variable(1), &fn = this->variable(2),
          &weights = this->variable(3);
    const double square = this->options_.beta * this->options_.beta;
    double weighted = 0, total = 0;
    for (std::size_t j = 0; j < tp.size(); ++j) {
      const double precision = tp[j] / (tp[j] + fp[j] + epsilon), recall = tp[j] / (tp[j] + fn[j] + epsilon);
      all.push_back((1 + square) * (precision * recall / (square * precision + recall + epsilon)));
      weighted += all[j] * weights[j];
      total += weights[j];
    }
    if (this->options_.average == FScoreAverage::weighted) all = {weighted / (total + epsilon)};
    return all;
  }
};

/// F1 score: harmonic mean of precision and recall. Keras: `keras.metrics.F1Score`.
///
///     result = 2 precision recall / (precision + recall), with 1e-7 added to every divisor
///
/// FBetaScore with beta = 1: shapes and errors are the same.
template <class Scalar = float>
class F1Score : public FBetaScore<Scalar> {
 public:
  using Arguments = F1ScoreOptions;
  explicit F1Score(F1ScoreOptions options = {})
      : FBetaScore<Scalar>({options.average, 1.0, options.threshold, options.name}, "f1_score") {}
  std::string class_name() const override { return "F1Score"; }
  LAMINA_COLD Config get_config() const override {
    return config_of(F1ScoreOptions{this->options_.average, this->options_.threshold, this->name()});
  }
};

}  // namespace lamina::metrics

namespace lamina {
using metrics::F1Score;
using metrics::F1ScoreOptions;
using metrics::FBetaScore;
using metrics::FBetaScoreOptions;
using metrics::FScoreAverage;
}  // namespace lamina
