#include <lamina/layers/normalization/spectral_normalization.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(SpectralNormalization, NormalizesTheLargestSingularValueToOne) {
  SpectralNormalization<double> layer(Dense<double>(4), {.power_iterations = 30});
  const Tensor<double> x = expect::scattered({3, 5});
  layer(x);
  const auto weights = layer.variables();
  ASSERT_EQ(weights.size(), 3U);
  EXPECT_EQ(weights[0].name(), "kernel") << "Keras's order";
  EXPECT_EQ(weights[1].name(), "vector_u");
  EXPECT_EQ(weights[2].name(), "bias");
  EXPECT_EQ(layer.trainable_variables().size(), 2U);
  EXPECT_EQ(weights[1].shape(), (Shape{1, 4}));
  EXPECT_FALSE(weights[1].trainable());
  const Tensor<double> kernel = expect::scattered({5, 4}, 2) * 3;
  weights[0].assign(kernel);
  EXPECT_TRUE(expect::same(layer(x), matmul(x, kernel))) << "nothing changes in inference";
  const Tensor<double> y = layer(x, {.training = true});
  Eigen::MatrixXd powers = weights[0].value().matrix().transpose() * weights[0].value().matrix();
  for (int i = 0; i < 10; ++i) powers *= powers;  // the power of the largest eigenvalue dominates
  EXPECT_NEAR(powers.trace(), 1, 1e-4);
  EXPECT_TRUE(
      expect::near(weights[0].value() / kernel, Tensor<double>::full({5, 4}, weights[0].value()[0] / kernel[0])));
  EXPECT_TRUE(expect::near(y, matmul(x, weights[0].value())));
  EXPECT_NEAR(sum(square(weights[1].value())).item(), 1, 1e-12);
  layer.set_trainable(false);
  EXPECT_EQ(layer.trainable_variables().size(), 0U);
  layer.set_trainable(true);
  EXPECT_EQ(layer.trainable_variables().size(), 2U);
}

TEST(SpectralNormalization, DoesNotDependOnTheScaleOfTheKernel) {
  const CallContext::Training training(true);
  for (const double weight : {1e-30, 1e-5, 1., 1e25}) {
    SpectralNormalization layer(Dense(2, {.kernel_initializer = Constant(weight)}));
    layer(Tensor<float>{{1, 1}});
    EXPECT_TRUE(expect::near(layer.variables()[0].value(), Tensor<float>{{0.5f, 0.5f}, {0.5f, 0.5f}}, {1e-5, 0}))
        << weight;
  }
}

TEST(SpectralNormalization, WrapsOnlyLayersWithAKernel) {
  SpectralNormalization<float> rows(Embedding<float>(4, 3), {.power_iterations = 2});
  rows(Tensor<float>{{1, 2}}, {.training = true});
  const auto again = layer_from_config<float>(named_config("SpectralNormalization", rows.get_config()));
  EXPECT_EQ(again->get_config(), rows.get_config());
  SpectralNormalization<float> zero(Dense<float>(2, {.kernel_initializer = "zeros"}));
  EXPECT_TRUE(expect::same(zero(Tensor<float>{{1, 2}}, {.training = true}), Tensor<float>{{0, 0}})) << "a kernel of 0";
  EXPECT_TRUE(expect::error<ValueError>([] { SpectralNormalization<float>(Dropout<float>(0.5))(Tensor<float>{{1}}); },
                                        {"Dropout", "kernel", "none"}));
  EXPECT_TRUE(expect::error<ValueError>([] { SpectralNormalization<float>(Dense<float>(2), {.power_iterations = 0}); },
                                        {"power_iterations", "0"}));
}
