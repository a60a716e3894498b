#include <lamina/optimizers/options.hpp>

#include "support/all_optimizers.hpp"
#include "support/expect.hpp"

// Options of all optimizers: gradient accumulation, moving averages of the weights, exclusions, configurations,
// restored state.

using namespace lamina;
using namespace lamina::testing::all_optimizers;

TEST(OptimizerOptions, AccumulatedGradientsAreTheirMean) {
  const auto ours = two_variables<double>(), twins = two_variables<double>();
  Adam<double> adam({.learning_rate = 0.1, .weight_decay = 0.1, .clipnorm = 0.5, .gradient_accumulation_steps = 3});
  Adam<double> plain({.learning_rate = 0.1, .weight_decay = 0.1, .clipnorm = 0.5});
  for (int update = 0; update < 3; ++update) {
    std::vector<Tensor<double>> mean{Tensor<double>::zeros({37, 3}), Tensor<double>::zeros({3})};
    const Tensor<double> before = ours[0].value().copy();
    for (int part = 0; part < 3; ++part) {
      EXPECT_TRUE(expect::same(ours[0].value(), before)) << "accumulating steps do not change the weights";
      EXPECT_EQ(adam.iterations(), update);
      EXPECT_EQ(adam.steps(), 3 * update + part);
      const auto gradients = gradients_of_step<double>(3 * update + part);
      for (std::size_t i = 0; i < 2; ++i) mean[i] = mean[i] + gradients[i] / 3.0;
      adam.apply_gradients(gradients, ours);
    }
    plain.apply_gradients(mean, twins);
    for (std::size_t i = 0; i < 2; ++i) EXPECT_TRUE(expect::near(ours[i].value(), twins[i].value(), {1e-12, 1e-14}));
  }
  EXPECT_EQ(adam.variables()[0].name(), "kernel_gradient_accumulator");
  EXPECT_EQ(adam.variables()[2].name(), "kernel_momentum");
  EXPECT_TRUE(expect::same(adam.variables()[0].value(), Tensor<double>::zeros({37, 3})));
}

TEST(OptimizerOptions, SchedulesCountEveryAccumulationStep) {
  const Variable<double> w(Tensor{0.});
  SGD<double> sgd(
      {.learning_rate = [](Index step) { return static_cast<double>(step); }, .gradient_accumulation_steps = 2});
  for (int i = 0; i < 4; ++i) sgd.apply_gradients({Tensor{1.}}, {w});
  EXPECT_DOUBLE_EQ(w.value()[0], -(1 + 3));
}

TEST(OptimizerOptions, LossScalingDoesNotChangeTheUpdate) {
  const auto ours = two_variables<double>(), twins = two_variables<double>();
  SGD<double> scaled({.learning_rate = 0.1, .global_clipnorm = 0.3, .loss_scale_factor = 8.0});
  SGD<double> plain({.learning_rate = 0.1, .global_clipnorm = 0.3});
  EXPECT_EQ(scaled.scale_loss(Tensor<double>(2.0)).item(), 16);
  EXPECT_EQ(plain.scale_loss(Tensor<double>(2.0)).item(), 2);
  auto gradients = gradients_of_step<double>(0);
  plain.apply_gradients(gradients, twins);
  for (auto& g : gradients) g = g * 8.0;
  scaled.apply_gradients(gradients, ours);
  for (std::size_t i = 0; i < 2; ++i) EXPECT_TRUE(expect::near(ours[i].value(), twins[i].value()));
}

TEST(OptimizerOptions, MovingAveragesOfTheVariables) {
  const Variable<double> w(Tensor{1.}, "w"), untouched(Tensor{5.}, "untouched");
  SGD<double> sgd({.learning_rate = 1.0, .use_ema = true, .ema_momentum = 0.75});
  double value = 1, mean = 0;
  for (int step = 0; step < 5; ++step) {
    sgd.apply_gradients({Tensor{1.}, Tensor<double>()}, {w, untouched});
    value -= 1;
    mean = step == 0 ? value : 0.75 * mean + 0.25 * value;
    EXPECT_DOUBLE_EQ(w.value()[0], value);
    EXPECT_DOUBLE_EQ(sgd.variables()[0].value()[0], mean);
  }
  EXPECT_EQ(sgd.variables()[0].path(), "sgd/w_average");
  sgd.finalize_variable_values({w, untouched});
  EXPECT_DOUBLE_EQ(w.value()[0], mean);
  EXPECT_DOUBLE_EQ(untouched.value()[0], 5);
  sgd.apply_gradients({Tensor{1.}, Tensor<double>()}, {w, untouched});
  EXPECT_DOUBLE_EQ(sgd.variables()[0].value()[0], 0.75 * mean + 0.25 * (mean - 1)) << "the average has its own memory";
}

TEST(OptimizerOptions, MovingAveragesReplaceTheVariablesAtTheFrequency) {
  const Variable<double> w(Tensor{1.});
  w.set_constraint([](const Tensor<double>& v) { return v * 2.0; });
  SGD<double> sgd({.learning_rate = 1.0, .use_ema = true, .ema_momentum = 0.5, .ema_overwrite_frequency = 2});
  sgd.apply_gradients({Tensor{1.}}, {w});  // weight 0, average 0
  EXPECT_DOUBLE_EQ(w.value()[0], 0);
  sgd.apply_gradients({Tensor{1.}}, {w});  // weight -1; replaced by the average, -0.5, and constrained to -1
  EXPECT_DOUBLE_EQ(w.value()[0], -1);
  EXPECT_DOUBLE_EQ(sgd.variables()[0].value()[0], -0.5);
}

TEST(OptimizerOptions, FinalizingWithoutMovingAveragesHasNoEffect) {
  const Variable<double> w(Tensor{1.});
  SGD<double> sgd;
  sgd.apply_gradients({Tensor{0.}}, {w});
  sgd.finalize_variable_values({w});
  EXPECT_EQ(w.value()[0], 1);
}

TEST(OptimizerOptions, MovingAveragesAreUpdatedPerUpdateNotPerAccumulationStep) {
  const Variable<double> w(Tensor{0.});
  SGD<double> sgd({.learning_rate = 1.0, .use_ema = true, .ema_momentum = 0.5, .gradient_accumulation_steps = 2});
  for (int step = 0; step < 6; ++step) sgd.apply_gradients({Tensor{1.}}, {w});  // -1, -2, -3
  EXPECT_DOUBLE_EQ(w.value()[0], -3);
  EXPECT_DOUBLE_EQ(sgd.variables()[0].value()[0], -2.25);
}

TEST(OptimizerOptions, TheOverwriteFrequencyCountsUpdatesNotAccumulationSteps) {
  const auto train = [](std::optional<Index> accumulated, int steps) {
    const Variable<double> w(Tensor{0.});
    SGD<double> sgd({.learning_rate = 1.0,
                     .use_ema = true,
                     .ema_momentum = 0.5,
                     .ema_overwrite_frequency = 2,
                     .gradient_accumulation_steps = accumulated});
    for (int step = 0; step < steps; ++step) sgd.apply_gradients({Tensor{1.}}, {w});
    return w.value()[0];
  };
  EXPECT_EQ(train(3, 15), train(std::nullopt, 5));
  EXPECT_EQ(train(3, 17), train(std::nullopt, 5)) << "two more accumulating steps";
}

TEST(OptimizerOptions, ConstraintsFollowUpdatesNotAccumulatingSteps) {
  const Variable<double> w(Tensor{1.});
  w.set_constraint([](const Tensor<double>& v) { return v * 2.0; });
  SGD<double> sgd({.learning_rate = 1.0, .gradient_accumulation_steps = 2});
  for (int step = 0; step < 3; ++step) sgd.apply_gradients({Tensor{0.5}}, {w});
  EXPECT_DOUBLE_EQ(w.value()[0], 1);  // (1 - 0.5) 2
}

TEST(OptimizerOptions, FinalizingWithoutAnUpdateKeepsTheVariables) {
  const Variable<double> w(Tensor{3.});
  SGD<double> sgd({.use_ema = true, .gradient_accumulation_steps = 4});
  sgd.apply_gradients({Tensor{1.}}, {w});
  sgd.finalize_variable_values({w});
  EXPECT_EQ(w.value()[0], 3);
}

TEST(OptimizerOptions, ClippingHandlesSquaresThatOverflowOrUnderflow) {
  const auto step = [](const SGDOptions& options, std::vector<float> gradient) {
    const Variable<float> w(Tensor<float>::zeros({static_cast<Index>(gradient.size())}));
    SGD<float>(options).apply_gradients({Tensor<float>::from(gradient.data(), w.shape())}, {w});
    return std::vector<float>(w.value().data(), w.value().data() + w.size());
  };
  const auto expect_direction = [](const std::vector<float>& w) {
    EXPECT_NEAR(w[0], -0.6f, 1e-6f);
    EXPECT_NEAR(w[1], -0.8f, 1e-6f);
  };
  for (const float size : {1e-30f, 1e-24f, 1.f, 1e18f, 1e19f, 5e37f}) {
    const auto bound = (std::min)(1.0, static_cast<double>(size));
    const std::vector<float> gradient{3 * size, 4 * size};
    expect_direction(step({.learning_rate = 1 / bound, .clipnorm = bound}, gradient));
    expect_direction(step({.learning_rate = 1 / bound, .global_clipnorm = bound}, gradient));
  }
  const std::vector<float> inside = step({.learning_rate = 1.0, .clipnorm = 1e21}, {3e19f, 4e19f});
  EXPECT_EQ(inside, (std::vector<float>{-3e19f, -4e19f})) << "the norm is already small enough";
}

TEST(OptimizerOptions, TheGlobalNormIsThatOfAllGradients) {
  const Variable<float> a(Tensor<float>{0.f}), b(Tensor<float>{0.f}), c(Tensor<float>{0.f, 0.f});
  SGD<float>({.learning_rate = 1.0, .global_clipnorm = 1.0})
      .apply_gradients({Tensor<float>{3e19f}, Tensor<float>{4e19f}, Tensor<float>{1e-30f, 0.f}}, {a, b, c});
  EXPECT_NEAR(a.value()[0], -0.6f, 1e-6f);
  EXPECT_NEAR(b.value()[0], -0.8f, 1e-6f);
  EXPECT_EQ(c.value()[1], 0);
  const Variable<double> d(Tensor<double>{0., 0.});
  SGD<double>({.learning_rate = 1.0, .global_clipnorm = 1.0}).apply_gradients({Tensor<double>{1.2e308, 1.6e308}}, {d});
  EXPECT_NEAR(d.value()[0], -0.6, 1e-12);
  EXPECT_NEAR(d.value()[1], -0.8, 1e-12);
}

TEST(OptimizerOptions, ClipsRowsOfAnEmbedding) {
  const Variable<float> table(Tensor<float>::zeros({3, 2}));
  GradientTape<float> tape;
  const Tensor<float> loss = sum(lookup(table, Tensor<float>{2.f}) * Tensor<float>{{3e19f, 4e19f}});
  SGD<float>({.learning_rate = 1.0, .clipnorm = 1.0}).apply_gradients({tape.gradient(loss, table)}, {table});
  EXPECT_NEAR(table.value()[4], -0.6f, 1e-6f);
  EXPECT_NEAR(table.value()[5], -0.8f, 1e-6f);
  EXPECT_EQ(table.value()[0], 0);
}

TEST(OptimizerOptions, NormsOfWeightsAndStepsDoNotOverflow) {
  // Lamb's step is proportional to the norm of the weight, Muon's does not depend on the norm of the gradient, and
  // Adafactor's has the scale of the weights.
  const auto relative_step = [](Optimizer<float>&& optimizer, float weight, float gradient) {
    const Variable<float> w(Tensor<float>::full({2, 2}, weight), "kernel");
    optimizer.apply_gradients({Tensor<float>::full({2, 2}, gradient)}, {w});
    return (w.value()[0] - weight) / weight;
  };
  for (const float size : {1e-25f, 1e20f})
    EXPECT_NEAR(relative_step(Lamb<float>({.learning_rate = 0.5}), size, 1.f), -0.5f, 1e-5f) << size;
  EXPECT_NEAR(relative_step(Lamb<float>({.learning_rate = 0.5}), 1.f, 1e-18f), -0.5f, 1e-5f) << "a step of 1e-11";
  EXPECT_NEAR(relative_step(Lamb<float>({.learning_rate = 0.5}), 1.f, 1e-30f), -0.5f, 1e-5f) << "a step of 1e-23";
  EXPECT_NEAR(relative_step(Adafactor<float>({.learning_rate = 0.5}), 1e20f, 1.f), -0.5f, 1e-5f);
  const float usual = relative_step(Muon<float>({.learning_rate = 0.5, .weight_decay = 0.0}), 1.f, 1.f);
  EXPECT_LT(usual, -0.01f);
  EXPECT_NEAR(relative_step(Muon<float>({.learning_rate = 0.5, .weight_decay = 0.0}), 1.f, 1e20f), usual, 1e-5f);
}

TEST(OptimizerOptions, WeightDecaySkipsExcludedVariables) {
  const Variable<double> kernel(Tensor{1.}, "kernel"), bias(Tensor{1.}, "bias"), gamma(Tensor{1.}, "gamma"),
      other(Tensor{1.}, "other");
  const std::vector<Variable<double>> all{kernel, bias, gamma, other};
  const std::vector<Tensor<double>> none(4, Tensor{0.});
  AdamW<double> adamw({.learning_rate = 0.5, .weight_decay = 0.5});
  adamw.exclude_from_weight_decay({.var_list = {other}, .var_names = {"bias", "^gam"}});
  adamw.apply_gradients(none, all);
  EXPECT_EQ(kernel.value()[0], 0.75);
  EXPECT_EQ(bias.value()[0], 1);
  EXPECT_EQ(gamma.value()[0], 1);
  EXPECT_EQ(other.value()[0], 1);
  EXPECT_TRUE(
      expect::error<StateError>([&] { adamw.exclude_from_weight_decay({}); }, {"AdamW", "before the first update"}));
}

TEST(OptimizerOptions, NaNGradientsAreNotHiddenByClipping) {
  const double infinite = std::numeric_limits<double>::infinity(), none = std::numeric_limits<double>::quiet_NaN();
  const Variable<double> a(Tensor{0.}), b(Tensor{0.});
  SGD<double> global({.learning_rate = 1.0, .global_clipnorm = 1.0});
  global.apply_gradients({Tensor{infinite}, Tensor{1.}}, {a, b});
  EXPECT_TRUE(std::isnan(a.value()[0]) && std::isnan(b.value()[0]));
  const Variable<double> c(Tensor{0., 0.});
  SGD<double> each({.learning_rate = 1.0, .clipnorm = 1.0});
  each.apply_gradients({Tensor{none, 1.}}, {c});
  EXPECT_TRUE(std::isnan(c.value()[0]) && std::isnan(c.value()[1]));
}

TEST(OptimizerOptions, InvalidOnesAreErrors) {
  EXPECT_TRUE(expect::error<ValueError>([] { SGD<float>({.use_ema = true, .ema_momentum = 1.5}); }, {"ema_momentum"}));
  EXPECT_TRUE(expect::error<ValueError>([] { SGD<float>({.use_ema = true, .ema_overwrite_frequency = 0}); },
                                        {"ema_overwrite_frequency", ">= 1"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Adam<float>({.gradient_accumulation_steps = 1}); },
                                        {"gradient_accumulation_steps", ">= 2"}));
  EXPECT_TRUE(expect::error<ValueError>([] { Adam<float>({.loss_scale_factor = 0.0}); }, {"loss_scale_factor"}));
}

TEST(OptimizerOptions, VariablesOfAllSizes) {
  for (const auto& optimizer : all_optimizers<float>()) {
    std::vector<Variable<float>> variables;
    std::vector<Tensor<float>> gradients;
    for (const Shape& shape :
         {Shape{0}, Shape{}, Shape{1}, Shape{15}, Shape{16}, Shape{0, 3}, Shape{3, 0}, Shape{1, 1}, Shape{130, 300}}) {
      variables.emplace_back(Tensor<float>::ones(shape));
      gradients.push_back(expect::scattered<float>(shape, 3));
    }
    variables.emplace_back(Tensor<float>::ones({2}));
    gradients.emplace_back();
    for (int step = 0; step < 3; ++step) optimizer->apply_gradients(gradients, variables);
    for (const auto& v : variables)
      for (Index i = 0; i < v.size(); ++i)
        ASSERT_TRUE(std::isfinite(v.value()[i])) << optimizer->class_name() << ", shape " << v.shape();
    EXPECT_NE(variables[1].value().item(), 1) << optimizer->class_name();
    EXPECT_EQ(variables.back().value()[0], 1) << optimizer->class_name() << ": no gradient";
  }
}

TEST(OptimizerOptions, TheSameBitsForAnyNumberOfThreads) {
  const int before = num_threads();
  const auto train = [](int threads) {
    set_num_threads(threads);
    std::vector<Tensor<float>> results;
    for (const auto& optimizer : all_optimizers<float>()) {
      const Variable<float> w(expect::scattered<float>({300, 400}, 1));
      for (int step = 0; step < 2; ++step) optimizer->apply_gradients({expect::scattered<float>({300, 400}, 2)}, {w});
      results.push_back(w.value());
    }
    return results;
  };
  EXPECT_TRUE(expect::same(train(1), train(3)));
  set_num_threads(before);
}
