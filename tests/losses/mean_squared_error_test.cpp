#include <lamina/losses/mean_squared_error.hpp>

#include "support/expect.hpp"
#include "support/golden.hpp"
#include "support/losses.hpp"

using namespace lamina;
using namespace lamina::testing::losses;

TEST(MeanSquaredError, AgreesWithItsFormula) {
  const Tensor<double> t{{1., 2.}, {3., 4.}}, p{{1., 4.}, {0., 4.}};
  EXPECT_TRUE(expect::near(MeanSquaredError<double>(each)(t, p), Tensor{2., 4.5}));
  EXPECT_NEAR(MeanSquaredError<double>(total)(t, p).item(), 6.5, 1e-15);
  EXPECT_NEAR(MeanSquaredError<double>()(t, p).item(), 3.25, 1e-15);
  EXPECT_EQ(MeanSquaredError<double>()(t, p).rank(), 0);
  check_gradient(MeanSquaredError<double>(), t, p);
  check_gradient(MeanSquaredError<double>(each), t, p);
  check_gradient(MeanSquaredError<double>(total), expect::scattered({3, 4, 5}), expect::scattered({3, 4, 5}, 2));
}

TEST(MeanSquaredError, HasGradientsOfTargetsAndSecondDerivatives) {
  Tensor<double> t{{1., 2.}}, p{{3., 5.}};
  GradientTape<double> outer;
  outer.watch(t);
  outer.watch(p);
  GradientTape<double> inner;
  inner.watch(p);
  const Tensor<double> gradient = inner.gradient(MeanSquaredError<double>()(t, p), p);
  EXPECT_TRUE(expect::near(gradient, Tensor{{2., 3.}}));
  const auto second = outer.gradient(sum(gradient), std::vector<Tensor<double>>{p, t});
  EXPECT_TRUE(expect::near(second[0], Tensor{{1., 1.}}));
  EXPECT_TRUE(expect::near(second[1], Tensor{{-1., -1.}}));
}

TEST(MeanSquaredError, SupportsPersistentTapes) {
  const Tensor<double> t = expect::scattered({5, 4}, 1);
  Tensor<double> p = expect::scattered({5, 4}, 2);
  const Tensor<double> expected = (p - t) * (2.0 / 20);
  GradientTape<double> tape({.persistent = true});
  tape.watch(p);
  const Tensor<double> loss = MeanSquaredError<double>()(t, p);
  EXPECT_TRUE(expect::near(tape.gradient(loss, p), expected));
  EXPECT_TRUE(expect::near(tape.gradient(loss, p), expected));
  GradientTape<double> once;
  once.watch(p);
  EXPECT_TRUE(expect::near(once.gradient(MeanSquaredError<double>()(t, p), p), expected));
}
