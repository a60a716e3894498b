// A metric equals its loss with every common option, and excludes samples without weight.
#include <limits>

#include "support/expect.hpp"

using namespace lamina;

namespace {

const double NaN = std::numeric_limits<double>::quiet_NaN();
constexpr Reduction by_weight = Reduction::mean_with_sample_weight;

Tensor<double> with(Tensor<double> x, std::initializer_list<Index> at, double value) {
  x = x.copy();
  for (const Index i : at) x.mutable_data()[i] = value;
  return x;
}

double result_of(Metric<double>& metric, const Tensor<double>& t, const Tensor<double>& p,
                 const Tensor<double>& weight = {}, const Tensor<double>& mask = {}) {
  metric.reset_state();
  metric.update_with_batch(t, p, weight, mask);
  return metric.result();
}

/// Values of shape (3, 2): without weights, with weights, with a mask, with both; in two batches; with excluded NaN.
void agree(Metric<double>& metric, const Loss<double>& loss, const Tensor<double>& t, const Tensor<double>& p,
           double sign = 1) {
  SCOPED_TRACE(metric.class_name());
  const Tensor<double> weight{{1., 0.5}, {0., 3.}, {2., 0.}}, mask{{1., 1.}, {1., 0.}, {0., 1.}}, none;
  for (const Tensor<double>& w : {none, weight})
    for (const Tensor<double>& m : {none, mask})
      EXPECT_NEAR(result_of(metric, t, p, w, m), sign * loss(t, p, w, m).item(), 1e-12)
          << w.defined() << " " << m.defined();
  metric.reset_state();
  metric.update_state(t.rows_view(0, 1), p.rows_view(0, 1));
  metric.update_state(t.rows_view(1, 3), p.rows_view(1, 3));
  EXPECT_NEAR(metric.result(), sign * loss(t, p).item(), 1e-12) << "in batches";
  // Sample 1 has weight 0; its values have no effect.
  const Tensor<double> zero{1., 0., 2.};
  const double expected = result_of(metric, t, p, zero);
  const Index k = t.size() / 3, n = p.size() / 3;
  const Tensor<double> bad_t = with(t, {k}, NaN), bad_p = with(p, {n + 1}, NaN);
  EXPECT_NEAR(result_of(metric, bad_t, bad_p, zero), expected, 1e-12);
  EXPECT_NEAR(result_of(metric, bad_t, bad_p, {}, zero), result_of(metric, t, p, {}, zero), 1e-12);
  metric.reset_state();
  metric.update_state(bad_t, bad_p, zero);
  EXPECT_NEAR(metric.result(), expected, 1e-12) << "called directly";
}

}  // namespace

TEST(Agreement, OfEveryMetricWithItsLoss) {
  const Tensor<double> t = softmax(expect::scattered({3, 2, 4}, 1)), p = softmax(expect::scattered({3, 2, 4}, 2)),
                       x = expect::scattered({3, 2, 4}, 3), labels{{3., 0.}, {1., 2.}, {0., 1.}};
  Tensor<double> bits = t.copy();
  for (Index i = 0; i < bits.size(); ++i) bits.mutable_data()[i] = bits[i] > 0.25 ? 1 : 0;
  const auto simple = [&](const char* metric, const char* loss, const Tensor<double>& target, double sign = 1) {
    Config config;
    config["reduction"] = "mean_with_sample_weight";
    const auto m = MetricFamily<double>::Table::from_config("metric", metric);
    agree(*m, *LossFamily<double>::Table::from_config("loss", named_config(loss, config)), target, p, sign);
  };
  for (const char* name : {"MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError",
                           "MeanSquaredLogarithmicError", "KLDivergence", "Poisson", "CategoricalHinge"})
    simple(name, name, t);
  for (const char* name : {"Hinge", "SquaredHinge"}) simple(name, name, bits);
  simple("LogCoshError", "LogCosh", t);
  simple("CosineSimilarity", "CosineSimilarity", t, -1);
  for (const bool logits : {false, true}) {
    const Tensor<double>& in = logits ? x : p;
    for (const double smoothing : {0.0, 0.3}) {
      metrics::BinaryCrossentropy<double> binary({.from_logits = logits, .label_smoothing = smoothing});
      agree(binary, BinaryCrossentropy<double>({logits, smoothing, -1, by_weight}), t, in);
      metrics::CategoricalCrossentropy<double> categorical({.from_logits = logits, .label_smoothing = smoothing});
      agree(categorical, CategoricalCrossentropy<double>({logits, smoothing, -1, by_weight}), t, in);
    }
    for (const auto& ignored : {std::optional<Index>(), std::optional<Index>(0)})
      for (const Tensor<double>& y : {labels, reshape(labels, {3, 2, 1})}) {
        metrics::SparseCategoricalCrossentropy<double> sparse({.from_logits = logits, .ignore_class = ignored});
        agree(sparse, SparseCategoricalCrossentropy<double>({logits, ignored, -1, by_weight}), y, in);
      }
  }
}

TEST(Agreement, AlongAnotherAxis) {
  // Classes on axis 1 of (3, 4, 2): the values have shape (3, 2) again.
  const Tensor<double> t = softmax(expect::scattered({3, 4, 2}, 1), 1), p = softmax(expect::scattered({3, 4, 2}, 2), 1),
                       x = expect::scattered({3, 4, 2}, 3), labels{{3., 0.}, {1., 2.}, {0., 1.}};
  metrics::CosineSimilarity<double> cosine({.axis = 1});
  agree(cosine, CosineSimilarity<double>({.axis = 1, .reduction = by_weight}), t, p, -1);
  for (const bool logits : {false, true}) {
    const Tensor<double>& in = logits ? x : p;
    for (const double smoothing : {0.0, 0.3}) {
      metrics::CategoricalCrossentropy<double> metric({.from_logits = logits, .label_smoothing = smoothing, .axis = 1});
      agree(metric, CategoricalCrossentropy<double>({logits, smoothing, 1, by_weight}), t, in);
    }
    for (const auto& ignored : {std::optional<Index>(), std::optional<Index>(0)})
      for (const Tensor<double>& y : {labels, reshape(labels, {3, 1, 2})}) {
        metrics::SparseCategoricalCrossentropy<double> sparse(
            {.from_logits = logits, .ignore_class = ignored, .axis = 1});
        agree(sparse, SparseCategoricalCrossentropy<double>({logits, ignored, 1, by_weight}), y, in);
      }
  }
}

TEST(Agreement, OfPredictionsWithoutAFeatureAxis) {
  // A scalar value of a batch is weighted by the number of samples, like the loss of an epoch.
  metrics::MeanSquaredError<double> metric;
  metric.update_state(Tensor{1., 2., 3.}, Tensor{1., 2., 0.});
  metric.update_state(Tensor{1.}, Tensor{2.});
  EXPECT_NEAR(metric.result(), (9.0 + 1) / 4, 1e-12);
  EXPECT_EQ(metric.variables()[1].item(), 4);
}

TEST(Metrics, ExcludeSamplesWithoutWeight) {
  // Every other metric: sample 1 has weight 0 and is not finite.
  const Tensor<double> bits{{1., 0., 0.}, {0., 1., 0.}, {0., 0., 1.}, {0., 1., 0.}},
      p = softmax(expect::scattered({4, 3}, 4)), labels{0., 1., 2., 1.}, weight{1., 0., 0.5, 2.};
  const auto holds = [&](Metric<double>& metric, const Tensor<double>& t, const Tensor<double>& q) {
    SCOPED_TRACE(metric.class_name());
    const Index k = t.size() / 4, n = q.size() / 4;
    const Tensor<double> bad_t = with(t, {k}, NaN), bad_q = with(q, {n, n + (n > 1 ? 1 : 0)}, NaN);
    const double expected = result_of(metric, t, q, weight), masked = result_of(metric, t, q, {}, weight);
    EXPECT_TRUE(std::isfinite(expected));
    EXPECT_EQ(result_of(metric, bad_t, bad_q, weight), expected);
    EXPECT_EQ(result_of(metric, bad_t, bad_q, {}, weight), masked);
    metric.reset_state();
    metric.update_state(bad_t, bad_q, weight);
    EXPECT_EQ(metric.result(), expected) << "called directly";
    // The mask excludes sample 1: the result is the same without it.
    std::vector<Tensor<double>> ts, qs;
    for (const Index i : {0, 2, 3}) {
      ts.push_back(t.rows_view(i, i + 1));
      qs.push_back(q.rows_view(i, i + 1));
    }
    EXPECT_NEAR(result_of(metric, concatenate(ts, 0), concatenate(qs, 0)), masked, 1e-12);
  };
  for (const char* name :
       {"TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives", "Precision", "Recall", "AUC", "F1Score",
        "FBetaScore", "R2Score", "RootMeanSquaredError", "Accuracy", "BinaryAccuracy", "CategoricalAccuracy",
        "TopKCategoricalAccuracy", "PearsonCorrelation", "ConcordanceCorrelation", "BinaryIoU"})
    holds(*MetricFamily<double>::Table::from_config("metric", named_config(name, Config::map())), bits, p);
  for (const char* name : {"SparseCategoricalAccuracy", "SparseTopKCategoricalAccuracy"})
    holds(*MetricFamily<double>::Table::from_config("metric", named_config(name, Config::map())), labels, p);
  for (const char* name : {"accuracy", "crossentropy"}) {
    holds(*MetricFamily<double>::Table::from_config("metric", name), labels, p);
    holds(*MetricFamily<double>::Table::from_config("metric", name), bits, p);
  }
  MeanIoU<double> mean_iou({.num_classes = 3});
  holds(mean_iou, labels, Tensor{0., 2., 2., 0.});
  OneHotMeanIoU<double> one_hot({.num_classes = 3});
  holds(one_hot, bits, p);
  PrecisionAtRecall<double> best({.recall = 0.5});
  holds(best, bits, p);
  metrics::Mean<double> mean;
  mean.update_state(Tensor{1., NaN, 3.}, Tensor{1., 0., 1.});
  EXPECT_EQ(mean.result(), 2);
  metrics::Sum<double> total;
  total.update_state(Tensor{1., NaN, 3.}, Tensor{1., 0., 1.});
  EXPECT_EQ(total.result(), 4);
}

TEST(Metrics, CustomClassesGetMatchedTargetsAndTheMask) {
  struct Largest : Metric<double> {
    Largest() : Metric<double>("largest") { this->add_variable("largest", {}); }
    std::string class_name() const override { return "Largest"; }
    void update_state(const Tensor<double>& t, const Tensor<double>& p, const Tensor<double>& weight) override {
      const Tensor<double> errors = abs(t - p) * (weight.defined() ? weight : Tensor<double>(1.0));
      EXPECT_EQ(errors.shape(), (Shape{3, 1}));
      this->variable(0)[0] = (max)(errors).item();
    }
    double result() const override { return this->variable(0)[0]; }
  } metric;
  EXPECT_EQ(result_of(metric, Tensor{1., 2., 3.}, Tensor{{1.}, {4.}, {8.}}), 5);
  EXPECT_EQ(result_of(metric, Tensor{1., 2., NaN}, Tensor{{1.}, {4.}, {8.}}, {}, Tensor{{1.}, {1.}, {0.}}), 2);
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        result_of(metric, Tensor{{1., 2.}, {3., 4.}}, Tensor{1., 2.});
      },
      {"Largest", "(2, 2)", "(2,)"}));
}

TEST(IoUs, WeightsAreNotRounded) {
  const Tensor<double> t{0., 0., 1., 1.}, p{0., 1., 0., 1.}, weight{.3, .3, .3, .1};
  const double expected = (0.3 / 0.9 + 0.1 / 0.7) / 2;
  EXPECT_NEAR(expected, 0.238095, 1e-6);
  const Tensor<double> one_hot{{1., 0.}, {1., 0.}, {0., 1.}, {0., 1.}}, guesses{{1., 0.}, {0., 1.}, {1., 0.}, {0., 1.}};
  MeanIoU<double> mean({.num_classes = 2});
  IoU<double> both({.num_classes = 2, .target_class_ids = {0, 1}});
  BinaryIoU<double> binary;
  OneHotIoU<double> one_hot_both({.num_classes = 2, .target_class_ids = {0, 1}});
  OneHotMeanIoU<double> one_hot_mean({.num_classes = 2});
  for (const double scale : {1.0, 1e-6, 1e6}) {
    for (Metric<double>* metric : std::initializer_list<Metric<double>*>{&mean, &both, &binary})
      EXPECT_NEAR(result_of(*metric, t, p, weight * scale), expected, 1e-12) << metric->class_name();
    for (Metric<double>* metric : std::initializer_list<Metric<double>*>{&one_hot_both, &one_hot_mean})
      EXPECT_NEAR(result_of(*metric, one_hot, guesses, weight * scale), expected, 1e-12) << metric->class_name();
  }
  // One weight per sample that has several values.
  EXPECT_NEAR(result_of(mean, reshape(t, {2, 2}), reshape(p, {2, 2}), Tensor{0.5, 0.25}), (0.5 / 1.25 + 0.25 / 1.0) / 2,
              1e-12);
}

TEST(Confusion, WeightsAreNotRounded) {
  const Tensor<double> t{1., 1., 0., 0.}, p{.9, .2, .8, .1}, weight{.3, .4, .2, .1};
  const std::pair<const char*, double> expected[] = {{"true_positives", .3},  {"false_negatives", .4},
                                                     {"false_positives", .2}, {"true_negatives", .1},
                                                     {"precision", .3 / .5},  {"recall", .3 / (.3 + .4)}};
  for (const auto& [name, value] : expected)
    EXPECT_NEAR(result_of(*MetricFamily<double>::Table::from_config("metric", name), t, p, weight), value, 1e-12)
        << name;
}
