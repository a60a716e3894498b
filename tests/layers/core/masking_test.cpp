#include <lamina/layers/core/masking.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(Masking, HidesStepsOfOneValue) {
  const Tensor<float> x{{{1, 1}, {2, -1}, {-1, -1}}, {{-1, -1}, {0, 0}, {-1, 3}}};
  Masking<float> layer(-1.0);
  const Tensor<float> y = layer(x), mask{{1, 1, 0}, {0, 1, 1}};
  EXPECT_TRUE(expect::same(get_mask(y), mask));
  EXPECT_TRUE(expect::same(y, x * reshape(mask, {2, 3, 1})));
  EXPECT_EQ(get_mask(layer(Tensor<float>::zeros({0, 3, 2}))).shape(), (Shape{0, 3}));
  check_layer<Masking>({.input = {2, 3, 2}, .output = {2, 3, 2}});
  EXPECT_TRUE(expect::error<ShapeError>([] { Masking<float>()(Tensor<float>{1, 2}); }, {"Masking", "rank 2 or more"}));
}
