// fit, evaluate, predict and their relatives on one batch.
#include "lamina/data/npz.hpp"
#include "support/expect.hpp"

using namespace lamina;

namespace {

const Tensor<double> x = expect::scattered({20, 3}, 1), y = expect::scattered({20, 2}, 2);

/// Notes the size of every batch it is called with, in training and in inference.
struct Noting : Layer<double> {
  Tensor<double> call(const Tensor<double>& in) const override {
    (CallContext::training() ? trained : measured).push_back(in.shape()[0]);
    if (CallContext::training()) rows.push_back(in.copy());
    return in;
  }
  mutable std::vector<Index> trained, measured;
  mutable std::vector<Tensor<double>> rows;
};

struct Fixture {
  std::shared_ptr<Noting> noting = std::make_shared<Noting>();
  std::shared_ptr<Dense<double>> dense = std::make_shared<Dense<double>>(2);
  Sequential<double> model{noting, dense};
  Fixture() {
    set_random_seed(4);
    model.build({None, 3});
    noting->measured.clear();
    model.compile({.optimizer = SGD<double>(0.1), .loss = "mse"});
  }
};

}  // namespace

TEST(Fit, TakesTheSamplesInBatches) {
  Fixture f;
  const History history = f.model.fit(x, y, {.batch_size = 8, .epochs = 2, .verbose = 0});
  EXPECT_EQ(f.noting->trained, (std::vector<Index>{8, 8, 4, 8, 8, 4}));
  EXPECT_EQ(f.model.optimizer().iterations(), 6);
  EXPECT_EQ(history.epoch(), (std::vector<Index>{0, 1}));
  EXPECT_EQ(history["loss"].size(), 2u);
  EXPECT_TRUE(expect::error<ValueError>([&] { history["los"]; }, {"history entry \"los\"", "\"loss\""}));
}

TEST(Fit, IsTheSameAsStepsByHand) {
  Fixture f, g;
  f.model.fit(x, y, {.batch_size = 10, .epochs = 3, .verbose = 0, .shuffle = false});
  for (int epoch = 0; epoch < 3; ++epoch)
    for (const Index begin : {0, 10}) {
      const Tensor<double> in = x.rows_view(begin, begin + 10), out = y.rows_view(begin, begin + 10);
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
  const double expected = mean(square(f.model.predict(x) - y)).item();
  const History history = f.model.fit(x, y, {.batch_size = 8, .epochs = 1, .verbose = 0});
  EXPECT_NEAR(history["loss"][0], expected, 1e-12);
  EXPECT_NEAR(history["mse"][0], expected, 1e-12);
}

TEST(Fit, ShufflesEverySampleOncePerEpochInAnotherOrder) {
  Fixture f;
  f.model.fit(x, y, {.batch_size = 6, .epochs = 2, .verbose = 0});
  std::vector<std::vector<double>> epochs(2);
  for (std::size_t batch = 0; batch < f.noting->rows.size(); ++batch)
    for (Index i = 0; i < f.noting->rows[batch].shape()[0]; ++i)
      epochs[batch / 4].push_back(f.noting->rows[batch](i, 0));
  std::vector<double> given;
  for (Index i = 0; i < 20; ++i) given.push_back(x(i, 0));
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
  f.model.fit(x, y, {.batch_size = 8, .epochs = 1, .verbose = 0, .shuffle = false});
  EXPECT_TRUE(expect::same(f.noting->rows[1], x.rows_view(8, 16)));
}

TEST(Fit, ValidationSplitKeepsTheLastSamples) {
  Fixture f;
  const History history =
      f.model.fit(x, y, {.batch_size = 8, .epochs = 2, .verbose = 0, .validation_split = 0.25, .shuffle = false});
  EXPECT_EQ(f.noting->trained, (std::vector<Index>{8, 7, 8, 7}));
  EXPECT_EQ(f.noting->measured, (std::vector<Index>{5, 5}));
  ASSERT_EQ(history["val_loss"].size(), 2u);
  EXPECT_NEAR(history["val_loss"][1], f.model.evaluate(x.rows_view(15, 20), y.rows_view(15, 20))["loss"], 1e-14);
}

TEST(Fit, ValidationDataIsMeasuredAfterEveryEpoch) {
  Fixture f;
  const Tensor<double> vx = expect::scattered({3, 3}, 8), vy = expect::scattered({3, 2}, 9);
  f.model.compile({.optimizer = SGD<double>(0.1), .loss = "mse", .metrics = {"mse"}});
  const History history = f.model.fit(
      x, y, {.epochs = 2, .verbose = 0, .validation_split = 0.5, .validation_data = Samples<double>{vx, vy}});
  EXPECT_EQ(f.noting->trained, (std::vector<Index>{20, 20})) << "validation_data goes before validation_split";
  const Logs logs = f.model.evaluate(vx, vy);
  EXPECT_NEAR(history["val_loss"][1], logs["loss"], 1e-14);
  EXPECT_NEAR(history["val_mse"][1], logs["mse"], 1e-14);
  EXPECT_GT(history["loss"][0], history["loss"][1]);
}

TEST(Fit, GoesFromTheInitialEpochToTheLast) {
  Fixture f;
  const History history = f.model.fit(x, y, {.epochs = 5, .verbose = 0, .initial_epoch = 3});
  EXPECT_EQ(history.epoch(), (std::vector<Index>{3, 4}));
  EXPECT_EQ(f.model.optimizer().iterations(), 2);
  EXPECT_TRUE(f.model.fit(x, y, {.epochs = 2, .verbose = 0, .initial_epoch = 2}).epoch().empty());
}

TEST(Fit, StepsPerEpochEndAnEpoch) {
  Fixture f;
  f.model.fit(x, y, {.batch_size = 4, .epochs = 2, .verbose = 0, .steps_per_epoch = 3});
  EXPECT_EQ(f.noting->trained, (std::vector<Index>{4, 4, 4, 4, 4, 4}));
}

TEST(Fit, GoesOnWhereItStopped) {
  Fixture f, g;
  f.model.compile({.optimizer = "adam", .loss = "mse"});
  g.model.compile({.optimizer = "adam", .loss = "mse"});
  f.model.fit(x, y, {.epochs = 6, .verbose = 0});
  g.model.fit(x, y, {.epochs = 2, .verbose = 0});
  g.model.fit(x, y, {.epochs = 6, .verbose = 0, .initial_epoch = 2});
  EXPECT_TRUE(expect::same(f.dense->get_weights(), g.dense->get_weights()));
}

TEST(Fit, LeavesFrozenLayersAlone) {
  Fixture f;
  f.dense->set_trainable(false);
  f.model.compile({.optimizer = "sgd", .loss = "mse"});
  const auto before = f.dense->get_weights();
  f.model.fit(x, y, {.epochs = 3, .verbose = 0});
  EXPECT_TRUE(expect::same(f.dense->get_weights(), before));
}

TEST(Fit, AddsTheLossesOfLayersAndWeights) {
  Sequential<double> model{Dense<double>(2, {.kernel_regularizer = L2(0.5), .activity_regularizer = L1(0.25)})};
  model.compile({.optimizer = SGD<double>(0.0), .loss = "mse"});
  const Logs logs = model.train_on_batch(x, y);
  const Tensor<double> out = model.predict(x);
  const double expected = mean(square(out - y)).item() + 0.5 * sum(square(model.get_weights()[0])).item() +
                          0.25 * sum(abs(out)).item() / 20;
  EXPECT_NEAR(logs["loss"], expected, 1e-12);
  EXPECT_NEAR(model.test_on_batch(x, y)["loss"], expected, 1e-12);
  EXPECT_NEAR(model.evaluate(x, y)["loss"], expected, 1e-12);
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
  const Logs logs = f.model.evaluate(x, y, {.batch_size = 8});
  EXPECT_TRUE(f.noting->trained.empty());
  EXPECT_EQ(f.noting->measured, (std::vector<Index>{8, 8, 4}));
  EXPECT_TRUE(expect::same(f.model.get_weights(), before));
  EXPECT_NEAR(logs["loss"], mean(square(f.model(x) - y)).item(), 1e-14);
  EXPECT_TRUE(expect::error<ValueError>([&] { logs["accuracy"]; }, {"log \"accuracy\"", "Known: loss"}));
}

TEST(Predict, IsTheSameInAnyBatches) {
  Fixture f;
  const Tensor<double> all = f.model.predict(x);
  for (const Index batch_size : {1, 7, 19, 20, 100})
    EXPECT_TRUE(expect::near(f.model.predict(x, {.batch_size = batch_size}), all)) << batch_size;
  EXPECT_TRUE(expect::near(f.model.predict_on_batch(x), all));
  EXPECT_EQ(f.model.predict(Tensor<double>::zeros({0, 3})).shape(), (Shape{0, 2})) << "no samples, no outputs";
  EXPECT_EQ(f.model.predict(x, {.batch_size = 2, .steps = 2}).shape(), (Shape{4, 2}));
  const Sequential<double> sums{Lambda<double>([](const auto& t) { return sum(t, {.axes = {0}}); })};
  EXPECT_EQ(sums.predict(x).shape(), (Shape{3}));
  EXPECT_TRUE(expect::error<ShapeError>([&] { sums.predict(x, {.batch_size = 4}); }, {"predict", "4 samples", "(3,)"}));
}

TEST(Predict, NeedsNoCompile) {
  Sequential model{Dense(2), Dropout(0.5)};
  const Tensor<float> in = expect::scattered<float>({5, 3});
  EXPECT_TRUE(expect::same(model.predict(in), model.predict(in)));
}

TEST(OnBatch, TrainsOnceAndTestsNever) {
  Fixture f;
  const double before = f.model.test_on_batch(x, y)["loss"];
  EXPECT_EQ(f.model.optimizer().iterations(), 0);
  EXPECT_NEAR(f.model.train_on_batch(x, y)["loss"], before, 1e-14) << "the loss before the update";
  EXPECT_EQ(f.model.optimizer().iterations(), 1);
  EXPECT_LT(f.model.test_on_batch(x, y)["loss"], before);
}

TEST(OnBatch, TakesSampleWeights) {
  Fixture f;
  Tensor<double> weight = Tensor<double>::zeros({20});
  weight.mutable_data()[3] = 20;
  const double expected = mean(square(f.model(x) - y), {.axes = {1}})[3];
  EXPECT_NEAR(f.model.test_on_batch(x, y, weight)["loss"], expected, 1e-13);
  EXPECT_NEAR(f.model.train_on_batch(x, y, weight)["loss"], expected, 1e-13);
}

TEST(Compile, StartsTheOptimizerAnew) {
  Fixture f;
  f.model.train_on_batch(x, y);
  f.model.compile({.optimizer = "adam", .loss = "mse"});
  EXPECT_EQ(f.model.optimizer().iterations(), 0);
  EXPECT_EQ(f.model.optimizer().class_name(), "Adam");
  f.model.train_on_batch(x, y);
}

TEST(Compile, TakesFunctionsForLosses) {
  Fixture f;
  f.model.compile(
      {.optimizer = "sgd", .loss = [](const auto& t, const auto& p) { return mean(abs(t - p), {.axes = {-1}}); }});
  EXPECT_NEAR(f.model.test_on_batch(x, y)["loss"], mean(abs(f.model(x) - y)).item(), 1e-14);
  f.model.compile({.optimizer = "sgd", .loss = MeanSquaredError<double>(Reduction::sum)});
  EXPECT_NEAR(f.model.test_on_batch(x, y)["loss"], 10 * mean(square(f.model(x) - y)).item() * 2, 1e-12);
}

TEST(TrainOnBatch, WithSampleWeightsTrainsAsKerasDoes) {
  const NpzFile keras(std::string(LAMINA_TEST_DATA_DIR) + "/keras/training/034_sample_weight/data.npz");
  Sequential<float> model{Input({4}), Dense(8, "tanh"), Dense(2)};
  const auto weights = [&](const char* when) {
    std::vector<Tensor<float>> all;
    for (const char* weight : {"w0", "w1", "w2", "w3"}) all.push_back(keras.read<float>(std::string(weight) + when));
    return all;
  };
  model.set_weights(weights("_init"));
  model.compile({.optimizer = SGD<float>(0.05), .loss = "mse"});
  const Tensor<float> in = keras.read<float>("x0"), out = keras.read<float>("y0"),
                      weight = keras.read<float>("sample_weight");
  const Tensor<double> losses = keras.read<double>("history_loss");
  for (Index epoch = 0; epoch < 5; ++epoch) {
    double loss = 0;
    for (Index begin = 0; begin < 48; begin += 16)
      loss += model.train_on_batch(in.rows_view(begin, begin + 16), out.rows_view(begin, begin + 16),
                                   weight.rows_view(begin, begin + 16))["loss"];
    EXPECT_NEAR(loss / 3, losses[epoch], 1e-4 * std::abs(losses[epoch])) << "epoch " << epoch;
  }
  const auto expected = weights("_final"), trained = model.get_weights();
  ASSERT_EQ(trained.size(), expected.size());
  for (std::size_t i = 0; i < trained.size(); ++i)
    EXPECT_TRUE(expect::near(trained[i], expected[i], {1e-4, 1e-5})) << "weight " << i;
  EXPECT_TRUE(expect::near(model.predict(in), keras.read<float>("predict0"), {1e-4, 1e-5}));
}
