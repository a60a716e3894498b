#include <lamina/layers/normalization/batch_normalization.hpp>

#include "support/check_layer.hpp"
#include "support/normalization_layers.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::normalization_layers;

const ExpectedWeight moving_mean5{"moving_mean", {5}, false}, moving_variance5{"moving_variance", {5}, false};

}  // namespace

TEST(BatchNormalization, PassesTheLayerChecksInTraining) {
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
    EXPECT_TRUE(expect::same(layer.get_weights(), {gamma, beta, m, v})) << "unchanged";

    // A frozen layer does the same in training.
    layer.set_trainable(false);
    EXPECT_TRUE(expect::near(layer(x, {.training = true}), expected));
    EXPECT_TRUE(expect::same(layer.get_weights(), {gamma, beta, m, v}));
    EXPECT_TRUE(layer.trainable_variables().empty());
    layer.set_trainable(true);
    EXPECT_EQ(layer.trainable_variables().size(), 2U);
    EXPECT_EQ(layer.non_trainable_variables().size(), 2U);
    // The statistics are constants for the gradient.
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
  EXPECT_TRUE(expect::same(layer.get_weights(), before)) << "empty batches and dry runs do not update the statistics";
}

TEST(BatchNormalization, TrainsInAModel) {
  Sequential<float> model{BatchNormalization<float>({.momentum = 0.5}), Dense<float>(1)};
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Tensor<float> x = expect::scattered<float>({32, 3}) * 10 + 5, y = sum(x, {.axes = {1}, .keepdims = true});
  const History history = model.fit(x, y, {.batch_size = 8, .epochs = 30, .verbose = 0});
  EXPECT_LT(history["loss"].back(), history["loss"].front() / 5);
  const Tensor<float> moved = model.layers()[0]->get_weights()[2];
  EXPECT_GT(moved[0], 2.F) << "the moving mean approaches that of the data";
}

TEST(BatchNormalization, ExcludesMaskedSteps) {
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
  EXPECT_TRUE(expect::near(y, (x - m) / sqrt(v + 0.1) * gamma + beta, {1e-6, 1e-7})) << "also masked steps";
  EXPECT_TRUE(expect::near(layer.get_weights()[2], reshape(m, {4}), {1e-6, 1e-7}));
  EXPECT_TRUE(expect::near(layer.get_weights()[3], reshape(v, {4}), {1e-6, 1e-7}));
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        layer(x, {.training = true, .mask = Tensor<float>{1, 1}});
      },
      {"mask", "(2,)"}));
  // The gradient: hidden steps do not contribute to mean and variance.
  const auto weighted = [&](const Tensor<double>& at) {
    const MaskRegistry<double>::Scope masked(at, mask.cast<double>());
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

TEST(BatchNormalization, RoundTripsThroughItsConfiguration) {
  const BatchNormalization<float> layer({.momentum = 0.5, .renorm = true, .renorm_clipping = {.dmax = 3}});
  const Config config = layer.get_config();
  EXPECT_EQ(config.at("renorm_clipping").to_string(), "{\"dmax\": 3.0}");
  const auto again = layer_from_config<float>(named_config("BatchNormalization", config));
  EXPECT_EQ(again->get_config(), config);
  EXPECT_TRUE(BatchNormalization<float>().get_config().at("renorm_clipping").is_null());
}
