#include <lamina/layers/regularization/activity_regularization.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(ActivityRegularization, PassesTheLayerChecks) {
  check_layer<ActivityRegularization>({.input = {3, 4}, .output = {3, 4}},
                                      ActivityRegularizationOptions{.l1 = 0.1, .l2 = 0.2});
}

TEST(ActivityRegularization, AddsToTheLoss) {
  ActivityRegularization<double> layer({.l1 = 0.5, .l2 = 0.25});
  const Tensor<double> x{{1., -2.}, {3., 0.}};
  EXPECT_TRUE(expect::same(layer(x), x));
  EXPECT_NEAR(layer.losses().at(0).item(), (0.5 * 6 + 0.25 * 14) / 2, 1e-12);
  ActivityRegularization<double> none;
  none(x);
  EXPECT_TRUE(none.losses().empty());
  EXPECT_TRUE(expect::error<ValueError>([] { ActivityRegularization({.l1 = -1}); }, {"l1 >= 0"}));
}
