// GaussianNoise, GaussianDropout, AlphaDropout, SpatialDropout, ActivityRegularization.
#include "support/check_layer.hpp"

using namespace lamina;

namespace {

const CallOptions training{.training = true};

double mean_of(const Tensor<double>& x) { return x.array().mean(); }
double deviation_of(const Tensor<double>& x) { return std::sqrt((x.array() - mean_of(x)).square().mean()); }

template <class L>
void expect_only_in_training(L layer) {
  const Tensor<double> x = expect::scattered({50, 40});
  EXPECT_TRUE(expect::same(layer(x), x)) << "not in training";
  EXPECT_FALSE(expect::same(layer(x, training), x)) << "in training";
  EXPECT_FALSE(expect::same(layer(x, training), layer(x, training))) << "new numbers for every call";
}

}  // namespace

TEST(NoiseLayers, DoWhatEveryLayerDoes) {
  check_layer<GaussianNoise>({.input = {3, 4}, .output = {3, 4}, .training = true}, 0.5);
  check_layer<GaussianDropout>({.input = {3, 4}, .output = {3, 4}, .training = true}, 0.5);
  check_layer<AlphaDropout>({.input = {3, 4}, .output = {3, 4}, .training = true}, 0.4);
  check_layer<SpatialDropout1D>({.input = {3, 4, 2}, .output = {3, 4, 2}, .training = true}, 0.4);
  check_layer<SpatialDropout2D>({.input = {2, 3, 2, 2}, .output = {2, 3, 2, 2}, .training = true}, 0.4);
  check_layer<SpatialDropout3D>({.input = {2, 2, 2, 2, 3}, .output = {2, 2, 2, 2, 3}, .training = true}, 0.4);
  check_layer<ActivityRegularization>({.input = {3, 4}, .output = {3, 4}},
                                      ActivityRegularizationOptions{.l1 = 0.1, .l2 = 0.2});
}

TEST(NoiseLayers, ActOnlyInTraining) {
  expect_only_in_training(GaussianNoise<double>(0.1));
  expect_only_in_training(GaussianDropout<double>(0.1));
  expect_only_in_training(AlphaDropout<double>(0.1));
}

TEST(NoiseLayers, ASeedOfTheirOwnGivesTheSameNumbers) {
  const Tensor<double> x = Tensor<double>::ones({20, 10});
  GaussianNoise<double> a(0.3, {.seed = 7}), b(0.3, {.seed = 7}), c(0.3, {.seed = 8});
  const auto noisy = [&](GaussianNoise<double>& layer) {
    const CallContext::Step step(1, 0);
    return layer(x, training);
  };
  EXPECT_TRUE(expect::same(noisy(a), noisy(b)));
  EXPECT_FALSE(expect::same(noisy(a), noisy(c)));
}

TEST(GaussianNoise, HasTheDeviationAsked) {
  const Tensor<double> x = Tensor<double>::full({400, 300}, 2.0), y = GaussianNoise<double>(0.3)(x, training);
  EXPECT_NEAR(mean_of(y), 2, 0.005);
  EXPECT_NEAR(deviation_of(y), 0.3, 0.005);
  EXPECT_TRUE(expect::error<ValueError>([] { GaussianNoise(-0.1); }, {"GaussianNoise", "stddev >= 0", "-0.1"}));
}

TEST(GaussianDropout, HasTheDeviationOfDropout) {
  const Tensor<double> y = GaussianDropout<double>(0.2)(Tensor<double>::ones({400, 300}), training);
  EXPECT_NEAR(mean_of(y), 1, 0.01);
  EXPECT_NEAR(deviation_of(y), 0.5, 0.01);
  EXPECT_TRUE(expect::error<ValueError>([] { GaussianDropout(1.0); }, {"GaussianDropout", "rate < 1"}));
}

TEST(AlphaDropout, KeepsMeanAndVariance) {
  set_random_seed(3);
  const Tensor<double> x = detail::normal_noise<double>({500, 400}, 0, 1, CallContext::random_stream());
  const Tensor<double> y = AlphaDropout<double>(0.3)(x, training);
  EXPECT_NEAR(mean_of(y), 0, 0.01);
  EXPECT_NEAR(deviation_of(y), 1, 0.01);
  AlphaDropout<double> rows(0.5, {.noise_shape = {None, 1}});
  const Tensor<double> z = rows(Tensor<double>::ones({100, 3}), training);
  EXPECT_TRUE(expect::same(slice(z, {0, 0}, {100, 1}), slice(z, {0, 2}, {100, 1}))) << "rows fall together";
}

TEST(SpatialDropout, DropsWholeChannels) {
  const Tensor<double> y = SpatialDropout2D<double>(0.5)(Tensor<double>::ones({40, 3, 4, 5}), training);
  Index dropped = 0;
  for (Index sample = 0; sample < 40; ++sample)
    for (Index channel = 0; channel < 5; ++channel) {
      const double first = y[sample * 60 + channel];
      EXPECT_TRUE(first == 0 || first == 2);
      dropped += first == 0 ? 1 : 0;
      for (Index pixel = 0; pixel < 12; ++pixel) ASSERT_EQ(y[sample * 60 + pixel * 5 + channel], first);
    }
  EXPECT_NEAR(static_cast<double>(dropped), 100, 30);
  const Tensor<double> z =
      SpatialDropout1D<double>(0.5, {.channels_first = true})(Tensor<double>::ones({9, 4, 6}), training);
  for (Index row = 0; row < 36; ++row)
    for (Index i = 0; i < 6; ++i) ASSERT_EQ(z[row * 6 + i], z[row * 6]);
  EXPECT_TRUE(expect::error<ShapeError>(
      [] {
        SpatialDropout2D(0.5)(Tensor<float>::ones({2, 3}));
      },
      {"SpatialDropout2D", "rank 4", "(2, 3)"}));
  EXPECT_TRUE(expect::error<ValueError>([] { SpatialDropout3D(1.5); }, {"SpatialDropout3D", "rate <= 1", "1.5"}));
}

TEST(ActivityRegularization, AddsToTheLoss) {
  ActivityRegularization<double> layer({.l1 = 0.5, .l2 = 0.25});
  const Tensor<double> x{{1., -2.}, {3., 0.}};
  EXPECT_TRUE(expect::same(layer(x), x));
  EXPECT_NEAR(layer.losses().at(0).item(), (0.5 * 6 + 0.25 * 14) / 2, 1e-12);
  ActivityRegularization<double> none;
  none(x);
  EXPECT_TRUE(none.losses().empty());
  EXPECT_TRUE(expect::error<ValueError>([] { ActivityRegularization({.l1 = -1}); }, {"l1 >= 0"}));
}
