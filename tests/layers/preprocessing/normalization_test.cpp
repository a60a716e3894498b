#include <lamina/layers/preprocessing/normalization.hpp>

#include "support/check_layer.hpp"

using namespace lamina;

TEST(Normalization, OfGivenMeanAndVariance) {
  const Tensor<double> x = expect::scattered({4, 2, 3});
  const Tensor<double> m{0.5, 1., -1.}, v{0.25, 4., 1.};
  Normalization<double> layer({.mean = m, .variance = v});
  EXPECT_TRUE(expect::near(layer(x), (x - m) / sqrt(v)));
  EXPECT_TRUE(layer.variables().empty());
  Normalization<double> back({.mean = m, .variance = v, .invert = true});
  EXPECT_TRUE(expect::near(back(layer(x)), x, {1e-12, 1e-13}));
  EXPECT_TRUE(expect::near(Normalization<double>({.axis = {}, .mean = 2, .variance = 4})(x), (x - 2) / 2));
  EXPECT_TRUE(expect::near(Normalization<double>({.axis = {1, 2}, .mean = m, .variance = v})(x), (x - m) / sqrt(v)))
      << "along the last of the axes";
  EXPECT_TRUE(
      expect::near(Normalization<double>({.mean = 0, .variance = 0})(Tensor<double>{{1e-7}}), Tensor<double>{{1.}}));
  const auto again = layer_from_config<double>(named_config("Normalization", layer.get_config()));
  EXPECT_EQ(again->get_config(), layer.get_config());
  EXPECT_EQ(layer.get_config().at("mean").to_string(), "[0.5, 1.0, -1.0]");
  EXPECT_EQ(layer.get_config().at("axis").to_string(), "[-1]");
  EXPECT_TRUE(expect::near((*again)(x), layer(x)));
}

TEST(Normalization, AdaptsToData) {
  const Tensor<double> x = expect::scattered({12, 2, 3}) * 3 + 10;
  for (const OneOrMore<Index>& axis :
       {OneOrMore<Index>(-1), OneOrMore<Index>(1), OneOrMore<Index>{2, 1}, OneOrMore<Index>()}) {
    Normalization<double> layer({.axis = axis});
    layer.adapt(x);
    const auto y = layer(x);
    ReduceOptions others{.keepdims = true};
    for (Index i = 0; i < 3; ++i) {
      bool kept = false;
      for (const Index named : axis.values()) kept = kept || (named + 3) % 3 == i;
      if (!kept) others.axes.push_back(i);
    }
    const Tensor<double> m = mean(x, others);
    EXPECT_TRUE(expect::near(y, (x - m) / sqrt(mean(square(x - m), others)), {1e-10, 1e-12}));
    const auto variables = layer.variables();
    ASSERT_EQ(variables.size(), 3U);
    EXPECT_EQ(variables[0].name() + variables[1].name() + variables[2].name(), "meanvariancecount");
    EXPECT_TRUE(layer.trainable_variables().empty());
    // The same data in batches of different sizes.
    Normalization<double> in_batches({.axis = axis});
    in_batches.adapt({x.rows_view(0, 2), x.rows_view(2, 9), x.rows_view(9, 12)});
    EXPECT_TRUE(expect::near(in_batches(x), y, {1e-9, 1e-11}));
    layer.adapt(x * 2);
    EXPECT_TRUE(expect::near(layer(x * 2), y, {1e-9, 1e-11})) << "previous statistics are discarded";
  }
}

TEST(Normalization, RejectsInvalidArguments) {
  EXPECT_TRUE(expect::error<ValueError>([] { Normalization<float>({.mean = 1}); }, {"both mean and variance"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [] {
        Normalization<float>({.mean = {1, 2}, .variance = {1}});
      },
      {"the same shape"}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [] {
        Normalization<float>({.axis = {}, .mean = {1, 2}, .variance = {1, 2}});
      },
      {"at most 0 axes"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        Normalization<float>()(Tensor<float>{1, 2});
      },
      {"known size", "axis = {}"}));
  Normalization<float> given({.mean = 1, .variance = 1});
  EXPECT_TRUE(
      expect::error<StateError>([&] { given.adapt(Tensor<float>{{1}}); }, {"adapt", "without mean and variance"}));
  Normalization<float> layer;
  EXPECT_TRUE(expect::error<ValueError>([&] { layer.adapt(std::vector<Tensor<float>>()); }, {"expected data"}));
  layer.adapt(Tensor<float>{{1, 2}});
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer.adapt(Tensor<float>{{1, 2, 3}}); }, {"(None, 2)", "(1, 3)"}));
}
