#include <functional>
#include <lamina/layers/merging/average.hpp>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"
#include "support/merging.hpp"

using namespace lamina;
using namespace lamina::testing::merging;

TEST(Average, OfEqualShapes) {
  EXPECT_TRUE(
      expect::near(Average<double>()({a, b, c}), Tensor<double>{{2. / 3, 0., 2.}, {6.5 / 3, 6.25 / 3, -0.5 / 3}}));
  EXPECT_TRUE(expect::same(Average<double>()({a}), a)) << "one input is its own mean";
}
