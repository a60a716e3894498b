#include <lamina/layers/core/simple_dense.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(SimpleDense, PassesTheLayerChecks) {
  check_layer<SimpleDense>({.input = {4, 3}, .output = {4, 5}, .weights = {{"kernel", {3, 5}}, {"bias", {5}}}}, 5);
  check_layer<SimpleDense>({.input = {2, 3, 4}, .output = {2, 3, 2}, .weights = {{"kernel", {4, 2}}, {"bias", {2}}}}, 2,
                           ActivationArgument("tanh"));
}

TEST(SimpleDense, HasThirtyTwoUnitsAndStartsAsKerasGuideDoes) {
  SimpleDense layer;
  EXPECT_EQ(layer(Tensor<float>::ones({2, 100})).shape(), (Shape{2, 32}));
  const Tensor<float> kernel = layer.get_weights()[0];
  EXPECT_TRUE(expect::same(layer.get_weights()[1], Tensor<float>::zeros({32})));
  EXPECT_NEAR(std::sqrt(mean(square(kernel)).item()), 0.05f, 0.002f);
  EXPECT_TRUE(expect::error<ValueError>([] { SimpleDense(0); }, {"units >= 1", "got 0"}));
}

TEST(SimpleDense, AgreesWithDense) {
  SimpleDense<double> simple(3, "sigmoid");
  Dense<double> dense(3, "sigmoid");
  const Tensor<double> x = expect::scattered({5, 4});
  simple(x);
  dense(x);
  dense.set_weights(simple.get_weights());
  EXPECT_TRUE(expect::near(simple(x), dense(x)));
}
