#include <lamina/layers/core/activation.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(ActivationLayer, PassesTheLayerChecks) {
  check_layer<ActivationLayer>({.input = {3, 4}, .output = {3, 4}}, ActivationArgument("tanh"));
  check_layer<ActivationLayer>({.input = {2, 3, 4}, .output = {2, 3, 4}}, ActivationArgument("softmax"));
  check_layer<ActivationLayer>({.input = {5}, .output = {5}}, ActivationArgument("elu"));
}

TEST(ActivationLayer, WrapsAnActivationInAModel) {
  Sequential model{Dense(2, {.kernel_initializer = "ones"}), Activation("relu")};
  EXPECT_TRUE(expect::same(model(Tensor{{-1, 3}, {1, -3}}), Tensor{{2, 2}, {0, 0}}));
  EXPECT_EQ(model.layers().at(1)->class_name(), "Activation");
  ActivationLayer<float> squared([](const auto& x) { return x * x; });
  EXPECT_TRUE(expect::same(squared(Tensor{1, 2, 3}), Tensor{1, 4, 9}));
}
