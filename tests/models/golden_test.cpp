// Whole training runs against what Keras computes: the losses of every epoch, the final weights, the predictions.
#include "support/golden.hpp"
#include "support/expect.hpp"

using namespace lamina;

namespace {

struct Training {
  DenseOptions hidden{.activation = "tanh"};
  ActivationArgument output{};
  FitOptions<float> fit{.batch_size = 16, .epochs = 5, .verbose = 0, .shuffle = false};
  bool frozen = false;
};

Sequential<float> model_of(const golden::Case& expected, const Training& training) {
  const Shape inputs = expected.shape("x0").slice(1), outputs = expected.shape("w3_init");
  Sequential<float> model{Input(inputs), Dense(8, training.hidden), Dense(outputs[0], training.output)};
  model.set_weights(expected.tensors<float>("w", "_init"));
  if (training.frozen) model.layers()[0]->set_trainable(false);
  return model;
}

void compare(const golden::Case& expected, Sequential<float>& model, const History& history) {
  for (const char* name : {"loss", "val_loss", "accuracy", "val_accuracy"}) {
    const std::string array = std::string("history_") + name;
    if (!expected.contains(array) || !history.contains(name)) continue;
    const auto& values = expected.values(array);
    ASSERT_EQ(history[name].size(), values.size()) << name;
    for (std::size_t epoch = 0; epoch < values.size(); ++epoch)
      EXPECT_NEAR(history[name][epoch], values[epoch], 1e-4 * std::abs(values[epoch])) << name << ", epoch " << epoch;
  }
  EXPECT_TRUE(history.contains("loss"));
  const auto weights = model.get_weights();
  for (std::size_t i = 0; i < weights.size(); ++i)
    EXPECT_TRUE(expect::near(weights[i], expected.tensor<float>("w" + std::to_string(i) + "_final"), {1e-4, 1e-5}))
        << "weight " << i;
  EXPECT_TRUE(
      expect::near(model.predict(expected.tensor<float>("x0")), expected.tensor<float>("predict0"), {1e-4, 1e-5}))
      << "predictions";
}

#define EXPECT_AS_IN_KERAS(id, training, ...)                                                                        \
  do {                                                                                                               \
    SCOPED_TRACE(id);                                                                                                \
    const golden::Case expected(std::string("training/") + id);                                                      \
    Sequential<float> model = model_of(expected, training);                                                          \
    model.compile(__VA_ARGS__);                                                                                      \
    compare(expected, model, model.fit(expected.tensor<float>("x0"), expected.tensor<float>("y0"), (training).fit)); \
  } while (false)

}  // namespace

TEST(GoldenTraining, SGD) {
  EXPECT_AS_IN_KERAS("000_reg_sgd", Training(), {.optimizer = SGD<float>(0.05), .loss = "mse"});
  EXPECT_AS_IN_KERAS("002_reg_momentum", Training(),
                     {.optimizer = SGD<float>({.learning_rate = 0.05, .momentum = 0.9}), .loss = "mse"});
  EXPECT_AS_IN_KERAS(
      "004_reg_nesterov", Training(),
      {.optimizer = SGD<float>({.learning_rate = 0.05, .momentum = 0.9, .nesterov = true}), .loss = "mse"});
}

TEST(GoldenTraining, Adam) {
  EXPECT_AS_IN_KERAS("006_reg_adam", Training(), {.optimizer = Adam<float>(0.01), .loss = "mse"});
}

TEST(GoldenTraining, Regularizers) {
  const Training training{
      .hidden = {.activation = "tanh", .kernel_regularizer = L2(0.01), .bias_regularizer = L1(0.02)}};
  EXPECT_AS_IN_KERAS("026_l2_reg", training, {.optimizer = SGD<float>(0.05), .loss = "mse"});
}

TEST(GoldenTraining, Constraints) {
  const Training training{.hidden = {.activation = "tanh", .kernel_constraint = MaxNorm(0.8)}};
  EXPECT_AS_IN_KERAS("028_constraint", training, {.optimizer = SGD<float>(0.1), .loss = "mse"});
}

TEST(GoldenTraining, ValidationSplit) {
  Training training{.hidden = {.activation = "relu"}, .output = "softmax"};
  training.fit.validation_split = 0.25;
  EXPECT_AS_IN_KERAS(
      "032_val_split", training,
      {.optimizer = Adam<float>(0.01), .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
}

TEST(GoldenTraining, BinaryCrossentropy) {
  const Training training{.hidden = {.activation = "relu"}, .output = "sigmoid"};
  EXPECT_AS_IN_KERAS("036_binary", training,
                     {.optimizer = Adam<float>(0.02), .loss = "binary_crossentropy", .metrics = {"accuracy"}});
}

TEST(GoldenTraining, AFrozenLayer) {
  EXPECT_AS_IN_KERAS("056_frozen", Training{.frozen = true}, {.optimizer = SGD<float>(0.05), .loss = "mse"});
}

TEST(GoldenTraining, SampleWeightsBatchByBatch) {
  const golden::Case expected("training/034_sample_weight");
  Sequential<float> model = model_of(expected, Training());
  model.compile({.optimizer = SGD<float>(0.05), .loss = "mse"});
  const Tensor<float> x = expected.tensor<float>("x0"), y = expected.tensor<float>("y0"),
                      weight = expected.tensor<float>("sample_weight");
  History history;
  for (Index epoch = 0; epoch < 5; ++epoch) {
    double loss = 0;
    for (Index begin = 0; begin < 48; begin += 16)
      loss += model.train_on_batch(x.rows_view(begin, begin + 16), y.rows_view(begin, begin + 16),
                                   weight.rows_view(begin, begin + 16))["loss"];
    Logs logs;
    logs.set("loss", loss / 3);
    history.append(epoch, logs);
  }
  compare(expected, model, history);
}
