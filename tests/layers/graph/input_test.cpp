#include <lamina/layers/graph/input.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(InputLayer, DeclaresTheShapeOfSamples) {
  const InputLayer<float> layer({28, 28});
  ASSERT_NE(detail::declared_input<float>(layer), nullptr);
  EXPECT_EQ(*detail::declared_input<float>(layer), (Shape{None, 28, 28}));
  EXPECT_EQ(layer.batch_shape(), (Shape{None, 28, 28}));
  EXPECT_EQ(InputLayer<float>({3}, {.batch_size = 16}).batch_shape(), (Shape{16, 3}));
  EXPECT_EQ(InputLayer<float>({3}, {.name = "features"}).name(), "features");
  const Tensor<float> x = expect::scattered<float>({2, 28, 28});
  EXPECT_TRUE(expect::same(layer(x), x));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        layer(Tensor<float>::zeros({2, 27, 28}));
      },
      {"InputLayer \"", "(None, 28, 28)", "(2, 27, 28)"}));
  EXPECT_TRUE(
      expect::error<ValueError>([] { InputLayer<float>({3}, {.batch_size = 0}); }, {"batch_size >= 1", "got 0"}));
  EXPECT_TRUE(
      expect::error<ValueError>([] { InputLayer<float>({3}, {.batch_size = -7}); }, {"batch_size >= 1", "got -7"}));
}

TEST(InputLayer, IsFoundAmongLayers) {
  const InputLayer<double> input({3});
  const std::shared_ptr<Layer<double>> dense = std::make_shared<Dense<double>>(2);
  EXPECT_EQ(detail::layer_cast<InputLayer<double>>(input), &input);
  EXPECT_EQ(detail::layer_cast<InputLayer<double>>(*dense), nullptr);
  EXPECT_EQ(detail::declared_input(*dense), nullptr);
}
