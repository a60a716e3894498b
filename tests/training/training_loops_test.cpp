#include <lamina/training/training_loops.hpp>

#include "lamina/data/npz.hpp"
#include "support/expect.hpp"
#include "support/training.hpp"

using namespace lamina;
using namespace lamina::testing::training;

TEST(Fit, TakesTheSamplesInBatches) {
  Fixture f;
  const History history = f.model.fit(features, targets, {.batch_size = 8, .epochs = 2, .verbose = 0});
  EXPECT_EQ(f.noting->trained, (std::vector<Index>{8, 8, 4, 8, 8, 4}));
  EXPECT_EQ(f.model.optimizer().iterations(), 6);
  EXPECT_EQ(history.epoch(), (std::vector<Index>{0, 1}));
  EXPECT_EQ(history["loss"].size(), 2u);
  EXPECT_TRUE(expect::error<ValueError>([&] { history["los"]; }, {"history entry \"los\"", "\"loss\""}));
}

TEST(Fit, AgreesWithATrainingLoopByHand) {
  Fixture f, g;
  f.model.fit(features, targets, {.batch_size = 10, .epochs = 3, .verbose = 0, .shuffle = false});
  for (int epoch = 0; epoch < 3; ++epoch)
    for (const Index begin : {0, 10}) {
      const Tensor<double> in = features.rows_view(begin, begin + 10), out = targets.rows_view(begin, begin + 10);
      const auto weights = g.dense->get_weights();
      const Tensor<double> error = matmul(in, weights[0]) + weights[1] - out;
      const Tensor<double> dy = error * (2.0 / 20);
      g.dense->set_weights(
          {weights[0] - 0.1 * matmul(in, dy, {true, false}), weights[1] - 0.1 * sum(dy, {.axes = {0}})});
    }
  EXPECT_TRUE(expect::near(f.dense->get_weights()[0], g.dense->get_weights()[0]));
  EXPECT_TRUE(expect::near(f.dense->get_weights()[1], g.dense->get_weights()[1]));
}

TEST(Fit, TheLossOfAnEpochIsTheMeanOverItsSamples) {
  Fixture f;
  f.model.compile({.optimizer = SGD<double>(0.0), .loss = "mse", .metrics = {"mse"}});
  const double expected = mean(square(f.model.predict(features) - targets)).item();
  const History history = f.model.fit(features, targets, {.batch_size = 8, .epochs = 1, .verbose = 0});
  EXPECT_NEAR(history["loss"][0], expected, 1e-12);
  EXPECT_NEAR(history["mse"][0], expected, 1e-12);
}

TEST(Fit, ShufflesEverySampleOncePerEpochInAnotherOrder) {
  Fixture f;
  f.model.fit(features, targets, {.batch_size = 6, .epochs = 2, .verbose = 0});
  std::vector<std::vector<double>> epochs(2);
  for (std::size_t batch = 0; batch < f.noting->rows.size(); ++batch)
    for (Index i = 0; i < f.noting->rows[batch].shape()[0]; ++i)
      epochs[batch / 4].push_back(f.noting->rows[batch](i, 0));
  std::vector<double> given;
  for (Index i = 0; i < 20; ++i) given.push_back(features(i, 0));
  EXPECT_NE(epochs[0], given);
  EXPECT_NE(epochs[0], epochs[1]);
  std::sort(given.begin(), given.end());
  for (auto& epoch : epochs) {
    std::sort(epoch.begin(), epoch.end());
    EXPECT_EQ(epoch, given);
  }
}

TEST(Fit, ShufflesTargetsWithTheirSamples) {
  Sequential<double> model{Dense<double>(1)};
  model.compile({.optimizer = SGD<double>(0.2), .loss = "mse"});
  const Tensor<double> in = expect::scattered({50, 1}), out = 3 * in - 1;
  model.fit(in, out, {.batch_size = 5, .epochs = 60, .verbose = 0});
  EXPECT_LT(model.evaluate(in, out)["loss"], 1e-6);
}

TEST(Fit, WithoutShufflingKeepsTheOrder) {
  Fixture f;
  f.model.fit(features, targets, {.batch_size = 8, .epochs = 1, .verbose = 0, .shuffle = false});
  EXPECT_TRUE(expect::same(f.noting->rows[1], features.rows_view(8, 16)));
}

TEST(Fit, ValidationSplitKeepsTheLastSamples) {
  Fixture f;
  const History history = f.model.fit(
      features, targets, {.batch_size = 8, .epochs = 2, .verbose = 0, .validation_split = 0.25, .shuffle = false});
  EXPECT_EQ(f.noting->trained, (std::vector<Index>{8, 7, 8, 7}));
  EXPECT_EQ(f.noting->measured, (std::vector<Index>{5, 5}));
  ASSERT_EQ(history["val_loss"].size(), 2u);
  EXPECT_NEAR(history["val_loss"][1], f.model.evaluate(features.rows_view(15, 20), targets.rows_view(15, 20))["loss"],
              1e-14);
}

TEST(Fit, ValidationDataIsMeasuredAfterEveryEpoch) {
  Fixture f;
  const Tensor<double> vx = expect::scattered({3, 3}, 8), vy = expect::scattered({3, 2}, 9);
  f.model.compile({.optimizer = SGD<double>(0.1), .loss = "mse", .metrics = {"mse"}});
  const History history =
      f.model.fit(features, targets,
                  {.epochs = 2, .verbose = 0, .validation_split = 0.5, .validation_data = Samples<double>{vx, vy}});
  EXPECT_EQ(f.noting->trained, (std::vector<Index>{20, 20})) << "validation_data overrides validation_split";
  const Logs logs = f.model.evaluate(vx, vy);
  EXPECT_NEAR(history["val_loss"][1], logs["loss"], 1e-14);
  EXPECT_NEAR(history["val_mse"][1], logs["mse"], 1e-14);
  EXPECT_GT(history["loss"][0], history["loss"][1]);
}

TEST(Fit, TrainsFromTheInitialEpochToTheLast) {
  Fixture f;
  const History history = f.model.fit(features, targets, {.epochs = 5, .verbose = 0, .initial_epoch = 3});
  EXPECT_EQ(history.epoch(), (std::vector<Index>{3, 4}));
  EXPECT_EQ(f.model.optimizer().iterations(), 2);
  EXPECT_TRUE(f.model.fit(features, targets, {.epochs = 2, .verbose = 0, .initial_epoch = 2}).epoch().empty());
}

TEST(Fit, StepsPerEpochEndAnEpoch) {
  Fixture f;
  f.model.fit(features, targets, {.batch_size = 4, .epochs = 2, .verbose = 0, .steps_per_epoch = 3});
  EXPECT_EQ(f.noting->trained, (std::vector<Index>{4, 4, 4, 4, 4, 4}));
}

TEST(Fit, ContinuesAPreviousTraining) {
  Fixture f, g;
  f.model.compile({.optimizer = "adam", .loss = "mse"});
  g.model.compile({.optimizer = "adam", .loss = "mse"});
  f.model.fit(features, targets, {.epochs = 6, .verbose = 0});
  g.model.fit(features, targets, {.epochs = 2, .verbose = 0});
  g.model.fit(features, targets, {.epochs = 6, .verbose = 0, .initial_epoch = 2});
  EXPECT_TRUE(expect::same(f.dense->get_weights(), g.dense->get_weights()));
}

TEST(Fit, DoesNotTrainFrozenLayers) {
  Fixture f;
  f.dense->set_trainable(false);
  f.model.compile({.optimizer = "sgd", .loss = "mse"});
  const auto before = f.dense->get_weights();
  f.model.fit(features, targets, {.epochs = 3, .verbose = 0});
  EXPECT_TRUE(expect::same(f.dense->get_weights(), before));
}

TEST(Fit, AddsTheLossesOfLayersAndWeights) {
  Sequential<double> model{Dense<double>(2, {.kernel_regularizer = L2(0.5), .activity_regularizer = L1(0.25)})};
  model.compile({.optimizer = SGD<double>(0.0), .loss = "mse"});
  const Logs logs = model.train_on_batch(features, targets);
  const Tensor<double> out = model.predict(features);
  const double expected = mean(square(out - targets)).item() + 0.5 * sum(square(model.get_weights()[0])).item() +
                          0.25 * sum(abs(out)).item() / 20;
  EXPECT_NEAR(logs["loss"], expected, 1e-12);
  EXPECT_NEAR(model.test_on_batch(features, targets)["loss"], expected, 1e-12);
  EXPECT_NEAR(model.evaluate(features, targets)["loss"], expected, 1e-12);
}

TEST(Fit, TakesEigenMatricesAndOneDimensionalData) {
  Sequential model{Dense(1)};
  model.compile({.optimizer = "sgd", .loss = "mse"});
  const Eigen::VectorXd in = Eigen::VectorXd::LinSpaced(10, -1, 1);
  model.fit(in, (2 * in).eval(), {.epochs = 2, .verbose = 0});
  EXPECT_EQ(model.predict(in).shape(), (Shape{10, 1}));
  EXPECT_EQ(model.predict(Eigen::MatrixXi::Ones(4, 1)).shape(), (Shape{4, 1}));
}

TEST(Evaluate, IsInferenceWithoutTraining) {
  Fixture f;
  const auto before = f.model.get_weights();
  const Logs logs = f.model.evaluate(features, targets, {.batch_size = 8});
  EXPECT_TRUE(f.noting->trained.empty());
  EXPECT_EQ(f.noting->measured, (std::vector<Index>{8, 8, 4}));
  EXPECT_TRUE(expect::same(f.model.get_weights(), before));
  EXPECT_NEAR(logs["loss"], mean(square(f.model(features) - targets)).item(), 1e-14);
  EXPECT_TRUE(expect::error<ValueError>([&] { logs["accuracy"]; }, {"log \"accuracy\"", "Known: loss"}));
}

TEST(Predict, IsTheSameInAnyBatches) {
  Fixture f;
  const Tensor<double> all = f.model.predict(features);
  for (const Index batch_size : {1, 7, 19, 20, 100})
    EXPECT_TRUE(expect::near(f.model.predict(features, {.batch_size = batch_size}), all)) << batch_size;
  EXPECT_TRUE(expect::near(f.model.predict_on_batch(features), all));
  EXPECT_EQ(f.model.predict(Tensor<double>::zeros({0, 3})).shape(), (Shape{0, 2})) << "no samples, no outputs";
  EXPECT_EQ(f.model.predict(features, {.batch_size = 2, .steps = 2}).shape(), (Shape{4, 2}));
  const Sequential<double> sums{Lambda<double>([](const auto& t) { return sum(t, {.axes = {0}}); })};
  EXPECT_EQ(sums.predict(features).shape(), (Shape{3}));
  EXPECT_TRUE(
      expect::error<ShapeError>([&] { sums.predict(features, {.batch_size = 4}); }, {"predict", "4 samples", "(3,)"}));
}

TEST(Predict, WorksWithoutCompile) {
  Sequential model{Dense(2), Dropout(0.5)};
  const Tensor<float> in = expect::scattered<float>({5, 3});
  EXPECT_TRUE(expect::same(model.predict(in), model.predict(in)));
}
