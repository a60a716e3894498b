// Every family of metrics against plain loops: values, weights, masks, state, and bad input.
#include "support/expect.hpp"

using namespace lamina;

namespace {

const Tensor<double> t3 = expect::scattered({2, 3, 4}), p3 = expect::scattered({2, 3, 4}, 2);
Tensor<double> positive(const Shape& shape, std::uint64_t seed) { return expect::scattered(shape, seed) * 0.45 + 0.5; }

template <class M>
double once(M&& metric, const Tensor<double>& t, const Tensor<double>& p, const Tensor<double>& weight = {}) {
  metric.update_state(t, p, weight);
  return metric.result();
}
template <class M>
Tensor<double> all_of(M&& metric, const Tensor<double>& t, const Tensor<double>& p, const Tensor<double>& weight = {}) {
  metric.update_state(t, p, weight);
  return metric.results();
}
std::shared_ptr<Metric<float>> made(const Config& config) {
  return MetricFamily<float>::Table::from_config("metric", config);
}

}  // namespace

TEST(MeanMetrics, AgreeWithTheLossesOfTheSameName) {
  const Tensor<double> u = positive({3, 4}, 1), v = positive({3, 4}, 2), weight{1., 0.5, 3.};
  const auto agree = [&](auto&& metric, const Loss<double>& loss, const Tensor<double>& t, const Tensor<double>& p,
                         double sign = 1) {
    SCOPED_TRACE(metric.class_name());
    EXPECT_NEAR(once(metric, t, p), sign * loss(t, p).item(), 1e-12);
    EXPECT_EQ(metric.variables()[1].item(), 3);
    metric.reset_state();
    EXPECT_EQ(metric.result(), 0);
    const Tensor<double> values = sign * loss.call(t, p);
    EXPECT_NEAR(once(metric, t, p, weight), sum(values * weight).item() / 4.5, 1e-12);
    EXPECT_EQ(metric.variables()[1].item(), 4.5);
    EXPECT_EQ(metric.variable_names(), (std::vector<std::string>{"total", "count"}));
  };
  agree(metrics::MeanSquaredError<double>(), MeanSquaredError<double>(), u, v);
  agree(metrics::MeanAbsoluteError<double>(), MeanAbsoluteError<double>(), u, v);
  agree(metrics::MeanAbsolutePercentageError<double>(), MeanAbsolutePercentageError<double>(), u, v);
  agree(metrics::MeanSquaredLogarithmicError<double>(), MeanSquaredLogarithmicError<double>(), u, v);
  agree(LogCoshError<double>(), LogCosh<double>(), u, v);
  agree(metrics::CosineSimilarity<double>(), CosineSimilarity<double>(), u, v, -1);
  agree(metrics::Hinge<double>(), Hinge<double>(), u, v);
  agree(metrics::SquaredHinge<double>(), SquaredHinge<double>(), Tensor{{1., 0.}, {0., 0.}, {1., 1.}},
        expect::scattered({3, 2}));
  agree(metrics::CategoricalHinge<double>(), CategoricalHinge<double>(), u, v);
  agree(metrics::KLDivergence<double>(), KLDivergence<double>(), u, v);
  agree(metrics::Poisson<double>(), Poisson<double>(), u, v);
  for (const bool logits : {false, true}) {
    const Tensor<double> p = logits ? expect::scattered({3, 4}, 5) : v;
    agree(metrics::BinaryCrossentropy<double>({.from_logits = logits, .label_smoothing = 0.2}),
          BinaryCrossentropy<double>({.from_logits = logits, .label_smoothing = 0.2}), u, p);
    agree(metrics::CategoricalCrossentropy<double>({.from_logits = logits, .label_smoothing = 0.2}),
          CategoricalCrossentropy<double>({.from_logits = logits, .label_smoothing = 0.2}), u, p);
    agree(metrics::SparseCategoricalCrossentropy<double>({.from_logits = logits}),
          SparseCategoricalCrossentropy<double>({.from_logits = logits}), Tensor{3., 0., 1.}, p);
  }
  EXPECT_NEAR(once(metrics::CosineSimilarity<double>({.axis = 1}), t3, p3),
              -CosineSimilarity<double>({.axis = 1})(t3, p3).item(), 1e-12);
  EXPECT_NEAR(once(metrics::CategoricalCrossentropy<double>({.axis = 1}), t3, exp(p3)),
              CategoricalCrossentropy<double>({.axis = 1})(t3, exp(p3)).item(), 1e-12);
}

TEST(MeanMetrics, CountSamplesNotValues) {
  metrics::MeanAbsoluteError<double> metric;
  metric.update_state(t3, p3);
  EXPECT_EQ(metric.variables()[1].item(), 2) << "two sequences of three";
  const Tensor<double> values = MeanAbsoluteError<double>(Reduction::none)(t3, p3), full = positive({2, 3}, 8);
  metric.reset_state();
  metric.update_state(t3, p3, full);
  EXPECT_NEAR(metric.result(), (sum(values * full) / sum(full)).item(), 1e-12);
  EXPECT_NEAR(metric.variables()[1].item(), sum(full).item() / 3, 1e-12);
  metric.reset_state();
  const Tensor<double> mask{{1., 0., 1.}, {0., 0., 5.}};
  metric.update_masked_state(t3, p3, {}, mask);
  EXPECT_NEAR(metric.result(), (values(0, 0) + values(0, 2) + values(1, 2)) / 3, 1e-12);
  metric.reset_state();
  metric.update_masked_state(t3, p3, Tensor{2., 1.}, mask);
  EXPECT_NEAR(metric.result(), (2 * values(0, 0) + 2 * values(0, 2) + values(1, 2)) / 5, 1e-12);
  metric.reset_state();
  metric.update_state(Tensor<double>::zeros({0, 4}), Tensor<double>::zeros({0, 4}));
  EXPECT_EQ(metric.result(), 0) << "an empty batch";
  EXPECT_TRUE(expect::error<ShapeError>([&] { metric.update_state(t3, p3.rows_view(0, 1)); },
                                        {"MeanAbsoluteError", "(2, 3, 4)", "(1, 3, 4)"}));
}

TEST(MeanMetrics, LabelsThatAreIgnoredDoNotCount) {
  const Tensor<double> labels{1., 9., 0.}, p = positive({3, 4}, 3);
  const Tensor<double> kept =
      SparseCategoricalCrossentropy<double>({.ignore_class = 9, .reduction = Reduction::none})(labels, p);
  metrics::SparseCategoricalCrossentropy<double> metric({.ignore_class = 9});
  EXPECT_NEAR(once(metric, labels, p), (kept[0] + kept[2]) / 2, 1e-12);
  metric.reset_state();
  EXPECT_NEAR(once(metric, labels, p, Tensor{1., 1., 1.}), (kept[0] + kept[2]) / 2, 1e-12);
  metric.reset_state();
  metric.update_masked_state(labels, p, Tensor{1., 1., 1.}, Tensor{1., 1., 0.});
  EXPECT_NEAR(metric.result(), kept[0], 1e-12);
  EXPECT_TRUE(expect::error<ValueError>([&] { once(metric, Tensor{4., 0., 0.}, p); }, {"label 4 of sample 0"}));
  // Labels -1 and one prediction row that nothing can be made of.
  const Tensor<double> y{1., -1., 0.}, q{{0.2, 0.7, 0.1}, {0.3, 0.3, 0.4}, {0.6, 0.2, 0.2}};
  EXPECT_NEAR(once(metrics::SparseCategoricalCrossentropy<double>({.ignore_class = -1}), y, q),
              -(std::log(0.7) + std::log(0.6)) / 2, 1e-12);
}

TEST(MeanMetrics, OfPlainValues) {
  metrics::Mean<double> mean;
  mean.update_state(Tensor{1., 2., 6.});
  EXPECT_EQ(mean.result(), 3);
  mean.update_state(Tensor{5., 100.}, Tensor{2., 0.});
  EXPECT_EQ(mean.result(), 19.0 / 5);
  mean.reset_state();
  mean.update_state(Tensor{{1., 3.}, {5., 7.}}, Tensor{1., 3.});
  EXPECT_EQ(mean.result(), (2.0 + 18) / 4);
  metrics::Sum<double> total;
  total.update_state(Tensor{1., 2., 6.});
  total.update_state(Tensor{1., 2.}, Tensor{2., 3.});
  EXPECT_EQ(total.result(), 17);
  Metric<double>& base = total;
  base.update_state(Tensor{1.}, Tensor{4.});
  EXPECT_EQ(total.result(), 21);
  EXPECT_TRUE(expect::error<ValueError>([&] { base.update_state(Tensor{1.}, Tensor{4.}, Tensor{1.}); }, {"Sum"}));
}

TEST(RootMeanSquaredError, IsTheRootOfTheMean) {
  EXPECT_NEAR(once(RootMeanSquaredError<double>(), Tensor{{1., 2.}, {3., 4.}}, Tensor{{1., 4.}, {0., 4.}}),
              std::sqrt(3.25), 1e-14);
}

TEST(R2Score, GivesItsFormula) {
  const Tensor<double> t = expect::scattered({6, 2}), p = expect::scattered({6, 2}, 2), w = positive({6}, 3);
  const auto score = [&](Index j, bool weighted) {
    double n = 0, mean = 0, residual = 0, total = 0;
    for (Index i = 0; i < 6; ++i) n += weighted ? w[i] : 1, mean += (weighted ? w[i] : 1) * t(i, j);
    mean /= n;
    for (Index i = 0; i < 6; ++i) {
      residual += (weighted ? w[i] : 1) * std::pow(t(i, j) - p(i, j), 2);
      total += (weighted ? w[i] : 1) * std::pow(t(i, j) - mean, 2);
    }
    return std::array<double, 2>{1 - residual / total, total};
  };
  for (const bool weighted : {false, true}) {
    const Tensor<double> weight = weighted ? w : Tensor<double>();
    const auto [a, va] = score(0, weighted);
    const auto [b, vb] = score(1, weighted);
    EXPECT_TRUE(
        expect::near(all_of(R2Score<double>({.class_aggregation = {}}), t, p, weight), Tensor{a, b}, {1e-10, 0}));
    EXPECT_NEAR(once(R2Score<double>({.class_aggregation = {}}), t, p, weight), (a + b) / 2, 1e-10);
    EXPECT_NEAR(once(R2Score<double>(), t, p, weight), (a + b) / 2, 1e-10);
    EXPECT_NEAR(once(R2Score<double>({.class_aggregation = ClassAggregation::variance_weighted_average}), t, p, weight),
                (a * va + b * vb) / (va + vb), 1e-10);
    EXPECT_NEAR(once(R2Score<double>({.num_regressors = 3}), t, p, weight), 1 - (1 - (a + b) / 2) * 11 / 8, 1e-10);
  }
  EXPECT_EQ(once(R2Score<double>(), Tensor{{1.}, {1.}}, Tensor{{1.}, {2.}}), 0) << "targets that do not vary";
  R2Score<double> metric;
  EXPECT_EQ(metric.result(), 0);
  EXPECT_TRUE(expect::error<ShapeError>([&] { metric.update_state(t3, p3); }, {"R2Score", "(2, 3, 4)"}));
  EXPECT_TRUE(expect::error<ValueError>([] { R2Score<double>({.num_regressors = -1}); }, {"num_regressors"}));
}

TEST(Correlations, GiveTheirFormulas) {
  const Tensor<double> t{{1., 2., 3.}}, p{{2., 4., 6.}};
  EXPECT_NEAR(once(PearsonCorrelation<double>(), t, p), 1, 1e-12);
  EXPECT_NEAR(once(PearsonCorrelation<double>(), t, -p), -1, 1e-12);
  const double variance = 2.0 / 3;
  EXPECT_NEAR(once(ConcordanceCorrelation<double>(), t, p), 2 * 2 * variance / (variance + 4 * variance + 4 + 1e-7),
              1e-12);
  EXPECT_NEAR(once(PearsonCorrelation<double>({.axis = 0}), transpose(t), transpose(p)), 1, 1e-12);
}

TEST(Correlations, DoNotDependOnTheScale) {
  const Tensor<double> t{{1., 2., 4.}}, p{{2., 1., 5.}};
  for (const double scale : {1e-200, 1e200}) {
    EXPECT_NEAR(once(PearsonCorrelation<double>(), scale * t, p), once(PearsonCorrelation<double>(), t, p), 1e-12);
    EXPECT_NEAR(once(PearsonCorrelation<double>(), t, scale * p), once(PearsonCorrelation<double>(), t, p), 1e-12);
  }
  EXPECT_NEAR(once(metrics::CosineSimilarity<double>(), 1e200 * t, p), once(metrics::CosineSimilarity<double>(), t, p),
              1e-12);
  EXPECT_NEAR(once(ConcordanceCorrelation<double>(), 1e200 * t, 1e200 * p),
              once(ConcordanceCorrelation<double>(), t, p), 1e-6);
}

TEST(Accuracies, OfEqualNumbers) {
  EXPECT_EQ(once(Accuracy<double>(), Tensor{1., 2., 3., 4.}, Tensor{1., 2., 0., 4.}), 0.75);
  EXPECT_EQ(once(Accuracy<double>(), Tensor{{1.}, {2.}}, Tensor{1., 0.}), 0.5);
}

TEST(Accuracies, OfTheLargest) {
  const Tensor<double> p{{0.1, 0.9, 0.8, 0.05}, {0.05, 0.95, 0., 0.5}, {0.4, 0.4, 0.4, 0.1}};
  EXPECT_DOUBLE_EQ(once(SparseTopKCategoricalAccuracy<double>({.k = 2}), Tensor{2., 0., 2.}, p), 2.0 / 3)
      << "of equals all are in";
  EXPECT_DOUBLE_EQ(once(SparseTopKCategoricalAccuracy<double>({.k = 1}), Tensor{{1.}, {1.}, {3.}}, p), 2.0 / 3);
  EXPECT_EQ(once(SparseTopKCategoricalAccuracy<double>(), Tensor{0., 0., 3.}, p), 1) << "k is more than there are";
  EXPECT_DOUBLE_EQ(
      once(TopKCategoricalAccuracy<double>({.k = 2}), Tensor{{0., 0., 1., 0.}, {1., 0., 0., 0.}, {0., 0., 1., 0.}}, p),
      2.0 / 3);
  const Tensor<double> ids{{3., 1., 2.}, {2., 0., 3.}};
  EXPECT_EQ(once(SparseTopKCategoricalAccuracy<double>({.k = 2, .from_sorted_ids = true}), Tensor{1., 3.}, ids), 0.5);
  EXPECT_TRUE(expect::error<ValueError>([] { TopKCategoricalAccuracy<double>({.k = 0}); }, {"k >= 1", "0"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        once(SparseTopKCategoricalAccuracy<double>(), Tensor{4., 0., 0.}, p);
      },
      {"label 4", "0 to 3"}));
}

TEST(Confusion, CountsAtThresholds) {
  const Tensor<double> t{1., 1., 0., 0., 1., 0.}, p{0.9, 0.4, 0.6, 0.1, 0.5, 0.3}, w{1., 2., 4., 8., 16., 32.};
  EXPECT_EQ(once(TruePositives<double>(), t, p), 1) << "0.5 is not above 0.5";
  EXPECT_EQ(once(FalsePositives<double>(), t, p), 1);
  EXPECT_EQ(once(TrueNegatives<double>(), t, p), 2);
  EXPECT_EQ(once(FalseNegatives<double>(), t, p), 2);
  EXPECT_EQ(once(FalseNegatives<double>(), t, p, w), 18);
  const Tensor<double> at = all_of(TrueNegatives<double>({.thresholds = {0.05, 0.35}}), t, p, w);
  EXPECT_TRUE(expect::same(at, Tensor{0., 40.}));
  EXPECT_EQ(once(TrueNegatives<double>({.thresholds = {0.05, 0.35}}), t, p, w), 20) << "for logs the mean";
  // Evenly spaced thresholds take another way to the same counts.
  const std::vector<double> even{0, 0.25, 0.5, 0.75, 1}, uneven{0, 0.25, 0.5, 0.75, 1, 0.33};
  for (const Tensor<double>& weight : {Tensor<double>(), w}) {
    const Tensor<double> a = all_of(TruePositives<double>({.thresholds = even}), t, p, weight),
                         b = all_of(TruePositives<double>({.thresholds = uneven}), t, p, weight);
    EXPECT_TRUE(expect::same(a, b.rows_view(0, 5)));
    const Tensor<double> c = all_of(TrueNegatives<double>({.thresholds = even}), t, p, weight),
                         d = all_of(TrueNegatives<double>({.thresholds = uneven}), t, p, weight);
    EXPECT_TRUE(expect::same(c, d.rows_view(0, 5)));
  }
  EXPECT_TRUE(expect::error<ValueError>([] { TruePositives<double>({.thresholds = 1.5}); },
                                        {"TruePositives", "[0, 1]", "1.5"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        once(TruePositives<double>(), t, p, Tensor{1., 2.});
      },
      {"TruePositives", "sample weights", "(2,)"}));
}

TEST(Confusion, FloatsAreComparedAsFloats) {
  TruePositives<float> metric({.thresholds = 0.7});
  metric.update_state(Tensor{1.f, 1.f}, Tensor{0.7f, 0.70001f});
  EXPECT_EQ(metric.result(), 1);
}

TEST(Confusion, PrecisionAndRecall) {
  const Tensor<double> t{{1., 0., 1.}, {0., 1., 1.}}, p{{0.9, 0.8, 0.1}, {0.3, 0.6, 0.7}};
  EXPECT_DOUBLE_EQ(once(Precision<double>(), t, p), 3.0 / 4);
  EXPECT_DOUBLE_EQ(once(Recall<double>(), t, p), 3.0 / 4);
  EXPECT_DOUBLE_EQ(once(Precision<double>(), t, p, Tensor{1., 3.}), 7.0 / 8);
  EXPECT_DOUBLE_EQ(once(Recall<double>({.class_id = 2}), t, p), 0.5);
  EXPECT_DOUBLE_EQ(once(Recall<double>({.class_id = 2}), t, p, Tensor{3., 1.}), 0.25);
  EXPECT_DOUBLE_EQ(once(Precision<double>({.top_k = 1}), t, p), 1);
  EXPECT_DOUBLE_EQ(once(Recall<double>({.top_k = 1}), t, p), 0.5);
  EXPECT_DOUBLE_EQ(once(Recall<double>({.thresholds = 0.75, .top_k = 2}), t, p), 0.25);
  EXPECT_TRUE(
      expect::near(all_of(Precision<double>({.thresholds = {0.2, 0.65, 0.99}}), t, p), Tensor{3. / 5, 2. / 3, 0.}));
  EXPECT_EQ(Precision<double>().result(), 0) << "before any";
  EXPECT_TRUE(expect::error<ValueError>([&] { once(Precision<double>({.top_k = 4}), t, p); }, {"top_k = 4", "(2, 3)"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { once(Recall<double>({.class_id = 3}), t, p); }, {"class_id = 3"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Recall<double>({.top_k = 0}); }, {"top_k >= 1"}));
}

TEST(Confusion, BestAtAThreshold) {
  const Tensor<double> t{0., 0., 0., 1., 1., 1.}, p{0.1, 0.2, 0.7, 0.3, 0.6, 0.9};
  EXPECT_DOUBLE_EQ(once(SensitivityAtSpecificity<double>({.specificity = 0.6}), t, p), 1);
  EXPECT_DOUBLE_EQ(once(SensitivityAtSpecificity<double>({.specificity = 0.9}), t, p), 1.0 / 3);
  EXPECT_DOUBLE_EQ(once(SpecificityAtSensitivity<double>({.sensitivity = 1}), t, p), 2.0 / 3);
  EXPECT_DOUBLE_EQ(once(PrecisionAtRecall<double>({.recall = 1}), t, p), 0.75);
  EXPECT_DOUBLE_EQ(once(RecallAtPrecision<double>({.precision = 1}), t, p), 1.0 / 3);
  EXPECT_DOUBLE_EQ(once(RecallAtPrecision<double>({.precision = 0.7, .num_thresholds = 1}), t, p), 0);
  EXPECT_TRUE(expect::error<ValueError>([] { RecallAtPrecision<double>(); }, {"RecallAtPrecision", "precision"}));
  EXPECT_TRUE(expect::error<ValueError>([] { PrecisionAtRecall<double>({.recall = 2}); }, {"recall in [0, 1]", "2"}));
  EXPECT_TRUE(expect::error<ValueError>([] { made("precision_at_recall"); }, {"recall"}));
}

TEST(AUC, IsTheShareOfPairsInOrder) {
  const Index n = 200;
  Tensor<double> t = expect::scattered({n}, 3), p = positive({n}, 4);
  for (Index i = 0; i < n; ++i) t.mutable_data()[i] = t[i] > 0 ? 1 : 0;
  double pairs = 0, ordered = 0;
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j)
      if (t[i] > t[j]) pairs += 1, ordered += p[i] > p[j] ? 1 : 0;
  EXPECT_NEAR(once(AUC<double>({.num_thresholds = 20000}), t, p), ordered / pairs, 1e-3);
  const double middle = once(AUC<double>(), t, p),
               low = once(AUC<double>({.summation_method = AUCSummation::minoring}), t, p),
               high = once(AUC<double>({.summation_method = AUCSummation::majoring}), t, p);
  EXPECT_LT(low, middle);
  EXPECT_LT(middle, high);
  EXPECT_NEAR(middle, (low + high) / 2, 1e-12);
  EXPECT_NEAR(once(AUC<double>({.from_logits = true}), t, log(p / (1 - p))), middle, 1e-9);
  const std::vector<double> inner{0.75, 0.25, 0.5};
  EXPECT_NEAR(once(AUC<double>({.thresholds = inner}), t, p), once(AUC<double>({.num_thresholds = 5}), t, p), 1e-12)
      << "sorted, and with the ends";
  EXPECT_EQ(AUC<double>({.thresholds = inner}).variables()[0].shape(), Shape{5});
}

TEST(AUC, OfEveryCurve) {
  const Tensor<double> t{0., 0., 1., 1.}, p{0., 0.5, 0.3, 0.9};
  // Keras's own documentation.
  EXPECT_NEAR(once(AUC<double>({.num_thresholds = 3}), t, p), 0.75, 1e-12);
  EXPECT_NEAR(once(AUC<double>({.num_thresholds = 3}), t, p, Tensor{1., 0., 0., 1.}), 1.0, 1e-12);
  EXPECT_NEAR(once(AUC<double>({.curve = AUCCurve::PR, .summation_method = AUCSummation::minoring}), t, p), 0.25,
              1e-12);
  EXPECT_GT(once(AUC<double>({.curve = AUCCurve::PRGAIN}), t, p), 0);
  const Tensor<double> all = once(AUC<double>({.curve = AUCCurve::PR}), t, t);
  EXPECT_NEAR(all.item(), 1, 1e-12) << "predictions that are right";
}

TEST(AUC, OfSeveralLabels) {
  const Tensor<double> t{{1., 0.}, {0., 0.}, {1., 1.}, {0., 1.}}, p{{0.9, 0.4}, {0.1, 0.3}, {0.3, 0.2}, {0.6, 0.8}};
  const auto column = [&](Index j) { return once(AUC<double>(), slice(t, {0, j}, {4, 1}), slice(p, {0, j}, {4, 1})); };
  EXPECT_NEAR(once(AUC<double>({.multi_label = true}), t, p), (column(0) + column(1)) / 2, 1e-12);
  const std::vector<double> weights{3, 1};
  EXPECT_NEAR(once(AUC<double>({.multi_label = true, .num_labels = 2, .label_weights = weights}), t, p),
              (3 * column(0) + column(1)) / 4, 1e-12);
  const std::vector<double> first{1, 0};
  EXPECT_NEAR(once(AUC<double>({.label_weights = first}), t, p), column(0), 1e-12) << "in one curve";
  EXPECT_TRUE(expect::error<ShapeError>([&] { once(AUC<double>({.multi_label = true}), Tensor{1.}, Tensor{1.}); },
                                        {"AUC", "(batch, labels)"}));
  EXPECT_TRUE(expect::error<ValueError>([] { AUC<double>({.num_thresholds = 1}); }, {"num_thresholds >= 2"}));
  EXPECT_TRUE(expect::error<ValueError>([] { AUC<double>({.num_labels = 2}); }, {"multi_label"}));
  Config config;
  config["curve"] = "pr";
  EXPECT_EQ(made(named_config("AUC", config))->get_config().at("curve").as_string(), "PR");
  config["curve"] = "PQ";
  EXPECT_TRUE(expect::error<ValueError>([&] { made(named_config("AUC", config)); }, {"curve \"PQ\"", "ROC"}));
}

TEST(FScores, GiveTheirFormulas) {
  const Tensor<double> t{{1., 0., 0.}, {0., 1., 0.}, {0., 1., 0.}, {0., 0., 1.}},
      p{{0.9, 0.1, 0.}, {0.6, 0.4, 0.}, {0.1, 0.8, 0.1}, {0., 0., 0.}};
  // Class 0: 1 of 2 predicted, 1 of 1 found; class 1: 1 of 1, 1 of 2; class 2: none.
  const expect::Within within{1e-6, 1e-6};
  EXPECT_TRUE(expect::near(all_of(F1Score<double>(), t, p), Tensor{2. / 3, 2. / 3, 0.}, within));
  EXPECT_NEAR(once(F1Score<double>({.average = FScoreAverage::macro}), t, p), 4.0 / 9, 1e-6);
  EXPECT_NEAR(once(F1Score<double>({.average = FScoreAverage::weighted}), t, p), 0.5, 1e-6);
  EXPECT_NEAR(once(F1Score<double>({.average = FScoreAverage::micro}), t, p), 2 * (2. / 3) * 0.5 / (2. / 3 + 0.5),
              1e-6);
  EXPECT_TRUE(expect::near(all_of(FBetaScore<double>({.beta = 2}), t, p),
                           Tensor{5 * 0.5 / (4 * 0.5 + 1), 5 * 0.5 / (4 + 0.5), 0.}, within));
  EXPECT_TRUE(expect::near(all_of(F1Score<double>({.threshold = 0.35}), t, p), Tensor{2. / 3, 1., 0.}, within));
  EXPECT_TRUE(expect::near(all_of(F1Score<double>(), t, p, Tensor{1., 0., 1., 1.}), Tensor{1., 1., 0.}, within));
  EXPECT_TRUE(expect::error<ValueError>([] { F1Score<double>({.threshold = 0}); }, {"threshold", "(0, 1]"}));
  EXPECT_TRUE(expect::error<ValueError>([] { FBetaScore<double>({.beta = 0}); }, {"beta > 0"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { once(F1Score<double>(), Tensor{1.}, Tensor{1.}); }, {"F1Score", "(1,)"}));
}

TEST(IoUs, GiveTheirFormulas) {
  const Tensor<double> t{0., 0., 1., 1., 2.}, p{0., 1., 1., 1., 0.};
  // Class 0: 1 of 3; class 1: 2 of 3; class 2: 0 of 1.
  EXPECT_NEAR(once(MeanIoU<double>({.num_classes = 3}), t, p), 1.0 / 3, 1e-6);
  EXPECT_NEAR(once(MeanIoU<double>({.num_classes = 4}), t, p), 1.0 / 3, 1e-6) << "a class that is not there";
  EXPECT_NEAR(once(IoU<double>({.num_classes = 3, .target_class_ids = {1}}), t, p), 2.0 / 3, 1e-6);
  EXPECT_NEAR(once(MeanIoU<double>({.num_classes = 3, .ignore_class = 2}), t, p), (1.0 / 2 + 2.0 / 3) / 2, 1e-6);
  EXPECT_NEAR(once(MeanIoU<double>({.num_classes = 3}), t, p, Tensor{1., 0., 1., 2.9, 0.}), 1, 1e-12);
  EXPECT_NEAR(once(MeanIoU<double>({.num_classes = 2}), t, p), (1.0 / 2 + 2.0 / 3) / 2, 1e-6)
      << "what is no class does not count";
  const auto one_hot = [](const Tensor<double>& classes, const Shape& shape, Index inner, Index count) {
    Tensor<double> y = Tensor<double>::zeros(shape);
    for (Index i = 0; i < classes.size(); ++i)
      y.mutable_data()[(i / inner * count + static_cast<Index>(classes[i])) * inner + i % inner] = 1;
    return y;
  };
  EXPECT_NEAR(once(OneHotMeanIoU<double>({.num_classes = 3}), one_hot(t, {5, 3}, 1, 3), one_hot(p, {5, 3}, 1, 3)),
              1.0 / 3, 1e-6);
  EXPECT_NEAR(once(OneHotIoU<double>({.num_classes = 3, .target_class_ids = {0}, .axis = 0}), one_hot(t, {3, 5}, 5, 3),
                   one_hot(p, {3, 5}, 5, 3)),
              1.0 / 3, 1e-6);
  EXPECT_NEAR(once(OneHotMeanIoU<double>({.num_classes = 3, .sparse_y_pred = true}), one_hot(t, {5, 3}, 1, 3), p),
              1.0 / 3, 1e-6);
  EXPECT_NEAR(once(BinaryIoU<double>(), Tensor{0., 1., 1., 0.}, Tensor{0.1, 0.5, 0.4, 0.9}), 1.0 / 3, 1e-6);
  EXPECT_NEAR(once(BinaryIoU<double>({.target_class_ids = {1}, .threshold = 0.3}), Tensor{0., 1., 1., 0.},
                   Tensor{0.1, 0.5, 0.4, 0.9}),
              2.0 / 3, 1e-6);
  EXPECT_TRUE(expect::error<ValueError>([] { MeanIoU<double>(); }, {"MeanIoU", "num_classes >= 1"}));
  EXPECT_TRUE(expect::error<ValueError>([] { IoU<double>({.num_classes = 2, .target_class_ids = {2}}); },
                                        {"IoU", "target class 2"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { once(MeanIoU<double>({.num_classes = 3}), t, Tensor{0.}); }, {"(1,)"}));
}

TEST(MetricTable, KnowsEveryNameAndConfiguration) {
  const std::pair<const char*, const char*> names[] = {{"mse", "MeanSquaredError"},
                                                       {"MAE", "MeanAbsoluteError"},
                                                       {"mape", "MeanAbsolutePercentageError"},
                                                       {"msle", "MeanSquaredLogarithmicError"},
                                                       {"bce", "BinaryCrossentropy"},
                                                       {"kld", "KLDivergence"},
                                                       {"logcosh", "LogCoshError"},
                                                       {"auc", "AUC"},
                                                       {"fbeta_score", "FBetaScore"}};
  for (const auto& [name, class_name] : names) EXPECT_EQ(made(name)->class_name(), class_name);
  const std::pair<const char*, const char*> classes[] = {
      {"Mean", "mean"},
      {"Sum", "sum"},
      {"MeanSquaredError", "mean_squared_error"},
      {"RootMeanSquaredError", "root_mean_squared_error"},
      {"MeanAbsoluteError", "mean_absolute_error"},
      {"MeanAbsolutePercentageError", "mean_absolute_percentage_error"},
      {"MeanSquaredLogarithmicError", "mean_squared_logarithmic_error"},
      {"CosineSimilarity", "cosine_similarity"},
      {"LogCoshError", "logcosh"},
      {"R2Score", "r2_score"},
      {"ConcordanceCorrelation", "concordance_correlation"},
      {"PearsonCorrelation", "pearson_correlation"},
      {"Hinge", "hinge"},
      {"SquaredHinge", "squared_hinge"},
      {"CategoricalHinge", "categorical_hinge"},
      {"KLDivergence", "kl_divergence"},
      {"Poisson", "poisson"},
      {"BinaryCrossentropy", "binary_crossentropy"},
      {"CategoricalCrossentropy", "categorical_crossentropy"},
      {"SparseCategoricalCrossentropy", "sparse_categorical_crossentropy"},
      {"Accuracy", "accuracy"},
      {"BinaryAccuracy", "binary_accuracy"},
      {"CategoricalAccuracy", "categorical_accuracy"},
      {"SparseCategoricalAccuracy", "sparse_categorical_accuracy"},
      {"TopKCategoricalAccuracy", "top_k_categorical_accuracy"},
      {"SparseTopKCategoricalAccuracy", "sparse_top_k_categorical_accuracy"},
      {"TruePositives", "true_positives"},
      {"TrueNegatives", "true_negatives"},
      {"FalsePositives", "false_positives"},
      {"FalseNegatives", "false_negatives"},
      {"Precision", "precision"},
      {"Recall", "recall"},
      {"AUC", "auc"},
      {"F1Score", "f1_score"},
      {"FBetaScore", "fbeta_score"},
      {"BinaryIoU", "binary_io_u"}};
  for (const auto& [class_name, name] : classes) {
    const auto metric = made(named_config(class_name, Config::map()));
    EXPECT_EQ(metric->class_name(), class_name);
    EXPECT_EQ(metric->name(), name);
    Config config = metric->get_config();
    EXPECT_EQ(config.at("name").as_string(), name);
    config["name"] = "mine";
    config["dtype"] = "float32";
    EXPECT_EQ(made(named_config(class_name, config))->name(), "mine");
  }
  Config config;
  config["num_classes"] = 3;
  EXPECT_EQ(made(named_config("MeanIoU", config))->name(), "mean_io_u");
  EXPECT_EQ(made(named_config("OneHotMeanIoU", config))->name(), "one_hot_mean_io_u");
  config["target_class_ids"] = Config::list({0, 2});
  EXPECT_EQ(made(named_config("IoU", config))->name(), "io_u");
  EXPECT_EQ(made(named_config("OneHotIoU", config))->name(), "one_hot_io_u");
  EXPECT_TRUE(expect::error<ValueError>([] { made("presicion"); }, {"metric \"presicion\"", "\"precision\""}));
  EXPECT_TRUE(expect::error<ValueError>([&] { made(named_config("AUC", config)); }, {"AUC", "num_classes"}));
}

TEST(MetricTable, CrossentropyIsChosenFromTheShapes) {
  const auto metric = MetricFamily<double>::Table::from_config("metric", "crossentropy");
  metric->update_state(Tensor{1., 0.}, Tensor{{0.2, 0.8}, {0.9, 0.1}});
  EXPECT_EQ(metric->class_name(), "SparseCategoricalCrossentropy");
  EXPECT_NEAR(metric->result(), -(std::log(0.8) + std::log(0.9)) / 2, 1e-12);
  const auto binary = MetricFamily<double>::Table::from_config("metric", "ce");
  binary->update_state(Tensor{1., 0.}, Tensor{{0.2}, {0.9}});
  EXPECT_EQ(binary->class_name(), "BinaryCrossentropy");
}
