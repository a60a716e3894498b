#include <lamina/metrics/accuracy.hpp>

#include "support/expect.hpp"
#include "support/metrics.hpp"

using namespace lamina;

TEST(Accuracy, OfIntegerLabels) {
  SparseCategoricalAccuracy<float> metric;
  const Tensor<float> p{{0.1f, 0.9f}, {0.8f, 0.2f}, {0.4f, 0.6f}};
  metric.update_state(Tensor{1, 0, 0}, p);
  EXPECT_DOUBLE_EQ(metric.result(), 2.0 / 3);
  metric.update_state(Tensor{{1}, {1}, {1}}, p);
  EXPECT_DOUBLE_EQ(metric.result(), 4.0 / 6) << "labels may have a last axis";
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        metric.update_state(Tensor{1, 0}, p);
      },
      {"SparseCategoricalAccuracy", "(3, 2)", "(2,)"}));
}

TEST(Accuracy, OfOneHotTargets) {
  CategoricalAccuracy<float> metric;
  metric.update_state(Tensor{{0, 1, 0}, {1, 0, 0}}, Tensor{{0.1f, 0.5f, 0.4f}, {0.2f, 0.3f, 0.5f}});
  EXPECT_DOUBLE_EQ(metric.result(), 0.5);
  EXPECT_TRUE(expect::error<ShapeError>([&] { metric.update_state(Tensor{{0, 1}}, Tensor{{0, 1, 0}}); }, {"(1, 2)"}));
}

TEST(Accuracy, OfBinaryTargets) {
  BinaryAccuracy<float> metric, strict("strict", 0.8);
  const Tensor<float> t{{1}, {0}, {1}, {0}}, p{{0.7f}, {0.2f}, {0.3f}, {0.5f}};
  metric.update_state(t, p);
  EXPECT_DOUBLE_EQ(metric.result(), 0.75) << "0.5 is not above the threshold";
  strict.update_state(t, p);
  EXPECT_DOUBLE_EQ(strict.result(), 0.5);
  metric.reset_state();
  metric.update_state(Tensor{1, 0, 1, 0}, p);
  EXPECT_DOUBLE_EQ(metric.result(), 0.75) << "targets without their last axis";
  EXPECT_TRUE(expect::error<ValueError>([] { BinaryAccuracy<float>("x", std::nan("")); }, {"threshold", "nan"}));
}

using namespace lamina::testing::metrics;

TEST(Accuracies, OfEqualNumbers) {
  EXPECT_EQ(once(Accuracy<double>(), Tensor{1., 2., 3., 4.}, Tensor{1., 2., 0., 4.}), 0.75);
  EXPECT_EQ(once(Accuracy<double>(), Tensor{{1.}, {2.}}, Tensor{1., 0.}), 0.5);
}

TEST(Accuracies, OfTheLargestPrediction) {
  const Tensor<double> p{{0.1, 0.9, 0.8, 0.05}, {0.05, 0.95, 0., 0.5}, {0.4, 0.4, 0.4, 0.1}};
  EXPECT_DOUBLE_EQ(once(SparseTopKCategoricalAccuracy<double>({.k = 2}), Tensor{2., 0., 2.}, p), 2.0 / 3)
      << "equal predictions are all in the top k";
  EXPECT_DOUBLE_EQ(once(SparseTopKCategoricalAccuracy<double>({.k = 1}), Tensor{{1.}, {1.}, {3.}}, p), 2.0 / 3);
  EXPECT_EQ(once(SparseTopKCategoricalAccuracy<double>(), Tensor{0., 0., 3.}, p), 1)
      << "k exceeds the number of classes";
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
