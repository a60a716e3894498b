#include <functional>
#include <lamina/layers/merging/minimum.hpp>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"
#include "support/merging.hpp"

using namespace lamina;
using namespace lamina::testing::merging;

TEST(Minimum, OfEqualShapes) {
  EXPECT_TRUE(expect::same(Minimum<double>()({a, b, c}), Tensor<double>{{-1., -3., 1.}, {0.5, 0.25, -1.5}}));
}

TEST(Minimum, EqualElementsShareTheGradient) {
  Tensor<double> u{{1., 2.}}, v{{1., 3.}};
  GradientTape<double> tape;
  tape.watch(u);
  tape.watch(v);
  const auto gradients = tape.gradient(Minimum<double>()({u, v}), std::vector<Tensor<double>>{u, v});
  EXPECT_TRUE(expect::same(gradients[0], Tensor<double>{{0.5, 1.}}));
  EXPECT_TRUE(expect::same(gradients[1], Tensor<double>{{0.5, 0.}}));
}
