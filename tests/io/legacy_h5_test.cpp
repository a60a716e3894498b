#include "support/legacy_models.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/warnings.hpp"

// Models and files of weights of Keras 0 to 2 in legacy .h5 files.

using namespace lamina;

namespace {

using namespace lamina::testing_support;  // NOLINT: the helpers of this file

TEST(LegacyH5, ReadsLayersOfMergedModels) {
  const TemporaryFolder folder;
  const std::string path =
      write_model(folder, R"({"class_name": "Merge", "config": {"name": "merge_1", "mode": "sum", "mode_type": "raw",
      "layers": [
      {"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {"name": "left", "output_dim": 2,
        "batch_input_shape": [null, 3]}}, {"class_name": "Dense", "config": {"name": "left_2", "output_dim": 2}}]},
      {"class_name": "Sequential", "config": [{"class_name": "Dense", "config": {"name": "right", "output_dim": 2,
        "batch_input_shape": [null, 5]}}]}]}},
      {"class_name": "Dense", "config": {"name": "top", "output_dim": 1}})",
                  {{"left", {{"left_W", values({3, 2}, 1)}, {"left_b", values({2}, 2)}}},
                   {"left_2", {{"left_2_W", values({2, 2}, 3)}, {"left_2_b", values({2}, 4)}}},
                   {"right", {{"right_W", values({5, 2}, 5)}, {"right_b", values({2}, 6)}}},
                   {"top", {{"top_W", values({2, 1}, 7)}, {"top_b", values({1}, 8)}}}});
  const auto model = load_model<float>(path);
  const Tensor<float> x = values({4, 3}, 9), y = values({4, 5}, 10);
  const Tensor<float> left = matmul(matmul(x, values({3, 2}, 1)) + values({2}, 2), values({2, 2}, 3)) + values({2}, 4);
  const Tensor<float> right = matmul(y, values({5, 2}, 5)) + values({2}, 6);
  EXPECT_TRUE(expect::near(model->apply(std::vector<Tensor<float>>{x, y}).front(),
                           matmul(left + right, values({2, 1}, 7)) + values({1}, 8), {1e-5, 1e-6}));
}

TEST(LegacyH5, ReadsNestedModelsAsOneList) {
  const TemporaryFolder folder;
  const std::string nested = R"({"class_name": "Sequential", "config": {"name": "inner", "layers": [
    {"class_name": "Dense", "config": {"name": "d", "units": 2, "batch_input_shape": [null, 3]}},
    {"class_name": "BatchNormalization", "config": {"name": "n", "axis": [1], "momentum": 0.9, "epsilon": 0.1}},
    {"class_name": "Dense", "config": {"name": "frozen", "units": 2, "trainable": false}}]}})";
  const Tensor<float> positive = values({2}, 6) + 2.0F;
  const std::string path = write_model(folder, nested,
                                       {{"inner",
                                         {{"d/kernel:0", values({3, 2}, 1)},
                                          {"d/bias:0", values({2}, 2)},
                                          {"n/gamma:0", values({2}, 3)},
                                          {"n/beta:0", values({2}, 4)},
                                          {"n/moving_mean:0", values({2}, 5)},
                                          {"n/moving_variance:0", positive},
                                          {"frozen/kernel:0", values({2, 2}, 7)},
                                          {"frozen/bias:0", values({2}, 8)}}}},
                                       {"2.2.4", "tensorflow"});
  expect_like(path, Sequential{Dense(2), BatchNormalization({.momentum = 0.9, .epsilon = 0.1}), Dense(2)}, {3},
              {values({3, 2}, 1), values({2}, 2), values({2}, 3), values({2}, 4), values({2}, 5), positive,
               values({2, 2}, 7), values({2}, 8)});
}

TEST(LegacyH5, WarnsOfActivationsThatKeras3Changed) {
  const TemporaryFolder folder;
  const std::string layer = R"({"class_name": "Dense", "config": {"name": "d", "units": 1,
    "activation": "hard_sigmoid", "batch_input_shape": [null, 2]}})";
  const Layers weights = {{"d", {{"d/kernel:0", values({2, 1}, 1)}, {"d/bias:0", values({1}, 2)}}}};
  for (const char* version : {"2.2.4", "3.0.0"}) {
    const std::string path = write_model(folder, layer, weights, {version, "tensorflow"});
    const Warnings warnings;
    load_model<float>(path);
    EXPECT_EQ(warnings.text().find("hard_sigmoid") != std::string::npos, version[0] == '2') << warnings.text();
  }
}

TEST(LegacyH5, WarnsThatConvolutionsOfKeras1MayBeTheanos) {
  const TemporaryFolder folder;
  const Layers weights = {
      {"convolution2d_1", {{"convolution2d_1_W", values({4, 3, 2, 3}, 1)}, {"convolution2d_1_b", values({4}, 2)}}}};
  for (const char* backend : {"", "tensorflow"}) {
    const std::string path = write_model(folder, convolution_th, weights, {"", backend});
    const Warnings warnings;
    load_model<float>(path);
    EXPECT_EQ(warnings.text().find("Theano") != std::string::npos, backend[0] == '\0') << warnings.text();
  }
}

TEST(LegacyH5, LoadsWeightsByTheirOrder) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/w.h5";
  {
    LegacyFile file(path);
    file.layers("", {{"flatten_7", {}},
                     {"dense_8", {{"dense_8_W", values({3, 4}, 1)}, {"dense_8_b", values({4}, 2)}}},
                     {"dense_9", {{"dense_9_W", values({4, 2}, 3)}, {"dense_9_b", values({2}, 4)}}}});
  }
  Sequential model{Flatten(), Dense(4, DenseOptions{.name = "other"}), Dense(2)};
  model(values({1, 3, 1}, 1));
  model.load_weights(path);
  EXPECT_TRUE(
      expect::same(model.get_weights(), {values({3, 4}, 1), values({4}, 2), values({4, 2}, 3), values({2}, 4)}));

  const auto unchanged = [&](auto other, std::initializer_list<const char*> words, auto error) {
    other(values({1, 3}, 1));
    const auto before = other.get_weights();
    EXPECT_TRUE(expect::error<decltype(error)>([&] { other.load_weights(path); }, words));
    EXPECT_TRUE(expect::same(other.get_weights(), before));
  };
  unchanged(Sequential{Dense(4), Dense(3, DenseOptions{.name = "last"})},
            {"w.h5", "\"last\"", "\"kernel\"", "dense_9_W", "expected shape (4, 3)", "got (4, 2)"}, ShapeError(""));
  unchanged(Sequential{Dense(4)}, {"w.h5", "2 layers", "1"}, IoError(""));
  unchanged(Sequential{Dense(4), Dense(2, DenseOptions{.use_bias = false, .name = "last"})},
            {"w.h5", "\"dense_9\"", "2 weights", "\"last\"", "1"}, IoError(""));
}

TEST(LegacyH5, LoadsWeightsOfKeras0) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/w.h5";
  const Weights gates = by_gate("l", "icfo", {3, 2}, {2, 2}, 1);
  {
    LegacyFile file(path);
    file.integer("", "nb_layers", 3);
    file.integer("layer_0", "nb_params", 12);
    for (std::size_t i = 0; i < gates.size(); ++i) file.dataset(text("layer_0/param_", i), gates[i].second);
    file.integer("layer_1", "nb_params", 0);
    file.integer("layer_2", "nb_params", 2);
    file.dataset("layer_2/param_0", values({2, 1}, 50));
    file.dataset("layer_2/param_1", values({1}, 51));
  }
  Sequential model{LSTM(2), Dropout(0.5), Dense(1)};
  model(values({1, 4, 3}, 1));
  model.load_weights(path);
  std::vector<Tensor<float>> expected = in_order(gates, {0, 2, 1, 3});
  expected.push_back(values({2, 1}, 50));
  expected.push_back(values({1}, 51));
  EXPECT_TRUE(expect::same(model.get_weights(), expected));
  EXPECT_TRUE(expect::error<IoError>([&] { load_model<float>(path); }, {"w.h5", "load_weights"}));

  {
    LegacyFile file(path);
    file.integer("", "nb_layers", 1LL << 60);
    file.integer("layer_0", "nb_params", 1LL << 60);
  }
  EXPECT_TRUE(expect::error<IoError>([&] { model.load_weights(path); }, {"w.h5", "layer_0/param_0"}));
}

TEST(LegacyH5, StatisticsOfKeras0AreStandardDeviations) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/w.h5";
  const Tensor<float> gamma = values({3}, 1), beta = values({3}, 2), mean = values({3}, 3),
                      deviation = values({3}, 4) + 2.0F;
  const auto write = [&](bool keras_0) {
    LegacyFile file(path);
    if (keras_0) {
      file.integer("", "nb_layers", 1);
      file.integer("layer_0", "nb_params", 4);
      int i = 0;
      for (const Tensor<float>& w : {gamma, beta, mean, deviation}) file.dataset(text("layer_0/param_", i++), w);
    } else {
      file.layers(
          "", {{"n", {{"n_gamma", gamma}, {"n_beta", beta}, {"n_running_mean", mean}, {"n_running_std", deviation}}}});
    }
  };
  const float epsilon = 0.25F;
  Sequential model{BatchNormalization({.epsilon = epsilon})};
  const Tensor<float> x = values({5, 3}, 5);
  model(x);
  write(true);
  {
    const Warnings warnings;
    model.load_weights(path);
    EXPECT_EQ(warnings.text(), "");
  }
  EXPECT_TRUE(expect::near(model.predict(x), (x - mean) / (deviation + epsilon) * gamma + beta, {1e-5, 1e-6}));
  write(false);
  const Warnings warnings;
  model.load_weights(path);
  EXPECT_NE(warnings.text().find("running_std"), std::string::npos);
  EXPECT_TRUE(expect::near(model.predict(x), (x - mean) / sqrt(deviation + epsilon) * gamma + beta, {1e-5, 1e-6}));
}

TEST(LegacyH5, RefusesLargeDatasetsUnread) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/w.h5";
  {
    LegacyFile file(path);
    file.layers("", {{"d", {{"d_W", values({30, 40}, 1)}, {"d_b", values({2}, 2)}}}});
  }
  Sequential model{Dense(2)};
  model(values({1, 3}, 1));
  EXPECT_TRUE(expect::error<ShapeError>([&] { model.load_weights(path); },
                                        {"w.h5", "\"kernel\"", "d_W", "expected shape (3, 2)", "got (30, 40)"}));
}

TEST(LegacyH5, LoadsTheWeightsOfOneLayer) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/w.h5";
  const Weights gates = by_gate("l", "icfo", {3, 2}, {2, 2}, 1);
  {
    LegacyFile file(path);
    file.layers("", {{"l", gates}});
  }
  LSTM<float> layer(2);
  layer(values({1, 4, 3}, 1));
  load_weights(layer, path);
  EXPECT_TRUE(expect::same(layer.get_weights(), in_order(gates, {0, 2, 1, 3})));
}

}  // namespace
