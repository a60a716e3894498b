#include <fstream>
#include <lamina/training/check_data.hpp>
#include <limits>
#include <sstream>

#include "support/callbacks.hpp"
#include "support/expect.hpp"
#include "support/temporary_file.hpp"

using namespace lamina;

namespace {

using namespace lamina::testing::callbacks;

TEST(Weights, OfSamplesAndClasses) {
  const Tensor<float> labels{0, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1};
  Tensor<float> weights = Tensor<float>::ones({20});
  for (Index i = 0; i < 20; ++i) weights.mutable_data()[i] = labels[i] == 0 ? 3.f : 1.f;
  auto a = compiled(), b = compiled(), c = compiled();
  a.fit(x, labels, {.batch_size = 5, .epochs = 2, .verbose = 0, .class_weight = {{0, 3.0}}});
  b.fit(x, labels, {.batch_size = 5, .epochs = 2, .verbose = 0, .sample_weight = weights});
  c.fit(x, labels, {.batch_size = 5, .epochs = 2, .verbose = 0});
  EXPECT_TRUE(expect::same(a.get_weights(), b.get_weights()));
  EXPECT_FALSE(expect::same(a.get_weights(), c.get_weights()));
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        a.fit(x, labels, {.verbose = 0, .sample_weight = weights, .class_weight = {{0, 3.0}}});
      },
      {"not both"}));
  EXPECT_TRUE(expect::error<ValueError>(
      [&] {
        a.fit(x, labels, {.verbose = 0, .sample_weight = Tensor<float>{1, 2}});
      },
      {"20 samples", "(2,)"}));
}

TEST(Weights, ApplyToWeightedMetricsOnly) {
  clear_session();
  Sequential model{Dense(1, {.kernel_initializer = "zeros"})};
  model.compile({.optimizer = SGD(0.0), .loss = "mse", .metrics = {"mse"}, .weighted_metrics = {"mse"}});
  const Tensor<float> targets{1, 2};
  const Logs logs = model.evaluate(Tensor<float>{{1, 1}, {1, 1}}, targets, {.sample_weight = Tensor<float>{0, 1}});
  EXPECT_FLOAT_EQ(static_cast<float>(logs["loss"]), 2.f);
  EXPECT_FLOAT_EQ(static_cast<float>(logs["mse"]), 2.5f);
  EXPECT_FLOAT_EQ(static_cast<float>(logs["weighted_mse"]), 4.f);
}

TEST(Weights, ClassWeightsDoNotApplyToValidationData) {
  const Tensor<float> in{1, 2, 3, 4, 100}, labels{1, 1, 0, 0, 1};
  const auto validated = [&](FitOptions<float> options) {
    Sequential model{Input({1}), Dense(1, {.use_bias = false, .kernel_initializer = "ones"})};
    model.compile({.optimizer = SGD(0.0), .loss = "mae", .weighted_metrics = {"mae"}});
    options.verbose = 0;
    return model.fit(in, labels, options);
  };
  const History split = validated({.validation_split = 0.2, .class_weight = {{1, 3.0}}});
  EXPECT_EQ(split["val_loss"][0], 99);
  EXPECT_EQ(split["val_mae"][0], 99);
  EXPECT_FLOAT_EQ(static_cast<float>(split["loss"][0]), (3 * 0 + 3 * 1 + 3 + 4) / 4.f)
      << "the training data has sample weights";
  const History given =
      validated({.validation_data = Samples<float>{Tensor<float>{100}, Tensor<float>{1}}, .class_weight = {{1, 3.0}}});
  EXPECT_EQ(given["val_loss"][0], 99);
  const History weighted = validated({.validation_split = 0.4, .sample_weight = Tensor<float>{1, 1, 1, 0, 2}});
  EXPECT_EQ(weighted["val_loss"][0], 99) << "samples keep their own weights: (0 · 4 + 2 · 99) / 2";
}

}  // namespace
