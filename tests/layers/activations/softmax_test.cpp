#include <lamina/layers/activations/softmax.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(SoftmaxLayer, PassesTheLayerChecks) {
  check_layer<Softmax>({.input = {3, 4}, .output = {3, 4}});
  check_layer<Softmax>({.input = {2, 3, 4}, .output = {2, 3, 4}}, 1);
  check_layer<Softmax>({.input = {2, 3, 4}, .output = {2, 3, 4}}, SoftmaxOptions{.axis = {1, 2}});
}

TEST(SoftmaxLayer, SumsToOneOverItsAxes) {
  const Tensor<double> x = expect::scattered({2, 3, 4}) * 100.0;
  EXPECT_TRUE(expect::near(sum(Softmax<double>({.axis = {1, 2}})(x), {.axes = {1, 2}}), Tensor<double>::ones({2})));
  EXPECT_TRUE(expect::near(Softmax<double>({.axis = {2}})(x), softmax(x)));
  EXPECT_TRUE(expect::error<ValueError>([] { Softmax(SoftmaxOptions{.axis = {}}); }, {"Softmax", "axis"}));
}
