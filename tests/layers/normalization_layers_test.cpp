// BatchNormalization, LayerNormalization, GroupNormalization, RMSNormalization, UnitNormalization and
// SpectralNormalization.
#include "support/check_layer.hpp"

using namespace lamina;

namespace {

/// The mean and the variance over all axes but one, one number each, stretched to x's rank.
std::pair<Tensor<double>, Tensor<double>> statistics(const Tensor<double>& x, std::vector<Index> axes) {
  const ReduceOptions over{.axes = std::move(axes), .keepdims = true};
  const Tensor<double> m = mean(x, over);
  return {m, mean(square(x - m), over)};
}

const ExpectedWeight gamma5{"gamma", {5}}, beta5{"beta", {5}};
const ExpectedWeight moving_mean5{"moving_mean", {5}, false}, moving_variance5{"moving_variance", {5}, false};

}  // namespace

TEST(LayerNormalization, DoesWhatEveryLayerDoes) {
  check_layer<LayerNormalization>({.input = {3, 5}, .output = {3, 5}, .weights = {gamma5, beta5}});
  check_layer<LayerNormalization>({.input = {2, 3, 5}, .output = {2, 3, 5}, .weights = {gamma5}},
                                  LayerNormalizationOptions{.center = false});
  check_layer<LayerNormalization>({.input = {2, 5, 3}, .output = {2, 5, 3}, .weights = {beta5}},
                                  LayerNormalizationOptions{.axis = 1, .scale = false});
  check_layer<LayerNormalization>(
      {.input = {2, 3, 2, 4}, .output = {2, 3, 2, 4}, .weights = {{"gamma", {3, 4}}, {"beta", {3, 4}}}},
      LayerNormalizationOptions{.axis = {1, -1}});
  check_layer<LayerNormalization>({.input = {2, 3, 5}, .output = {2, 3, 5}, .weights = {gamma5}},
                                  LayerNormalizationOptions{.rms_scaling = true});
}

TEST(LayerNormalization, NormalizesOverItsAxes) {
  const Tensor<double> x = expect::scattered({2, 3, 2, 4});
  LayerNormalization<double> layer({.axis = {3, 1}, .epsilon = 0.1});
  layer(x);
  const Tensor<double> gamma = expect::scattered({3, 4}, 2), beta = expect::scattered({3, 4}, 3);
  layer.set_weights({gamma, beta});
  const auto [m, v] = statistics(x, {1, 3});
  const Shape along{1, 3, 1, 4};
  EXPECT_TRUE(expect::near(layer(x), (x - m) / sqrt(v + 0.1) * reshape(gamma, along) + reshape(beta, along)));
  EXPECT_EQ(layer.get_config().at("axis").to_string(), "[1, 3]");
  LayerNormalization<double> old({.epsilon = 0.1, .rms_scaling = true});
  const Tensor<double> last = statistics(x, {3}).second;
  EXPECT_TRUE(expect::near(old(x), x / sqrt(last + 0.1))) << "x itself, by its deviation";
}

TEST(LayerNormalization, RefusesWhatDoesNotFit) {
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        LayerNormalization<float>({.axis = 3})(Tensor<float>::ones({2, 3}));
      },
      {"LayerNormalization", "axis 3", "(None, 3)"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        LayerNormalization<float>({.axis = {1, -1}})(Tensor<float>::ones({2, 3}));
      },
      {"axis", "twice"}));
  EXPECT_TRUE(expect::error<ValueError>([] { LayerNormalization<float>({.axis = {}}); }, {"axis"}));
  LayerNormalization<float> layer;
  layer(Tensor<float>::ones({2, 3}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        layer(Tensor<float>::ones({2, 4}));
      },
      {"(None, 3)", "got shape (2, 4)", "new layer"}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { layer(Tensor<float>::ones({2, 1, 3})); }, {"(2, 1, 3)"}));
}

TEST(RMSNormalization, DoesWhatEveryLayerDoes) {
  check_layer<RMSNormalization>({.input = {3, 5}, .output = {3, 5}, .weights = {{"scale", {5}}}});
  check_layer<RMSNormalization>({.input = {2, 3, 4}, .output = {2, 3, 4}, .weights = {{"scale", {3, 4}}}},
                                RMSNormalizationOptions{.axis = {-2, -1}, .epsilon = 0.01});
  const Tensor<double> x = expect::scattered({3, 4});
  EXPECT_TRUE(
      expect::near(RMSNormalization<double>()(x), x / sqrt(mean(square(x), {.axes = {-1}, .keepdims = true}) + 1e-6)));
}

TEST(GroupNormalization, DoesWhatEveryLayerDoes) {
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
  EXPECT_EQ(instances.get_config().at("groups").as_integer(), 6) << "as many as channels, once it is built";
}

TEST(GroupNormalization, RefusesWhatDoesNotFit) {
  EXPECT_TRUE(expect::error<ValueError>([] { GroupNormalization<float>(0); }, {"groups", "0"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        GroupNormalization<float>(4)(Tensor<float>::ones({2, 6}));
      },
      {"6 channels", "4 groups"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [] {
        GroupNormalization<float>({.groups = 1, .axis = 0})(Tensor<float>::ones({2, 6}));
      },
      {"batch axis"}));
}

TEST(UnitNormalization, DoesWhatEveryLayerDoes) {
  check_layer<UnitNormalization>({.input = {3, 4}, .output = {3, 4}});
  check_layer<UnitNormalization>({.input = {2, 3, 2}, .output = {2, 3, 2}}, UnitNormalizationOptions{.axis = {1, 2}});
  const Tensor<double> x{{3., 4.}, {0., 0.}};
  Tensor<double> watched = x;
  GradientTape<double> tape;
  tape.watch(watched);
  const Tensor<double> y = UnitNormalization<double>()(watched);
  EXPECT_TRUE(expect::near(y, Tensor<double>{{0.6, 0.8}, {0., 0.}}));
  const Tensor<double> dx = tape.gradient(y, watched);
  EXPECT_TRUE(std::isfinite(dx[2]) && std::isfinite(dx[3])) << "of a vector of length 0, too";
}

TEST(BatchNormalization, DoesWhatEveryLayerDoesInTraining) {
  check_layer<BatchNormalization>({.input = {4, 5},
                                   .output = {4, 5},
                                   .weights = {gamma5, beta5, moving_mean5, moving_variance5},
                                   .training = true});
  check_layer<BatchNormalization>({.input = {3, 2, 2, 5},
                                   .output = {3, 2, 2, 5},
                                   .weights = {gamma5, moving_mean5, moving_variance5},
                                   .training = true},
                                  BatchNormalizationOptions{.center = false});
  check_layer<BatchNormalization>(
      {.input = {3, 5, 4}, .output = {3, 5, 4}, .weights = {moving_mean5, moving_variance5}, .training = true},
      BatchNormalizationOptions{.axis = 1, .center = false, .scale = false});
}

TEST(BatchNormalization, UsesItsMovingStatisticsOutsideTraining) {
  const Tensor<double> x = expect::scattered({4, 3, 2});
  for (const Index axis : {-1, 1}) {
    BatchNormalization<double> layer({.axis = axis, .epsilon = 0.01});
    const Index n = x.shape()[axis];
    layer(x);
    const Tensor<double> gamma = expect::scattered({n}, 2), beta = expect::scattered({n}, 3);
    const Tensor<double> m = expect::scattered({n}, 4), v = square(expect::scattered({n}, 5));
    layer.set_weights({gamma, beta, m, v});
    const Shape along = axis == 1 ? Shape{1, 3, 1} : Shape{1, 1, 2};
    const auto at = [&](const Tensor<double>& t) { return reshape(t, along); };
    const Tensor<double> expected = (x - at(m)) / sqrt(at(v) + 0.01) * at(gamma) + at(beta);
    EXPECT_TRUE(expect::near(layer(x), expected));
    EXPECT_TRUE(expect::same(layer.get_weights(), {gamma, beta, m, v})) << "which stay";

    // A frozen layer does the same in training.
    layer.set_trainable(false);
    EXPECT_TRUE(expect::near(layer(x, {.training = true}), expected));
    EXPECT_TRUE(expect::same(layer.get_weights(), {gamma, beta, m, v}));
    EXPECT_TRUE(layer.trainable_variables().empty());
    layer.set_trainable(true);
    EXPECT_EQ(layer.trainable_variables().size(), 2U);
    EXPECT_EQ(layer.non_trainable_variables().size(), 2U);
    // The gradient passes through fixed numbers.
    Tensor<double> watched = x;
    GradientTape<double> tape;
    tape.watch(watched);
    const Tensor<double> y = layer(watched);
    EXPECT_TRUE(expect::near(tape.gradient(y, watched), broadcast_to(at(gamma) / sqrt(at(v) + 0.01), x.shape())));
  }
}

TEST(BatchNormalization, MovingStatisticsFollowTheBatches) {
  BatchNormalization<double> layer({.momentum = 0.75});
  Tensor<double> m = Tensor<double>::zeros({5}), v = Tensor<double>::ones({5});
  for (std::uint64_t step = 0; step < 3; ++step) {
    const Tensor<double> x = expect::scattered({6, 2, 5}, step);
    layer(x, {.training = true});
    const auto [batch_m, batch_v] = statistics(x, {0, 1});
    m = m * 0.75 + reshape(batch_m, {5}) * 0.25;
    v = v * 0.75 + reshape(batch_v, {5}) * 0.25;
    EXPECT_TRUE(expect::near(layer.get_weights()[2], m));
    EXPECT_TRUE(expect::near(layer.get_weights()[3], v));
  }
  const auto before = layer.get_weights();
  layer(Tensor<double>::zeros({0, 2, 5}), {.training = true});
  layer.compute_output_shape({None, 2, 5});
  EXPECT_TRUE(expect::same(layer.get_weights(), before)) << "an empty batch, or a dry run, says nothing";
}

TEST(BatchNormalization, TrainsInAModel) {
  Sequential<float> model{BatchNormalization<float>({.momentum = 0.5}), Dense<float>(1)};
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor<float> x = expect::scattered<float>({32, 3}) * 10 + 5, y = sum(x, {.axes = {1}, .keepdims = true});
  const History history = model.fit(x, y, {.batch_size = 8, .epochs = 30, .verbose = 0});
  EXPECT_LT(history["loss"].back(), history["loss"].front() / 5);
  const Tensor<float> moved = model.layers()[0]->get_weights()[2];
  EXPECT_GT(moved[0], 2.F) << "the moving mean is on its way to that of the data";
}

TEST(BatchNormalization, CountsWhatTheMaskLeaves) {
  const Tensor<double> x = expect::scattered({2, 3, 4});
  const Tensor<float> mask{{1, 1, 0}, {1, 0, 0}};
  BatchNormalization<double> layer({.momentum = 0, .epsilon = 0.1});
  layer(x);
  const Tensor<double> gamma = expect::scattered({4}, 2), beta = expect::scattered({4}, 3);
  layer.set_weights({gamma, beta, Tensor<double>::zeros({4}), Tensor<double>::ones({4})});
  Tensor<double> seen = Tensor<double>::empty({3, 4});
  const Index rows[] = {0, 1, 3};
  for (Index i = 0; i < 12; ++i) seen.mutable_data()[i] = x[rows[i / 4] * 4 + i % 4];
  const auto [m, v] = statistics(seen, {0});
  const Tensor<double> y = layer(x, {.training = true, .mask = mask});
  EXPECT_TRUE(expect::near(y, (x - m) / sqrt(v + 0.1) * gamma + beta, {1e-6, 1e-7})) << "hidden steps, too";
  EXPECT_TRUE(expect::near(layer.get_weights()[2], reshape(m, {4}), {1e-6, 1e-7}));
  EXPECT_TRUE(expect::near(layer.get_weights()[3], reshape(v, {4}), {1e-6, 1e-7}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        layer(x, {.training = true, .mask = Tensor<float>{1, 1}});
      },
      {"mask", "(2,)"}));
  // Its gradient: what is hidden moves neither mean nor variance.
  const auto weighted = [&](const Tensor<double>& at) {
    const MaskMemory<double>::Scope masked(at, mask.cast<double>());
    return sum(layer(at, {.training = true}) * expect::scattered({2, 3, 4}, 9));
  };
  Tensor<double> watched = x;
  GradientTape<double> tape;
  tape.watch(watched);
  const Tensor<double> loss = weighted(watched);
  const Tensor<double> slopes =
      detail::central_differences(x, [&](const Tensor<double>& at) { return weighted(at).item(); });
  EXPECT_TRUE(expect::near(tape.gradient(loss, watched), slopes, {1e-6, 1e-6}));
}

TEST(BatchNormalization, Renormalizes) {
  const Tensor<double> x = expect::scattered({6, 3});
  BatchNormalization<double> layer({.momentum = 0.9,
                                    .epsilon = 0.01,
                                    .moving_variance_initializer = Constant(0.25),
                                    .renorm = true,
                                    .renorm_clipping = {.rmax = 1.1, .rmin = 0.9, .dmax = 0.5},
                                    .renorm_momentum = 0.5});
  layer(x);
  const char* names[] = {"gamma",         "beta",        "moving_mean",  "moving_variance",
                         "moving_stddev", "renorm_mean", "renorm_stddev"};
  const auto variables = layer.variables();
  ASSERT_EQ(variables.size(), 7U);
  for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(variables[i].name(), names[i]);
  EXPECT_TRUE(expect::near(variables[6].value(), Tensor<double>::full({3}, 0.5)));
  const Tensor<double> gamma = expect::scattered({3}, 2), usual_m = expect::scattered({3}, 3);
  variables[0].assign(gamma);
  variables[5].assign(usual_m);
  const auto [m, v] = statistics(x, {0});
  const Tensor<double> deviation = sqrt(v + 0.01);
  const Tensor<double> r = minimum(maximum(deviation / 0.5, 0.9), 1.1);
  const Tensor<double> d = maximum(minimum((m - usual_m) / 0.5, 0.5), -0.5);
  EXPECT_TRUE(expect::near(layer(x, {.training = true}), ((x - m) / deviation * r + d) * gamma, {1e-10, 1e-12}));
  const Tensor<double> flat_m = reshape(m, {3}), flat_d = reshape(deviation, {3});
  EXPECT_TRUE(expect::near(variables[5].value(), usual_m * 0.5 + flat_m * 0.5));
  EXPECT_TRUE(expect::near(variables[6].value(), 0.25 + flat_d * 0.5));
  EXPECT_TRUE(expect::near(variables[4].value(), 0.45 + flat_d * 0.1));
  EXPECT_TRUE(expect::near(variables[3].value(), square(0.45 + flat_d * 0.1) - 0.01));
  EXPECT_TRUE(expect::near(variables[2].value(), flat_m * 0.1));
  EXPECT_TRUE(expect::error<ValueError>(
      [] { BatchNormalization<float>({.renorm = true, .renorm_clipping = {.rmax = 1, .rmin = 2}}); }, {"rmin"}));
}

TEST(BatchNormalization, GivesItsConfigurationBack) {
  const BatchNormalization<float> layer({.momentum = 0.5, .renorm = true, .renorm_clipping = {.dmax = 3}});
  const Config config = layer.get_config();
  EXPECT_EQ(config.at("renorm_clipping").to_string(), "{\"dmax\": 3.0}");
  const auto again = layer_from_config<float>(named_config("BatchNormalization", config));
  EXPECT_EQ(again->get_config(), config);
  EXPECT_TRUE(BatchNormalization<float>().get_config().at("renorm_clipping").is_null());
}

TEST(SpectralNormalization, HoldsTheLargestSingularValueAtOne) {
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
  EXPECT_TRUE(expect::same(layer(x), matmul(x, kernel))) << "nothing changes outside training";
  const Tensor<double> y = layer(x, {.training = true});
  Eigen::MatrixXd powers = weights[0].value().matrix().transpose() * weights[0].value().matrix();
  for (int i = 0; i < 10; ++i) powers *= powers;  // the largest eigenvalue's power outgrows all others
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

TEST(Normalization, OfLargeNumbersIsThatOfSmallOnes) {
  const Tensor<float> x{{3, 4, -1, 2}}, weight{{1, 2, 3, 4}};
  const auto run = [&](const auto& layer, float scale) {
    Tensor<float> u = x * scale;
    GradientTape<float> tape;
    tape.watch(u);
    const Tensor<float> y = layer(u);
    return std::pair(y.detached(), tape.gradient(sum(y * weight), u) * scale);
  };
  const auto check = [&](const auto& layer) {
    const auto [y, slope] = run(layer, 1e3f);
    for (const float scale : {1e19f, 1e25f, 1e37f}) {
      const auto [large, large_slope] = run(layer, scale);
      EXPECT_TRUE(expect::near(large, y, {1e-5, 1e-5})) << scale;
      EXPECT_TRUE(expect::near(large_slope, slope, {1e-4, 1e-4})) << scale;
    }
  };
  check(RMSNormalization());
  check(LayerNormalization());
}

TEST(SpectralNormalization, WrapsWhatHasAKernel) {
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
