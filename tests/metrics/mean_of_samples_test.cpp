#include <lamina/metrics/mean_of_samples.hpp>
#include <lamina/metrics/metric.hpp>

#include "support/expect.hpp"
#include "support/metrics.hpp"

using namespace lamina;

TEST(Metrics, AccumulateOverBatches) {
  MeanSquaredErrorMetric<double> metric;
  EXPECT_EQ(metric.result(), 0) << "before any update";
  metric.update_state(Tensor{{1.}}, Tensor{{3.}});
  metric.update_state(Tensor{{1.}, {1.}, {1.}}, Tensor{{1.}, {1.}, {1.}});
  EXPECT_DOUBLE_EQ(metric.result(), 1) << "every sample has the same weight, whatever its batch";
  metric.reset_state();
  EXPECT_EQ(metric.result(), 0);
}

using namespace lamina::testing::metrics;

TEST(MeanMetrics, AreWeightedBySamples) {
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
