#include <lamina/metrics/confusion.hpp>

#include "support/expect.hpp"
#include "support/metrics.hpp"

using namespace lamina;
using namespace lamina::testing::metrics;

TEST(Confusion, CountsAtThresholds) {
  const Tensor<double> t{1., 1., 0., 0., 1., 0.}, p{0.9, 0.4, 0.6, 0.1, 0.5, 0.3}, w{1., 2., 4., 8., 16., 32.};
  EXPECT_EQ(once(TruePositives<double>(), t, p), 1) << "0.5 is not above 0.5";
  EXPECT_EQ(once(FalsePositives<double>(), t, p), 1);
  EXPECT_EQ(once(TrueNegatives<double>(), t, p), 2);
  EXPECT_EQ(once(FalseNegatives<double>(), t, p), 2);
  EXPECT_EQ(once(FalseNegatives<double>(), t, p, w), 18);
  const Tensor<double> at = all_of(TrueNegatives<double>({.thresholds = {0.05, 0.35}}), t, p, w);
  EXPECT_TRUE(expect::same(at, Tensor{0., 40.}));
  EXPECT_EQ(once(TrueNegatives<double>({.thresholds = {0.05, 0.35}}), t, p, w), 20) << "logs contain the mean";
  // Evenly spaced thresholds use a different algorithm with the same counts.
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
  EXPECT_EQ(Precision<double>().result(), 0) << "before any update";
  EXPECT_TRUE(expect::error<ValueError>([&] { once(Precision<double>({.top_k = 4}), t, p); }, {"top_k = 4", "(2, 3)"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { once(Recall<double>({.class_id = 3}), t, p); }, {"class_id = 3"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Recall<double>({.top_k = 0}); }, {"top_k >= 1"}));
}
