#include <lamina/layers/graph/input.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(InputLayer, SaysWhatSamplesLookLike) {
  const InputLayer<float> layer({28, 28});
  ASSERT_NE(layer.declared_input(), nullptr);
  EXPECT_EQ(*layer.declared_input(), (Shape{None, 28, 28}));
  EXPECT_EQ(*InputLayer<float>({3}, {.batch_size = 16}).declared_input(), (Shape{16, 3}));
  EXPECT_EQ(InputLayer<float>({3}, {.name = "features"}).name(), "features");
  const Tensor<float> x = expect::scattered<float>({2, 28, 28});
  EXPECT_TRUE(expect::same(layer(x), x));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        layer(Tensor<float>::zeros({2, 27, 28}));
      },
      {"InputLayer \"", "(None, 28, 28)", "(2, 27, 28)"}));
}
