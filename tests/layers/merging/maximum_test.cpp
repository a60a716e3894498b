#include <functional>
#include <lamina/layers/merging/maximum.hpp>

#include "support/check_gradient.hpp"
#include "support/expect.hpp"
#include "support/merging.hpp"

using namespace lamina;
using namespace lamina::testing::merging;

TEST(Maximum, OfEqualShapes) {
  EXPECT_TRUE(expect::same(Maximum<double>()({a, b, c}), Tensor<double>{{2., 5., 3.}, {4., 4., 2.}}));
}

TEST(Maximum, EqualElementsShareTheGradient) {
  Tensor<double> u{{1., 2.}}, v{{1., 3.}};
  GradientTape<double> tape;
  tape.watch(u);
  tape.watch(v);
  const auto gradients = tape.gradient(Maximum<double>()({u, v}), std::vector<Tensor<double>>{u, v});
  EXPECT_TRUE(expect::same(gradients[0], Tensor<double>{{0.5, 0.}}));
  EXPECT_TRUE(expect::same(gradients[1], Tensor<double>{{0.5, 1.}}));
}
