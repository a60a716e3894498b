#include <lamina/metrics/correlation.hpp>

#include "support/expect.hpp"
#include "support/metrics.hpp"

using namespace lamina;
using namespace lamina::testing::metrics;

TEST(Correlations, AgreeWithTheirFormulas) {
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
