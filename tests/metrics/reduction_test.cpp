#include <lamina/metrics/reduction.hpp>

#include "support/expect.hpp"

using namespace lamina;

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
