#include <lamina/layers/normalization/group_normalization.hpp>

#include "support/check_layer.hpp"
#include "support/normalization_layers.hpp"

using namespace lamina;
using namespace lamina::testing::normalization_layers;

TEST(GroupNormalization, PassesTheLayerChecks) {
  check_layer<GroupNormalization>(
      {.input = {2, 3, 3, 4}, .output = {2, 3, 3, 4}, .weights = {{"gamma", {4}}, {"beta", {4}}}}, Index{2});
  check_layer<GroupNormalization>({.input = {2, 6, 3, 2}, .output = {2, 6, 3, 2}, .weights = {{"beta", {6}}}},
                                  GroupNormalizationOptions{.groups = 3, .axis = 1, .scale = false});
  check_layer<GroupNormalization>({.input = {3, 4}, .output = {3, 4}, .weights = {{"gamma", {4}}, {"beta", {4}}}},
                                  Index{2});
  check_layer<GroupNormalization>(
      {.input = {2, 4, 5}, .output = {2, 4, 5}, .weights = {gamma5, beta5}, .gradient_tolerance = 1e-5},
      GroupNormalizationOptions{.groups = -1, .epsilon = 0.1});
}

TEST(GroupNormalization, NormalizesGroupsOfASample) {
  const Tensor<double> x = expect::scattered({2, 3, 6});
  const Tensor<double> groups = reshape(x, {2, 3, 2, 3});
  const auto [m, v] = statistics(groups, {1, 3});
  EXPECT_TRUE(expect::near(GroupNormalization<double>(2)(x), reshape((groups - m) / sqrt(v + 1e-3), {2, 3, 6})));
  GroupNormalization<double> instances(-1);
  const auto [own, own_v] = statistics(x, {1});
  EXPECT_TRUE(expect::near(instances(x), (x - own) / sqrt(own_v + 1e-3)));
  EXPECT_EQ(instances.get_config().at("groups").as_integer(), 6) << "number of channels, after it is built";
}

TEST(GroupNormalization, RejectsInvalidArguments) {
  EXPECT_TRUE(expect::error<ValueError>([] { GroupNormalization<float>(0); }, {"groups", "0"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        GroupNormalization<float>(4)(Tensor<float>::ones({2, 6}));
      },
      {"groups = 4", "got 6"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        GroupNormalization<float>({.groups = 1, .axis = 0})(Tensor<float>::ones({2, 6}));
      },
      {"batch axis"}));
}
