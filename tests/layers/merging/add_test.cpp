#include <functional>
#include <lamina/layers/merging/add.hpp>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"
#include "support/merging.hpp"

using namespace lamina;
using namespace lamina::testing::merging;

TEST(Add, OfEqualShapes) {
  EXPECT_TRUE(expect::same(Add<double>()({a, b, c}), Tensor<double>{{2., 0., 6.}, {6.5, 6.25, -0.5}}));
  EXPECT_TRUE(expect::same(Add<double>()({a}), a)) << "one input is its own sum";
  EXPECT_TRUE(expect::same(Add()({a.cast<float>(), b.cast<float>()}), (a + b).cast<float>())) << "float by default";
}
