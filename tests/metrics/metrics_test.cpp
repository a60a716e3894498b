#include "support/expect.hpp"

using namespace lamina;

TEST(Accuracy, OfWholeNumberLabels) {
  SparseCategoricalAccuracy<float> metric;
  const Tensor<float> p{{0.1f, 0.9f}, {0.8f, 0.2f}, {0.4f, 0.6f}};
  metric.update_state(Tensor{1, 0, 0}, p);
  EXPECT_DOUBLE_EQ(metric.result(), 2.0 / 3);
  metric.update_state(Tensor{{1}, {1}, {1}}, p);
  EXPECT_DOUBLE_EQ(metric.result(), 4.0 / 6) << "labels may have a last axis";
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        metric.update_state(Tensor{1, 0}, p);
      },
      {"SparseCategoricalAccuracy", "(3, 2)", "(2,)"}));
}

TEST(Accuracy, OfOneHotTargets) {
  CategoricalAccuracy<float> metric;
  metric.update_state(Tensor{{0, 1, 0}, {1, 0, 0}}, Tensor{{0.1f, 0.5f, 0.4f}, {0.2f, 0.3f, 0.5f}});
  EXPECT_DOUBLE_EQ(metric.result(), 0.5);
  EXPECT_TRUE(expect::error<ShapeError>([&] { metric.update_state(Tensor{{0, 1}}, Tensor{{0, 1, 0}}); }, {"(1, 2)"}));
}

TEST(Accuracy, OfYesAndNo) {
  BinaryAccuracy<float> metric, strict("strict", 0.8);
  const Tensor<float> t{{1}, {0}, {1}, {0}}, p{{0.7f}, {0.2f}, {0.3f}, {0.5f}};
  metric.update_state(t, p);
  EXPECT_DOUBLE_EQ(metric.result(), 0.75) << "0.5 is not above the threshold";
  strict.update_state(t, p);
  EXPECT_DOUBLE_EQ(strict.result(), 0.5);
  metric.reset_state();
  metric.update_state(Tensor{1, 0, 1, 0}, p);
  EXPECT_DOUBLE_EQ(metric.result(), 0.75) << "targets without their last axis";
  EXPECT_TRUE(expect::error<ValueError>([] { BinaryAccuracy<float>("x", std::nan("")); }, {"threshold", "nan"}));
}

TEST(MeanSquaredErrorMetric, IsTheMeanOfSquares) {
  MeanSquaredErrorMetric<double> metric;
  metric.update_state(Tensor{{1., 2.}, {3., 4.}}, Tensor{{1., 4.}, {0., 4.}});
  EXPECT_DOUBLE_EQ(metric.result(), 3.25);
}

TEST(Metrics, GatherBatches) {
  MeanSquaredErrorMetric<double> metric;
  EXPECT_EQ(metric.result(), 0) << "before any";
  metric.update_state(Tensor{{1.}}, Tensor{{3.}});
  metric.update_state(Tensor{{1.}, {1.}, {1.}}, Tensor{{1.}, {1.}, {1.}});
  EXPECT_DOUBLE_EQ(metric.result(), 1) << "every sample counts once, whatever its batch";
  metric.reset_state();
  EXPECT_EQ(metric.result(), 0);
}

TEST(Metrics, SampleWeights) {
  BinaryAccuracy<float> metric;
  metric.update_state(Tensor{{1}, {0}}, Tensor{{1}, {1}}, Tensor{3, 1});
  EXPECT_DOUBLE_EQ(metric.result(), 0.75);
  metric.update_state(Tensor{{1}, {0}}, Tensor{{0}, {1}}, Tensor{{0}, {0}});
  EXPECT_DOUBLE_EQ(metric.result(), 0.75) << "a weight of 0 does not count";
  EXPECT_TRUE(expect::error<ShapeError>(
      [&] {
        metric.update_state(Tensor{{1}, {0}}, Tensor{{0}, {1}}, Tensor{1, 1, 1});
      },
      {"BinaryAccuracy", "sample weights", "(3,)"}));
}

TEST(Metrics, SampleWeightsStretchOverSequences) {
  SparseCategoricalAccuracy<float> metric;
  const Tensor<float> p{{{0.9f, 0.1f}, {0.1f, 0.9f}}, {{0.9f, 0.1f}, {0.9f, 0.1f}}};
  metric.update_state(Tensor{{0, 0}, {0, 0}}, p, Tensor{3, 1});
  EXPECT_DOUBLE_EQ(metric.result(), (3.0 + 2) / 8);
}

namespace {

/// What `metrics = {"accuracy"}` reports for a model whose predictions are its inputs.
double accuracy_of(const Tensor<float>& y_true, const Tensor<float>& y_pred) {
  Sequential model{Lambda([](const auto& x) { return x; })};
  model.compile(
      {.optimizer = "sgd", .loss = [](const auto&, const auto& p) { return sum(p); }, .metrics = {"accuracy"}});
  return model.test_on_batch(y_pred, y_true)["accuracy"];
}

}  // namespace

TEST(Accuracy, ChoosesItsKindFromTheShapes) {
  const Tensor<float> two{{0.6f, 0.4f}, {0.7f, 0.3f}, {0.1f, 0.9f}, {0.2f, 0.8f}};
  EXPECT_DOUBLE_EQ(accuracy_of(Tensor{0, 0, 0, 1}, two), 0.75) << "sparse";
  EXPECT_DOUBLE_EQ(accuracy_of(Tensor{{0}, {0}, {0}, {1}}, two), 0.75) << "sparse, with a last axis";
  EXPECT_DOUBLE_EQ(accuracy_of(Tensor{{1, 0}, {1, 0}, {1, 0}, {0, 1}}, two), 0.75) << "one-hot";
  const Tensor<float> one{{0.6f}, {0.7f}, {0.1f}, {0.2f}};
  EXPECT_DOUBLE_EQ(accuracy_of(Tensor{{1}, {1}, {0}, {1}}, one), 0.75) << "binary";
  EXPECT_DOUBLE_EQ(accuracy_of(Tensor{1, 1, 0, 1}, one), 0.75) << "binary, without a last axis";
}

TEST(Metrics, HaveTheNamesTheyAreGivenBy) {
  Sequential model{Dense(1)};
  const auto metric = std::make_shared<BinaryAccuracy<float>>("mine");
  model.compile({.optimizer = "sgd",
                 .loss = "mse",
                 .metrics = {"mse", "BinaryAccuracy", metric, BinaryAccuracy<float>("yours")}});
  const Logs logs = model.test_on_batch(Tensor{{1.f}}, Tensor{{1.f}});
  for (const char* name : {"loss", "mse", "mine", "yours"}) EXPECT_TRUE(logs.contains(name)) << name;
  EXPECT_EQ(logs.size(), 5u);
}

TEST(Metrics, AnUnknownNameSuggestsTheNearest) {
  Sequential model{Dense(1)};
  EXPECT_TRUE(
      expect::error<ValueError>([&] { model.compile({.optimizer = "sgd", .loss = "mse", .metrics = {"acuracy"}}); },
                                {"metric \"acuracy\"", "Did you mean \"accuracy\""}));
  EXPECT_FALSE(model.compiled());
}
