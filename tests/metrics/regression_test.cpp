#include <lamina/metrics/regression.hpp>

#include "support/expect.hpp"
#include "support/metrics.hpp"

using namespace lamina;

TEST(MeanSquaredErrorMetric, IsTheMeanOfSquares) {
  MeanSquaredErrorMetric<double> metric;
  metric.update_state(Tensor{{1., 2.}, {3., 4.}}, Tensor{{1., 4.}, {0., 4.}});
  EXPECT_DOUBLE_EQ(metric.result(), 3.25);
}

using namespace lamina::testing::metrics;

TEST(RegressionMetrics, AgreeWithTheLossesOfTheSameName) {
  agree(metrics::MeanSquaredError<double>(), MeanSquaredError<double>(), u, v);
  agree(metrics::MeanAbsoluteError<double>(), MeanAbsoluteError<double>(), u, v);
  agree(metrics::MeanAbsolutePercentageError<double>(), MeanAbsolutePercentageError<double>(), u, v);
  agree(metrics::MeanSquaredLogarithmicError<double>(), MeanSquaredLogarithmicError<double>(), u, v);
  agree(LogCoshError<double>(), LogCosh<double>(), u, v);
  agree(metrics::CosineSimilarity<double>(), CosineSimilarity<double>(), u, v, -1);
  EXPECT_NEAR(once(metrics::CosineSimilarity<double>({.axis = 1}), t3, p3),
              -CosineSimilarity<double>({.axis = 1})(t3, p3).item(), 1e-12);
}

TEST(RootMeanSquaredError, IsTheRootOfTheMean) {
  EXPECT_NEAR(once(RootMeanSquaredError<double>(), Tensor{{1., 2.}, {3., 4.}}, Tensor{{1., 4.}, {0., 4.}}),
              std::sqrt(3.25), 1e-14);
}

TEST(R2Score, AgreesWithItsFormula) {
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
  EXPECT_EQ(once(R2Score<double>(), Tensor{{1.}, {1.}}, Tensor{{1.}, {2.}}), 0) << "constant targets";
  R2Score<double> metric;
  EXPECT_EQ(metric.result(), 0);
  EXPECT_TRUE(expect::error<ShapeError>([&] { metric.update_state(t3, p3); }, {"R2Score", "(2, 3, 4)"}));
  EXPECT_TRUE(expect::error<ValueError>([] { R2Score<double>({.num_regressors = -1}); }, {"num_regressors"}));
}
