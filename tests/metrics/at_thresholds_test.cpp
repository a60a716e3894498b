#include <lamina/metrics/at_thresholds.hpp>

#include "support/expect.hpp"
#include "support/metrics.hpp"

using namespace lamina;
using namespace lamina::testing::metrics;

TEST(Confusion, BestValueAtAThreshold) {
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
