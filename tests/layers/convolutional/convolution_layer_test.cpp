#include <lamina/layers/convolutional/convolution_layer.hpp>

#include "support/check_gradient.hpp"
#include "support/check_layer.hpp"
#include "support/with_threads.hpp"

using namespace lamina;

TEST(Conv, RejectsInvalidInputs) {
  Conv2D layer(4, 3, {.groups = 2});
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer(Tensor<float>::zeros({2, 5, 5})); }, {"rank"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer(Tensor<float>::zeros({2, 5, 5, 3})); }, {"groups = 2", "got 3"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        layer(Tensor<float>::zeros({2, 2, 5, 4}));
      },
      {"window of 3", "axis of 2"}));
  layer(Tensor<float>::zeros({2, 5, 5, 4}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer(Tensor<float>::zeros({2, 5, 5, 6})); }, {"6"}));
}

TEST(Conv, AppliesRegularizersAndConstraints) {
  Conv1D<double> layer(2, 2, {.kernel_regularizer = L2(0.5), .activity_regularizer = L2(0.25)});
  const Tensor<double> x = expect::scattered({4, 5, 3}), y = layer(x);
  const Tensor<double> kernel = layer.get_weights()[0];
  const auto losses = layer.losses();
  ASSERT_EQ(losses.size(), 2u);
  EXPECT_NEAR(losses[0].item(), 0.5 * sum(kernel * kernel).item(), 1e-12);
  EXPECT_NEAR(losses[1].item(), 0.25 * sum(y * y).item() / 4, 1e-12);
}
