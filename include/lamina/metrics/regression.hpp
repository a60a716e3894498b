#pragma once
#include <optional>

#include "lamina/core/classify.hpp"
#include "lamina/metrics/mean_of_samples.hpp"
#include "lamina/metrics/row_values.hpp"
#include "lamina/metrics/sample_weights.hpp"

namespace lamina::metrics {

/// How R2Score makes one number of those of the outputs: their mean, or that weighted by the targets' variances.
enum class ClassAggregation { uniform_average, variance_weighted_average };
constexpr auto enumeration_names(ClassAggregation) {
  return std::array<std::string_view, 2>{"uniform_average", "variance_weighted_average"};
}

/// The mean of (y_true - y_pred)². Keras's metric MeanSquaredError.
template <class Scalar = float>
class MeanSquaredError : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  explicit MeanSquaredError(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "mean_squared_error")) {}
  explicit MeanSquaredError(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "MeanSquaredError"; }
  MetricDirection direction() const override { return MetricDirection::down; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return detail::mean_of_each_row(y_true, y_pred, "MeanSquaredError",
                                    [](Scalar t, Scalar p) { return (t - p) * (t - p); });
  }
};

/// The mean of |y_true - y_pred|. Keras's metric MeanAbsoluteError.
template <class Scalar = float>
class MeanAbsoluteError : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  explicit MeanAbsoluteError(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "mean_absolute_error")) {}
  explicit MeanAbsoluteError(std::string name) : MeanOfSamples<Scalar>(std::move(name)) {}
  std::string class_name() const override { return "MeanAbsoluteError"; }
  MetricDirection direction() const override { return MetricDirection::down; }

 protected:
  Tensor<Scalar> values(const Tensor<Scalar>& y_true, const Tensor<Scalar>& y_pred) const override {
    return detail::mean_of_each_row(y_true, y_pred, "MeanAbsoluteError",
                                    [](Scalar t, Scalar p) { return std::abs(t - p); });
  }
};

/// 100 times the mean of |y_true - y_pred| / max(|y_true|, 1e-7). Keras's metric MeanAbsolutePercentageError.
template <class Scalar = float>
class MeanAbsolutePercentageError : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  explicit MeanAbsolutePercentageError(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "mean_absolute_percentage_error")) {}
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

/// The mean of (log(1 + y_true) - log(1 + y_pred))², both held above 1e-7. Keras's metric MeanSquaredLogarithmicError.
template <class Scalar = float>
class MeanSquaredLogarithmicError : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  explicit MeanSquaredLogarithmicError(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "mean_squared_logarithmic_error")) {}
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

/// The mean of log cosh(y_pred - y_true). Keras's metric LogCoshError.
template <class Scalar = float>
class LogCoshError : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  explicit LogCoshError(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "logcosh")) {}
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

/// The root of the mean of (y_true - y_pred)². Keras's metric RootMeanSquaredError.
template <class Scalar = float>
class RootMeanSquaredError : public MeanOfSamples<Scalar> {
 public:
  using Arguments = MetricOptions;
  explicit RootMeanSquaredError(const MetricOptions& options = {})
      : MeanOfSamples<Scalar>(detail::name_or(options.name, "root_mean_squared_error")) {}
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

struct CosineSimilarityOptions {
  Index axis = -1;
  std::string name = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("axis", self.axis);
    field("name", self.name);
  }
};

/// The mean of sum y_true y_pred along an axis, both scaled to length 1. Keras's metric CosineSimilarity; the loss has
/// the opposite sign.
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
          const double of_t = detail::unit_of(t, n), of_p = detail::unit_of(p, n);
          double product = 0, tt = 0, pp = 0;
          for (Index j = 0; j < n; ++j) {
            const double a = static_cast<double>(t[j]) * of_t, b = static_cast<double>(p[j]) * of_p;
            product += a * b;
            tt += a * a;
            pp += b * b;
          }
          return product / ((std::max)(std::sqrt(tt), 1e-7 * of_t) * (std::max)(std::sqrt(pp), 1e-7 * of_p));
        },
        this->options_.axis);
  }
};

struct R2ScoreOptions {
  std::optional<ClassAggregation> class_aggregation =
      ClassAggregation::uniform_average;  ///< nothing: one score for each output
  Index num_regressors = 0;               ///< of the adjusted score; 0: the plain one
  std::string name = {};
  template <class Self, class Field>
  static void fields(Self& self, Field&& field) {
    field("class_aggregation", self.class_aggregation);
    field("num_regressors", self.num_regressors);
    field("name", self.name);
  }
};

/// The coefficient of determination, 1 - sum (y_true - y_pred)² / sum (y_true - mean y_true)², of targets and
/// predictions (batch, outputs). With regressors it is adjusted: 1 - (1 - R²)(n - 1) / (n - num_regressors - 1), where
/// n counts, as in Keras 3.15, every number of the targets. Keras's metric R2Score.
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
      raise<ShapeError>("R2Score: expected ", this->variable_shape(1)[0], " outputs as before, got shape ", p.shape());
    }
    std::vector<double> weights;
    if (sample_weight.defined())
      weights = detail::stretched_weights(sample_weight, detail::weight_shape(sample_weight.shape(), p.shape()),
                                          p.shape(), "R2Score");
    for (Index i = 0; i < p.size(); ++i) {
      const auto j = static_cast<std::size_t>(i % n);
      const double w = weights.empty() ? 1.0 : weights[static_cast<std::size_t>(i)];
      if (w == 0) continue;
      const auto truth = static_cast<double>(t[i]), error = truth - static_cast<double>(p[i]);
      this->variable(1)[j] += truth * truth * w;
      this->variable(2)[j] += truth * w;
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
/// The metric beside the loss of the same Keras name.
template <class Scalar = float>
using MeanSquaredErrorMetric = metrics::MeanSquaredError<Scalar>;
}  // namespace lamina
