#include <lamina/layers/reshaping/up_sampling.hpp>

#include "support/check_layer.hpp"

// tests/ops/pooling_test.cpp compares the values with plain loops.

using namespace lamina;

TEST(UpSampling, PassesTheLayerChecks) {
  check_layer<UpSampling1D>({.input = {2, 3, 2}, .output = {2, 9, 2}}, 3);
  check_layer<UpSampling2D>({.input = {2, 3, 2, 2}, .output = {2, 6, 6, 2}}, Sizes<2>{2, 3});
  check_layer<UpSampling2D>({.input = {2, 2, 3, 4}, .output = {2, 2, 6, 8}}, 2,
                            UpSampling2DOptions{.interpolation = Interpolation::bilinear, .channels_first = true});
  check_layer<UpSampling3D>({.input = {1, 2, 1, 2, 3}, .output = {1, 2, 2, 4, 3}}, Sizes<3>{1, 2, 2});
}

TEST(UpSampling, AllowsUnknownSizes) {
  EXPECT_EQ(UpSampling2D({2, 3}).compute_output_shape({None, None, 4, 5}), (Shape{None, None, 12, 5}));
}

TEST(UpSampling, RejectsInvalidArguments) {
  EXPECT_TRUE(expect::error<ValueError>([] { UpSampling2D(0); }, {"UpSampling2D", "size", "got 0"}));
}

TEST(UpSampling, RepeatsOrInterpolates) {
  const Tensor x{{{1, 2}, {3, 4}}};
  EXPECT_TRUE(expect::same(UpSampling1D(2)(x), Tensor{{{1, 2}, {1, 2}, {3, 4}, {3, 4}}}));
  const Tensor<float> image = reshape(Tensor{1, 3}, {1, 1, 2, 1});
  const UpSampling2D between({1, 2}, {.interpolation = Interpolation::bilinear});
  EXPECT_TRUE(expect::near(reshape(between(image), {4}), Tensor{1., 1.5, 2.5, 3.}, {1e-6, 1e-6}));
  for (const auto interpolation : {Interpolation::bicubic, Interpolation::lanczos3, Interpolation::lanczos5}) {
    const UpSampling2D layer(3, {.interpolation = interpolation});
    const Tensor<float> flat = layer(Tensor<float>::ones({2, 4, 5, 3}));  // a constant image remains constant
    EXPECT_TRUE(expect::near(flat, Tensor<float>::ones({2, 12, 15, 3}), {1e-5, 1e-5}));
  }
  EXPECT_EQ(UpSampling2D({2, 3}).get_config().at("interpolation").as_string(), "nearest");
  EXPECT_TRUE(expect::same(UpSampling2D({1, 2}, {.interpolation = "bilinear"})(image), between(image)));
  EXPECT_TRUE(expect::error<ValueError>([] { UpSampling2D(2, {.interpolation = "linear"}); },
                                        {"unknown interpolation \"linear\"", "Did you mean \"bilinear\""}));
}
