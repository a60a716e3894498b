#include "support/check_layer.hpp"

using namespace lamina;

namespace {

const CallOptions in_training{.training = true};

double share_of_zeros(const Tensor<float>& x) {
  return static_cast<double>((x.array() == 0.f).count()) / static_cast<double>(x.size());
}

}  // namespace

TEST(Dropout, PassesTheLayerChecks) {
  check_layer<Dropout>({.input = {3, 4}, .output = {3, 4}}, 0.4);
  check_layer<Dropout>({.input = {3, 40}, .output = {3, 40}, .training = true}, 0.4);
  check_layer<Dropout>({.input = {2, 3, 5}, .output = {2, 3, 5}, .training = true}, 0.4,
                       DropoutOptions{.noise_shape = {None, 1, 5}});
}

TEST(Dropout, HasNoEffectInInference) {
  Dropout layer(0.5);
  const Tensor<float> x = expect::scattered<float>({10, 10});
  EXPECT_EQ(layer(x).data(), x.data());
}

TEST(Dropout, DropsTheRateAndScalesTheRest) {
  for (const double rate : {0.1, 0.25, 0.5, 0.8}) {
    Dropout layer(rate);
    const Tensor<float> y = layer(Tensor<float>::ones({200, 500}), in_training);
    // 100,000 elements: five standard deviations are at most 0.0079.
    EXPECT_NEAR(share_of_zeros(y), rate, 0.008) << rate;
    for (Index i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], y[i] == 0 ? 0 : 1 / (1 - rate), 2e-4 / (1 - rate)) << rate;
    EXPECT_NEAR(mean(y).item(), 1, 0.02 / (1 - rate)) << rate;
  }
}

TEST(Dropout, NeighboursAreIndependent) {
  Dropout layer(0.5);
  const Tensor<float> y = layer(Tensor<float>::ones({100'000}), in_training);
  for (const Index lag : {1, 2, 7, 8, 16, 500}) {
    Index together = 0;
    for (Index i = 0; i + lag < y.size(); ++i) together += y[i] == 0 && y[i + lag] == 0 ? 1 : 0;
    EXPECT_NEAR(static_cast<double>(together) / static_cast<double>(y.size()), 0.25, 0.008) << "lag " << lag;
  }
}

TEST(Dropout, RateZeroKeepsAllAndRateOneNothing) {
  const Tensor<float> x = Tensor<float>::ones({4, 50});
  Dropout nothing(0.0), all(1.0);
  EXPECT_TRUE(expect::same(nothing(x, in_training), x));
  EXPECT_TRUE(expect::same(all(x, in_training), Tensor<float>::zeros({4, 50})));
  EXPECT_TRUE(expect::same(all(x), x));
}

TEST(Dropout, BadRatesAreErrors) {
  for (const double rate : {-0.1, 1.1, std::nan("")})
    EXPECT_TRUE(expect::error<ValueError>([&] { Dropout<float>{rate}; }, {"Dropout", "0 <= rate <= 1"}));
}

TEST(Dropout, OneSeedAndStepGiveOneMask) {
  Dropout layer(0.5);
  const Tensor<float> x = Tensor<float>::ones({8, 64});
  const auto at = [&](std::uint64_t seed, std::uint64_t step) {
    const CallContext::Step scope(seed, step);
    return layer(x, in_training);
  };
  EXPECT_TRUE(expect::same(at(1, 5), at(1, 5)));
  EXPECT_FALSE(expect::same(at(1, 5), at(1, 6))) << "another step";
  EXPECT_FALSE(expect::same(at(1, 5), at(2, 5))) << "another seed";
  const CallContext::Step scope(1, 5);
  EXPECT_FALSE(expect::same(layer(x, in_training), layer(x, in_training))) << "two uses in one step";
}

TEST(Dropout, TheGlobalSeedRepeatsTheMasks) {
  Dropout layer(0.5);
  const Tensor<float> x = Tensor<float>::ones({8, 64});
  set_random_seed(3);
  const Tensor<float> first = layer(x, in_training), second = layer(x, in_training);
  set_random_seed(3);
  EXPECT_TRUE(expect::same(layer(x, in_training), first));
  EXPECT_TRUE(expect::same(layer(x, in_training), second));
  EXPECT_FALSE(expect::same(first, second));
}

TEST(Dropout, ItsOwnSeedIgnoresTheGlobalSeed) {
  Dropout layer(0.5, {.seed = 11});
  const Tensor<float> x = Tensor<float>::ones({8, 64});
  set_random_seed(1);
  const Tensor<float> first = layer(x, in_training);
  set_random_seed(2);
  EXPECT_TRUE(expect::same(layer(x, in_training), first));
  Dropout other(0.5, {.seed = 12});
  set_random_seed(1);
  EXPECT_FALSE(expect::same(other(x, in_training), first));
}

TEST(Dropout, NoiseShapeDropsWholeAxesTogether) {
  Dropout layer(0.5, {.noise_shape = {None, 1, 16}});
  const Tensor<float> y = layer(Tensor<float>::ones({8, 5, 16}), in_training);
  bool any = false, all = true;
  for (Index sample = 0; sample < 8; ++sample)
    for (Index channel = 0; channel < 16; ++channel) {
      any = any || y(sample, 0, channel) != 0;
      all = all && y(sample, 0, channel) != 0;
      for (Index step = 1; step < 5; ++step) ASSERT_EQ(y(sample, step, channel), y(sample, 0, channel));
    }
  EXPECT_TRUE(any);
  EXPECT_FALSE(all);
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        layer(Tensor<float>::ones({8, 5}), in_training);
      },
      {"Dropout \"", "noise_shape: expected rank", "(8, 5)"}));
}

TEST(Dropout, FloatAndDoubleDropTheSameElements) {
  Dropout<float> single(0.3, {.seed = 4});
  Dropout<double> twin(0.3, {.seed = 4});
  const CallContext::Step first(0, 9);
  const Tensor<float> a = single(Tensor<float>::ones({1000}), in_training);
  const CallContext::Step again(0, 9);
  EXPECT_TRUE(expect::near(a, twin(Tensor<double>::ones({1000}), in_training), {1e-6, 0}));
}

TEST(Dropout, ThreadsDoNotChangeTheMask) {
  Dropout layer(0.5);
  const Tensor<float> x = Tensor<float>::ones({300, 1000});
  const int threads = num_threads();
  std::vector<Tensor<float>> results;
  for (const int n : {1, 2, 4}) {
    set_num_threads(n);
    const CallContext::Step scope(1, 5);
    results.push_back(layer(x, in_training));
  }
  set_num_threads(threads);
  EXPECT_TRUE(expect::same(results[0], results[1]));
  EXPECT_TRUE(expect::same(results[0], results[2]));
}
