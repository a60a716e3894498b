#include <lamina/initializers/constants.hpp>

#include "support/expect.hpp"
#include "support/initializers.hpp"

using namespace lamina;
using namespace lamina::testing::initializers;

TEST(Initializers, ConstantsFillEveryElement) {
  EXPECT_TRUE(expect::same(made<float>(Initializer("zeros"), {2, 3}), Tensor<float>::zeros({2, 3})));
  EXPECT_TRUE(expect::same(made<float>(Initializer("ones"), {4}), Tensor<float>::ones({4})));
  EXPECT_TRUE(expect::same(made<double>(Initializer(Constant(-1.25)), {2, 2}), Tensor<double>::full({2, 2}, -1.25)));
  EXPECT_TRUE(expect::same(made<double>(Initializer(Zeros()), {}), Tensor<double>(0.0)));
  EXPECT_TRUE(expect::same(made<double>(Initializer(Ones()), {0, 3}), Tensor<double>::zeros({0, 3})));
}
