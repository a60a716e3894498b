#include <lamina/metrics/f_score.hpp>

#include "support/expect.hpp"
#include "support/metrics.hpp"

using namespace lamina;
using namespace lamina::testing::metrics;

TEST(FScores, AgreeWithTheirFormulas) {
  const Tensor<double> t{{1., 0., 0.}, {0., 1., 0.}, {0., 1., 0.}, {0., 0., 1.}},
      p{{0.9, 0.1, 0.}, {0.6, 0.4, 0.}, {0.1, 0.8, 0.1}, {0., 0., 0.}};
  // Precision and recall: class 0: 1/2, 1/1; class 1: 1/1, 1/2; class 2: 0, 0.
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
