#include <lamina/training/training_steps.hpp>

#include "lamina/data/npz.hpp"
#include "support/expect.hpp"
#include "support/training.hpp"

using namespace lamina;
using namespace lamina::testing::training;

TEST(OnBatch, TrainOnBatchTrainsAndTestOnBatchDoesNot) {
  Fixture f;
  const double before = f.model.test_on_batch(features, targets)["loss"];
  EXPECT_EQ(f.model.optimizer().iterations(), 0);
  EXPECT_NEAR(f.model.train_on_batch(features, targets)["loss"], before, 1e-14) << "loss before the update";
  EXPECT_EQ(f.model.optimizer().iterations(), 1);
  EXPECT_LT(f.model.test_on_batch(features, targets)["loss"], before);
}

TEST(OnBatch, TakesSampleWeights) {
  Fixture f;
  Tensor<double> weight = Tensor<double>::zeros({20});
  weight.mutable_data()[3] = 20;
  const double expected = mean(square(f.model(features) - targets), {.axes = {1}})[3];
  EXPECT_NEAR(f.model.test_on_batch(features, targets, weight)["loss"], expected, 1e-13);
  EXPECT_NEAR(f.model.train_on_batch(features, targets, weight)["loss"], expected, 1e-13);
}

TEST(Compile, ResetsTheOptimizer) {
  Fixture f;
  f.model.train_on_batch(features, targets);
  f.model.compile({.optimizer = "adam", .loss = "mse"});
  EXPECT_EQ(f.model.optimizer().iterations(), 0);
  EXPECT_EQ(f.model.optimizer().class_name(), "Adam");
  f.model.train_on_batch(features, targets);
}

TEST(Compile, TakesFunctionsForLosses) {
  Fixture f;
  f.model.compile(
      {.optimizer = "sgd", .loss = [](const auto& t, const auto& p) { return mean(abs(t - p), {.axes = {-1}}); }});
  EXPECT_NEAR(f.model.test_on_batch(features, targets)["loss"], mean(abs(f.model(features) - targets)).item(), 1e-14);
  f.model.compile({.optimizer = "sgd", .loss = MeanSquaredError<double>(Reduction::sum)});
  EXPECT_NEAR(f.model.test_on_batch(features, targets)["loss"],
              10 * mean(square(f.model(features) - targets)).item() * 2, 1e-12);
}

TEST(Compile, WeighsTheLossOfASingleOutput) {
  Fixture plain, weighted;
  weighted.model.compile({.optimizer = SGD<double>(0.1 / 4), .loss = "mse", .loss_weights = {4}});
  const double loss = plain.model.test_on_batch(features, targets)["loss"];
  EXPECT_NEAR(weighted.model.test_on_batch(features, targets)["loss"], 4 * loss, 1e-13);
  plain.model.train_on_batch(features, targets);
  weighted.model.train_on_batch(features, targets);
  EXPECT_TRUE(expect::near(weighted.model.get_weights()[0], plain.model.get_weights()[0], {1e-12, 1e-14}));
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
