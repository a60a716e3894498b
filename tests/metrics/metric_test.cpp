#include <lamina/metrics/metric.hpp>

#include "support/expect.hpp"
#include "support/metrics.hpp"

using namespace lamina;

TEST(Metrics, SampleWeights) {
  BinaryAccuracy<float> metric;
  metric.update_state(Tensor{{1}, {0}}, Tensor{{1}, {1}}, Tensor{3, 1});
  EXPECT_DOUBLE_EQ(metric.result(), 0.75);
  metric.update_state(Tensor{{1}, {0}}, Tensor{{0}, {1}}, Tensor{{0}, {0}});
  EXPECT_DOUBLE_EQ(metric.result(), 0.75) << "a weight of 0 excludes the sample";
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        metric.update_state(Tensor{{1}, {0}}, Tensor{{0}, {1}}, Tensor{1, 1, 1});
      },
      {"BinaryAccuracy", "sample weights", "(3,)"}));
}

TEST(Metrics, SampleWeightsAreBroadcastOverSequences) {
  SparseCategoricalAccuracy<float> metric;
  const Tensor<float> p{{{0.9f, 0.1f}, {0.1f, 0.9f}}, {{0.9f, 0.1f}, {0.9f, 0.1f}}};
  metric.update_state(Tensor{{0, 0}, {0, 0}}, p, Tensor{3, 1});
  EXPECT_DOUBLE_EQ(metric.result(), (3.0 + 2) / 8);
}

using namespace lamina::testing::metrics;
