#pragma once
#include <optional>

#include "lamina/core/classify.hpp"
#include "lamina/metrics/mean_of_samples.hpp"
#include "lamina/metrics/row_values.hpp"
#include "lamina/metrics/sample_weights.hpp"

namespace lamina::metrics {

/// How R2Score averages the scores of several outputs. Keras: the argument `class_aggregation`.
enum class ClassAggregation {
  uniform_average,           ///< Unweighted mean.
  variance_weighted_average  ///< Mean weighted by the variances of the targets.
};
/// Returns Keras's names of the values of ClassAggregation, in their order.
constexpr auto enumeration_names(ClassAggregation) {
  return std::array<std::string_view, 2>{"uniform_average", "variance_weighted_average"};
}

/// Mean squared error metric. Keras: `keras.metrics.MeanSquaredError`.
///
///     result = mean((y_true - y_pred)²)
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features). Throws ShapeError if the shapes differ.
template <class Scalar = float>
class MeanSquaredError : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  /// Constructs the metric from its options.
  explicit MeanSquaredError(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "mean_squared_error")) {}
  /// Constructs the metric with a name.
  explicit MeanSquaredError(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "MeanSquaredError"; }
  MetricDirection direction() const override { return MetricDirection::down; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return detail::mean_of_each_row(y_true, y_pred, "MeanSquaredError",
                                    [](Scalar t, Scalar p) { return (t - p) * (t - p); });
  }
};

/// Mean absolute error metric. Keras: `keras.metrics.MeanAbsoluteError`.
///
///     result = mean(|y_true - y_pred|)
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features). Throws ShapeError if the shapes differ.
template <class Scalar = float>
class MeanAbsoluteError : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  /// Constructs the metric from its options.
  explicit MeanAbsoluteError(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "mean_absolute_error")) {}
  /// Constructs the metric with a name.
  explicit MeanAbsoluteError(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "MeanAbsoluteError"; }
  MetricDirection direction() const override { return MetricDirection::down; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return detail::mean_of_each_row(y_true, y_pred, "MeanAbsoluteError",
                                    [](Scalar t, Scalar p) { return std::abs(t - p); });
  }
};

/// Mean absolute percentage error metric. Keras: `keras.metrics.MeanAbsolutePercentageError`.
///
///     result = 100 mean(|y_true - y_pred| / max(|y_true|, 1e-7))
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features). Throws ShapeError if the shapes differ.
template <class Scalar = float>
class MeanAbsolutePercentageError : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  /// Constructs the metric from its options.
  explicit MeanAbsolutePercentageError(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "mean_absolute_percentage_error")) {}
  /// Constructs the metric with a name.
  explicit MeanAbsolutePercentageError(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "MeanAbsolutePercentageError"; }
  MetricDirection direction() const override { return MetricDirection::down; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return detail::mean_of_each_row(y_true, y_pred, "MeanAbsolutePercentageError", [](Scalar t, Scalar p) {
      return Scalar(100) * std::abs((t - p) / (std::max)(std::abs(t), Scalar(1e-7)));
    });
  }
};

/// Mean squared logarithmic error metric. Keras: `keras.metrics.MeanSquaredLogarithmicError`.
///
///     result = mean((log(1 + max(y_true, 1e-7)) - log(1 + max(y_pred, 1e-7)))²)
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features). Throws ShapeError if the shapes differ.
template <class Scalar = float>
class MeanSquaredLogarithmicError : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  /// Constructs the metric from its options.
  explicit MeanSquaredLogarithmicError(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "mean_squared_logarithmic_error")) {}
  /// Constructs the metric with a name.
  explicit MeanSquaredLogarithmicError(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "MeanSquaredLogarithmicError"; }
  MetricDirection direction() const override { return MetricDirection::down; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return detail::mean_of_each_row(y_true, y_pred, "MeanSquaredLogarithmicError", [](Scalar t, Scalar p) {
      const Scalar e = std::log1p((std::max)(p, Scalar(1e-7))) - std::log1p((std::max)(t, Scalar(1e-7)));
      return e * e;
    });
  }
};

/// Logarithm of the hyperbolic cosine of the error. Keras: `keras.metrics.LogCoshError`.
///
///     result = mean(log(cosh(y_pred - y_true)))
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features). Throws ShapeError if the shapes differ.
template <class Scalar = float>
class LogCoshError : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  /// Constructs the metric from its options.
  explicit LogCoshError(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "logcosh")) {}
  /// Constructs the metric with a name.
  explicit LogCoshError(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "LogCoshError"; }
  MetricDirection direction() const override { return MetricDirection::down; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return detail::mean_of_each_row(y_true, y_pred, "LogCoshError", [](Scalar t, Scalar p) {
      const double e = std::abs(static_cast<double>(p) - static_cast<double>(t));
      return e + std::log1p(std::exp(-2 * e)) - 0.69314718055994531;
    });
  }
};

/// Root mean squared error metric. Keras: `keras.metrics.RootMeanSquaredError`.
///
///     result = sqrt(mean((y_true - y_pred)²))
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features). Throws ShapeError if the shapes differ.
template <class Scalar = float>
class RootMeanSquaredError : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  /// Constructs the metric from its options.
  explicit RootMeanSquaredError(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "root_mean_squared_error")) {}
  /// Constructs the metric with a name.
  explicit RootMeanSquaredError(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "RootMeanSquaredError"; }
  MetricDirection direction() const override { return MetricDirection::down; }
  double result() const override { return std::sqrt(MeanOfSamples<Scalar>::result()); }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& t, const Tensor<Scalar>& p) const override {
    detail::check_same_shape(t, p, "RootMeanSquaredError");
    Tensor<Scalar> squares = Tensor<Scalar>::empty(p.shape());
    Scalar* out = detail::TensorAccess::data(squares);
    for (Index i = 0; i < p.size(); ++i) out[i] = (p[i] - t[i]) * (p[i] - t[i]);
    return squares;
  }
};

/// Options of CosineSimilarity.
struct CosineSimilarityOptions {
  Index axis = -1;        ///< Axis of the vectors. Default: -1.
  std::string name = {};  ///< Name of the metric in logs. Empty: "cosine_similarity".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("axis", self.axis);
    field("name", self.name);
  }
};

/// Cosine similarity metric, in [-1, 1]; the loss has the opposite sign. Keras: `keras.metrics.CosineSimilarity`.
///
///     result = mean(sum(y_true / max(|y_true|, 1e-7) * y_pred / max(|y_pred|, 1e-7), axis))
///     |.| the L2 norm along axis
///
/// Shapes: `y_true` and `y_pred` (batch, ..., features). Throws ShapeError if the shapes differ.
template <class Scalar = float>
class CosineSimilarity : public MetricWith<MeanOfSamples<Scalar>, CosineSimilarityOptions> {
 public:
  explicit CosineSimilarity(CosineSimilarityOptions options = {})
      : MetricWith<MeanOfSamples<Scalar>, CosineSimilarityOptions>(std::move(options), "cosine_similarity") {}
  std::string class_name() const override { return "CosineSimilarity"; }
  MetricDirection direction() const override { return MetricDirection::up; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return detail::each_row(
        y_true, y_pred, "CosineSimilarity",
        [](const Scalar* t, const Scalar* p, Index n) {
          const double scale_t = detail::power_of_two_scale(t, n), scale_p = detail::power_of_two_scale(p, n);
          double product = 0, tt = 0, pp = 0;
          for (Index j = 0; j < n; ++j) {
            const double a = static_cast<double>(t[j]) * scale_t, b = static_cast<double>(p[j]) * scale_p;
            product += a * b;
            tt += a * a;
            pp += b * b;
          }
          return product / ((std::max)(std::sqrt(tt), 1e-7 * scale_t) * (std::max)(std::sqrt(pp), 1e-7 * scale_p));
        },
        this->options_.axis);
  }
};

/// Options of R2Score.
struct R2ScoreOptions {
  /// Averaging over outputs; none (std::nullopt): one score per output. Default: unweighted mean.
  std::optional<ClassAggregation> class_aggregation = ClassAggregation::uniform_average;
  /// Number of independent regressors of the adjusted score; >= 0. 0: the plain score. Default: 0.
  Index num_regressors = 0;
  std::string name = {};  ///< Name of the metric in logs. Empty: "r2_score".
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("class_aggregation", self.class_aggregation);
    field("num_regressors", self.num_regressors);
    field("name", self.name);
  }
};

/// Coefficient of determination R². Keras: `keras.metrics.R2Score`.
///
///     R² = 1 - sum((y_true - y_pred)²) / sum((y_true - mean(y_true))²), per output
///     adjusted R² = 1 - (1 - R²)(n - 1) / (n - num_regressors - 1), if num_regressors > 0
///
/// Shapes: `y_true` and `y_pred` (batch, outputs). n is the number of elements of the targets, as in Keras 3.15. Throws
/// ShapeError for other shapes or another number of outputs, and ValueError if `num_regressors` < 0.
template <class Scalar = float>
class R2Score : public MetricWith<Metric<Scalar>, R2ScoreOptions> {
 public:
  explicit R2Score(R2ScoreOptions options = {})
      : MetricWith<Metric<Scalar>, R2ScoreOptions>(std::move(options), "r2_score") {
    if (this->options_.num_regressors < 0)
      raise<ValueError>("R2Score: expected num_regressors >= 0, got ", this->options_.num_regressors);
    this->add_variable("num_samples", {});
  }
  std::string class_name() const override { return "R2Score"; }
  MetricDirection direction() const override { return MetricDirection::up; }
  void update_state(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred,
                    const Tensor<Scalar>& sample_weight = {}) override {
    const auto [t, p] = detail::match_targets(y_true.detached(), y_pred.detached(), "R2Score");
    detail::check_same_shape(t, p, "R2Score");
    if (p.rank() != 2)
      raise<ShapeError>("R2Score: expected targets and predictions (batch, outputs), got shapes ", y_true.shape(),
                        " and ", y_pred.shape());
    const Index n = p.columns();
    if (!this->has_variable(1)) {
      for (const char* name : {"squared_sum", "sum", "residual", "count"}) this->add_variable(name, {n});
    } else if (this->variable_shape(1) != Shape{n}) {
      raise<ShapeError>("R2Score: expected predictions (batch, ", this->variable_shape(1)[0], "), got shape ",
                        p.shape(), ". The first batch fixes the number of outputs.");
    }
    std::vector<double> weights;
    if (sample_weight.defined())
      weights = detail::broadcast_weights(sample_weight, detail::weight_shape(sample_weight.shape(), p.shape()),
                                          p.shape(), "R2Score");
    for (Index i = 0; i < p.size(); ++i) {
      const auto j = static_cast<std::size_t>(i % n);
      const double w = weights.empty() ? 1.0 : weights[static_cast<std::size_t>(i)];
      if (w == 0) continue;
      const auto target = static_cast<double>(t[i]), error = target - static_cast<double>(p[i]);
      this->variable(1)[j] += target * target * w;
      this->variable(2)[j] += target * w;
      this->variable(3)[j] += error * error * w;
      this->variable(4)[j] += w;
    }
    this->variable(0)[0] += static_cast<double>(p.size());
  }
  double result() const override { return detail::mean_of(scores()); }
  Tensor<double> results() const override {
    const std::vector<double> all = scores();
    if (this->options_.class_aggregation || all.empty()) return Tensor<double>(detail::mean_of(all));
    return Tensor<double>::from(all.data(), {static_cast<Index>(all.size())});
  }

 private:
  std::vector<double> scores() const {
    std::vector<double> all;
    if (!this->has_variable(1)) return all;
    double weighted = 0, weights = 0;
    for (std::size_t j = 0; j < this->variable(1).size(); ++j) {
      const double sum = this->variable(2)[j], total = this->variable(1)[j] - sum * (sum / this->variable(4)[j]);
      double score = 1 - this->variable(3)[j] / total;
      if (is_infinite(score)) score = 0;
      all.push_back(score);
      weighted += total * score;
      weights += total;
    }
    if (this->options_.class_aggregation == ClassAggregation::uniform_average) all = {detail::mean_of(all)};
    if (this->options_.class_aggregation == ClassAggregation::variance_weighted_average) all = {weighted / weights};
    const double n = this->variable(0)[0], k = static_cast<double>(this->options_.num_regressors);
    if (k > 0 && k < n - 1)
      for (double& score : all) score = 1 - (1 - score) * (n - 1) / (n - k - 1);
    return all;
  }
};

LAMINA_COMPILED_CLASS(MeanSquaredError);
LAMINA_COMPILED_CLASS(MeanAbsoluteError);

}  // namespace lamina::metrics

namespace lamina {
using metrics::ClassAggregation;
using metrics::LogCoshError;
using metrics::R2Score;
using metrics::R2ScoreOptions;
using metrics::RootMeanSquaredError;
/// The metric MeanSquaredError, under a name that differs from the loss.
template <class Scalar = float>
using MeanSquaredErrorMetric = metrics::MeanSquaredError<Scalar>;
}  // namespace lamina
