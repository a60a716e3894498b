#include <lamina/metrics/auc.hpp>

#include "support/expect.hpp"
#include "support/metrics.hpp"

using namespace lamina;
using namespace lamina::testing::metrics;

TEST(AUC, IsTheFractionOfCorrectlyOrderedPairs) {
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
      << "sorted, including 0 and 1";
  EXPECT_EQ(AUC<double>({.thresholds = inner}).variables()[0].shape(), Shape{5});
}

TEST(AUC, OfEveryCurve) {
  const Tensor<double> t{0., 0., 1., 1.}, p{0., 0.5, 0.3, 0.9};
  // The examples of Keras's documentation.
  EXPECT_NEAR(once(AUC<double>({.num_thresholds = 3}), t, p), 0.75, 1e-12);
  EXPECT_NEAR(once(AUC<double>({.num_thresholds = 3}), t, p, Tensor{1., 0., 0., 1.}), 1.0, 1e-12);
  EXPECT_NEAR(once(AUC<double>({.curve = AUCCurve::PR, .summation_method = AUCSummation::minoring}), t, p), 0.25,
              1e-12);
  EXPECT_GT(once(AUC<double>({.curve = AUCCurve::PRGAIN}), t, p), 0);
  const Tensor<double> all = once(AUC<double>({.curve = AUCCurve::PR}), t, t);
  EXPECT_NEAR(all.item(), 1, 1e-12) << "correct predictions";
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
