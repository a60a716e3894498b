// MaxPooling, AveragePooling, GlobalMaxPooling, GlobalAveragePooling, AdaptiveMaxPooling, AdaptiveAveragePooling,
// UpSampling. What they compute is held to loops in tests/ops/pooling_test.cpp.
#include "support/check_layer.hpp"

using namespace lamina;

TEST(PoolingLayers, DoWhatEveryLayerDoes) {
  check_layer<MaxPooling1D>({.input = {2, 7, 3}, .output = {2, 3, 3}}, 2);
  check_layer<AveragePooling2D>({.input = {2, 5, 4, 2}, .output = {2, 3, 4, 2}}, Sizes<2>{3, 2},
                                PoolingOptions<2>{.strides = Sizes<2>{2, 1}, .padding = "same"});
  check_layer<MaxPooling2D>({.input = {2, 3, 5, 4}, .output = {2, 3, 2, 2}}, 2,
                            PoolingOptions<2>{.channels_first = true});
  check_layer<AveragePooling3D>({.input = {1, 2, 4, 3, 2}, .output = {1, 1, 2, 1, 2}});
  check_layer<GlobalMaxPooling1D>({.input = {2, 5, 3}, .output = {2, 3}});
  check_layer<GlobalAveragePooling2D>({.input = {2, 3, 4, 5}, .output = {2, 3, 1, 1}},
                                      GlobalPoolingOptions{.channels_first = true, .keepdims = true});
  check_layer<AdaptiveAveragePooling2D>({.input = {2, 5, 7, 2}, .output = {2, 3, 4, 2}}, Sizes<2>{3, 4});
  check_layer<AdaptiveMaxPooling1D>({.input = {2, 3, 8}, .output = {2, 3, 3}}, 3,
                                    AdaptivePoolingOptions{.channels_first = true});
  check_layer<UpSampling1D>({.input = {2, 3, 2}, .output = {2, 9, 2}}, 3);
  check_layer<UpSampling2D>({.input = {2, 3, 2, 2}, .output = {2, 6, 6, 2}}, Sizes<2>{2, 3});
  check_layer<UpSampling2D>({.input = {2, 2, 3, 4}, .output = {2, 2, 6, 8}}, 2,
                            UpSampling2DOptions{.interpolation = Interpolation::bilinear, .channels_first = true});
  check_layer<UpSampling3D>({.input = {1, 2, 1, 2, 3}, .output = {1, 2, 2, 4, 3}}, Sizes<3>{1, 2, 2});
}

TEST(MaxPooling, TakesTheLargest) {
  const Tensor x{{{1, 5}, {4, 2}, {3, 3}, {9, 0}, {7, 7}}};
  EXPECT_TRUE(expect::same(MaxPooling1D(2)(x), Tensor{{{4, 5}, {9, 3}}}));
  EXPECT_TRUE(expect::same(MaxPooling1D(2, {.padding = "same"})(x), Tensor{{{4, 5}, {9, 3}, {7, 7}}}));
  EXPECT_TRUE(expect::same(MaxPooling1D(3, {.strides = 1})(x), Tensor{{{4, 5}, {9, 3}, {9, 7}}}));
  EXPECT_TRUE(
      expect::same(AveragePooling1D(2, {.padding = "same"})(x), Tensor{{{2.5f, 3.5f}, {6.f, 1.5f}, {7.f, 7.f}}}));
}

TEST(Pooling, AllowsUnknownSizes) {
  EXPECT_EQ(MaxPooling2D(3, {.strides = 2}).compute_output_shape({None, None, 9, 4}), (Shape{None, None, 4, 4}));
  EXPECT_EQ(MaxPooling2D(2, {.padding = "same", .channels_first = true}).compute_output_shape({None, 4, None, 9}),
            (Shape{None, 4, None, 5}));
  EXPECT_EQ(GlobalAveragePooling1D().compute_output_shape({None, None, 4}), (Shape{None, 4}));
  EXPECT_EQ(AdaptiveMaxPooling2D({2, 3}).compute_output_shape({None, None, None, 4}), (Shape{None, 2, 3, 4}));
  EXPECT_EQ(UpSampling2D({2, 3}).compute_output_shape({None, None, 4, 5}), (Shape{None, None, 12, 5}));
}

TEST(Pooling, SaysWhatDoesNotFit) {
  const auto zeros = [](const Shape& shape) { return Tensor<float>::zeros(shape); };
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        MaxPooling2D(3)(zeros({1, 2, 5, 1}));
      },
      {"MaxPooling2D", "window of 3", "axis of 2", "\"same\""}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        AveragePooling1D(2, {.padding = "same"})(zeros({1, 0, 1}));
      },
      {"AveragePooling1D", "axis of 0"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { MaxPooling1D()(zeros({4, 4})); }, {"MaxPooling1D", "(4, 4)"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        AdaptiveAveragePooling1D(2)(zeros({1, 0, 3}));
      },
      {"AdaptiveAveragePooling1D", "(1, 0, 3)"}));
  EXPECT_TRUE(expect::error<ValueError>([] { MaxPooling2D(0); }, {"MaxPooling2D", "pool_size", ">= 1", "got 0"}));
  EXPECT_TRUE(expect::error<ValueError>([] { MaxPooling1D(2, {.strides = 0}); }, {"strides", "got 0"}));
  EXPECT_TRUE(expect::error<ValueError>([] { MaxPooling1D(2, {.padding = "causal"}); }, {"valid", "same", "causal"}));
  EXPECT_TRUE(expect::error<ValueError>([] { MaxPooling1D(2, {.padding = "sme"}); }, {"padding", "sme", "same"}));
  EXPECT_TRUE(expect::error<ValueError>([] { AdaptiveMaxPooling2D({2, 0}); }, {"output_size", "got 0"}));
  EXPECT_TRUE(expect::error<ValueError>([] { UpSampling2D(0); }, {"UpSampling2D", "size", "got 0"}));
}

TEST(GlobalAveragePooling, CountsTheStepsThatAMaskKeeps) {
  const Tensor x{{{1, 2}, {3, 4}, {100, 100}}, {{5, 6}, {100, 100}, {100, 100}}};
  const GlobalAveragePooling1D layer;
  EXPECT_TRUE(layer.supports_masking());
  EXPECT_TRUE(expect::near(layer(x, {.mask = Tensor{{1, 1, 0}, {1, 0, 0}}}), Tensor{{2, 3}, {5, 6}}, {1e-6, 1e-6}));
  const GlobalAveragePooling1D first({.channels_first = true, .keepdims = true});
  EXPECT_TRUE(expect::near(first(transpose(x, {0, 2, 1}), {.mask = Tensor{{0, 1, 0}, {1, 0, 0}}}),
                           Tensor{{{3}, {4}}, {{5}, {6}}}, {1e-6, 1e-6}));
}

TEST(AdaptivePooling, SharesOutEvenly) {
  const Tensor x{{{1}, {2}, {3}, {4}, {5}}};
  EXPECT_TRUE(expect::same(AdaptiveAveragePooling1D(2)(x), Tensor{{{2.f}, {4.f}}}));  // 1 to 3, 3 to 5
  EXPECT_TRUE(expect::same(AdaptiveMaxPooling1D(3)(x), Tensor{{{2}, {4}, {5}}}));
  EXPECT_TRUE(expect::same(AdaptiveMaxPooling1D(10)(x).rows_view(0, 1),
                           Tensor{{{1}, {1}, {2}, {2}, {3}, {3}, {4}, {4}, {5}, {5}}}));
}

TEST(UpSampling, RepeatsOrInterpolates) {
  const Tensor x{{{1, 2}, {3, 4}}};
  EXPECT_TRUE(expect::same(UpSampling1D(2)(x), Tensor{{{1, 2}, {1, 2}, {3, 4}, {3, 4}}}));
  const Tensor<float> image = reshape(Tensor{1, 3}, {1, 1, 2, 1});
  const UpSampling2D between({1, 2}, {.interpolation = Interpolation::bilinear});
  EXPECT_TRUE(expect::near(reshape(between(image), {4}), Tensor{1., 1.5, 2.5, 3.}, {1e-6, 1e-6}));
  for (const auto interpolation : {Interpolation::bicubic, Interpolation::lanczos3, Interpolation::lanczos5}) {
    const UpSampling2D layer(3, {.interpolation = interpolation});
    const Tensor<float> flat = layer(Tensor<float>::ones({2, 4, 5, 3}));  // what is even stays even
    EXPECT_TRUE(expect::near(flat, Tensor<float>::ones({2, 12, 15, 3}), {1e-5, 1e-5}));
  }
  EXPECT_EQ(UpSampling2D({2, 3}).get_config().at("interpolation").as_string(), "nearest");
  EXPECT_TRUE(expect::same(UpSampling2D({1, 2}, {.interpolation = "bilinear"})(image), between(image)));
  EXPECT_TRUE(expect::error<ValueError>([] { UpSampling2D(2, {.interpolation = "linear"}); },
                                        {"unknown interpolation \"linear\"", "Did you mean \"bilinear\""}));
}
