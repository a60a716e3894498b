#include <lamina/layers/preprocessing/discretization.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(Discretization, PutsNumbersIntoBins) {
  Discretization<float> layer({.bin_boundaries = {0, 1, 2}});
  const Tensor<float> x{{-1.5F, 1.0F, 3.4F, 0.5F}, {0.0F, 3.0F, 1.3F, -0.0F}};
  EXPECT_TRUE(expect::same(layer(x), Tensor<float>{{0, 2, 3, 1}, {1, 3, 2, 1}}));
  Discretization<float> hot({.bin_boundaries = {0, 1, 2}, .output_mode = CategoryOutput::multi_hot});
  EXPECT_TRUE(expect::same(hot(x), Tensor<float>{{1, 1, 1, 1}, {0, 1, 1, 1}}));
  EXPECT_EQ(hot.compute_output_shape({None, 4}), (Shape{None, 4}));
  const auto again = layer_from_config<float>(named_config("Discretization", layer.get_config()));
  EXPECT_EQ(again->get_config(), layer.get_config());
}

TEST(Discretization, FindsBinsOfEqualCounts) {
  const Tensor<float> x{{-1.5F, 1.0F, 3.4F, 0.5F}, {0.0F, 3.0F, 1.3F, 0.0F}};
  Discretization<float> layer({.num_bins = 4});
  EXPECT_TRUE(expect::error<StateError>([&] { layer(x); }, {"adapt"}));
  layer.adapt(x);
  EXPECT_TRUE(expect::same(layer(x), Tensor<float>{{0, 2, 3, 2}, {1, 3, 3, 1}})) << "as in Keras's documentation";
  const auto again = layer_from_config<float>(named_config("Discretization", layer.get_config()));
  EXPECT_TRUE(expect::same((*again)(x), layer(x)));
  // Many numbers in batches: the boundaries are quantiles within epsilon.
  std::vector<Tensor<float>> batches;
  for (std::uint64_t i = 0; i < 5; ++i) batches.push_back(expect::scattered<float>({400, 2}, i) * 50 + 50);
  Discretization<float> deciles({.num_bins = 10});
  deciles.adapt(batches);
  ASSERT_EQ(deciles.bin_boundaries().size(), 9U);
  for (std::size_t i = 0; i < 9; ++i) EXPECT_NEAR(deciles.bin_boundaries()[i], 10.0 * static_cast<double>(i + 1), 2.5);
}

TEST(Discretization, RejectsInvalidArguments) {
  EXPECT_TRUE(expect::error<ValueError>([] { Discretization<float>(DiscretizationOptions{}); }, {"either"}));
  EXPECT_TRUE(
      expect::error<ValueError>([] { Discretization<float>({.bin_boundaries = {0}, .num_bins = 2}); }, {"either"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Discretization<float>({.bin_boundaries = {1, 0}}); }, {"ascending"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Discretization<float>({.num_bins = 0}); }, {"num_bins"}));
  Discretization<float> given({.bin_boundaries = {0}});
  EXPECT_TRUE(expect::error<StateError>([&] { given.adapt(Tensor<float>{{1}}); }, {"num_bins"}));
}
