#include "support/legacy_models.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/warnings.hpp"

// Weights of layers of Keras 1 and 2 in legacy .h5 files.

using namespace lamina;

namespace {

using namespace lamina::testing_support;  // NOLINT: the helpers of this file
using detail::permute;

// ---- Convolutions

TEST(LegacyWeights, TransposesKernelsOfKeras1WithChannelsFirst) {
  const TemporaryFolder folder;
  const Tensor<float> kernel = values({4, 3, 2, 3}, 1), bias = values({4}, 2);
  const std::string path = write_model(
      folder, convolution_th, {{"convolution2d_1", {{"convolution2d_1_W", kernel}, {"convolution2d_1_b", bias}}}});
  expect_like(path, Sequential{Conv2D(4, {2, 3}, {.channels_first = true})}, {3, 5, 6},
              {permute(kernel, {2, 3, 1, 0}), bias});
}

TEST(LegacyWeights, TransposesKernelsOfKeras1WhoseChannelsAreAsManyAsTheRows) {
  const TemporaryFolder folder;
  const std::string layer = R"({"class_name": "Convolution2D", "config": {"name": "c", "nb_filter": 3, "nb_row": 3,
    "nb_col": 3, "dim_ordering": "th", "batch_input_shape": [null, 3, 5, 6]}})";
  const Tensor<float> kernel = values({3, 3, 3, 3}, 1), bias = values({3}, 2);
  const std::string path = write_model(folder, layer, {{"c", {{"c_W", kernel}, {"c_b", bias}}}});
  expect_like(path, Sequential{Conv2D(3, 3, {.channels_first = true})}, {3, 5, 6},
              {permute(kernel, {2, 3, 1, 0}), bias});
}

TEST(LegacyWeights, KeepsKernelsOfKeras1WithChannelsLast) {
  const TemporaryFolder folder;
  const std::string layer = R"({"class_name": "Convolution2D", "config": {"name": "c", "nb_filter": 2, "nb_row": 2,
    "nb_col": 2, "dim_ordering": "tf", "batch_input_shape": [null, 5, 6, 2]}})";
  const Tensor<float> kernel = values({2, 2, 2, 2}, 1), bias = values({2}, 2);
  const std::string path = write_model(folder, layer, {{"c", {{"c_W:0", kernel}, {"c_b:0", bias}}}});
  expect_like(path, Sequential{Conv2D(2, 2)}, {5, 6, 2}, {kernel, bias});
}

TEST(LegacyWeights, ReversesKernelsOfTheano) {
  const TemporaryFolder folder;
  const std::string layer = R"({"class_name": "Conv2D", "config": {"name": "c", "filters": 2, "kernel_size": [2, 3],
    "data_format": "channels_last", "batch_input_shape": [null, 5, 6, 2]}})";
  const Tensor<float> kernel = values({2, 3, 2, 2}, 1), bias = values({2}, 2);
  Tensor<float> reversed = Tensor<float>::empty(kernel.shape());
  for (Index row = 0; row < 2; ++row)
    for (Index column = 0; column < 3; ++column)
      for (Index c = 0; c < 4; ++c)
        reversed.mutable_data()[(row * 3 + column) * 4 + c] = kernel[((1 - row) * 3 + 2 - column) * 4 + c];
  const Layers weights = {{"c", {{"c/kernel:0", kernel}, {"c/bias:0", bias}}}};
  expect_like(write_model(folder, layer, weights, {"2.0.8", "theano"}), Sequential{Conv2D(2, {2, 3})}, {5, 6, 2},
              {reversed, bias});
  for (const char* same : {"tensorflow", "cntk"})
    expect_like(write_model(folder, layer, weights, {"2.0.8", same}), Sequential{Conv2D(2, {2, 3})}, {5, 6, 2},
                {kernel, bias});
}

TEST(LegacyWeights, DropsTheAxisOfOneDimensionalKernels) {
  const TemporaryFolder folder;
  const std::string layer = R"({"class_name": "Convolution1D", "config": {"name": "c", "nb_filter": 4,
    "filter_length": 3, "border_mode": "same", "batch_input_shape": [null, 6, 2], "input_dim": 2, "input_length": 6}})";
  const Tensor<float> kernel = values({3, 2, 4}, 1), bias = values({4}, 2);
  const std::pair<Tensor<float>, const char*> forms[] = {
      {reshape(kernel, {3, 1, 2, 4}), "1.1 and later"},
      {reshape(permute(kernel, {2, 1, 0}), {4, 2, 3, 1}), "before 1.1"}};
  for (const auto& [stored, which] : forms) {
    SCOPED_TRACE(which);
    expect_like(write_model(folder, layer, {{"c", {{"c_W", stored}, {"c_b", bias}}}}),
                Sequential{Conv1D(4, 3, {.padding = Padding::same})}, {6, 2}, {kernel, bias});
  }
}

TEST(LegacyWeights, TransposesKernelsOfDeconvolutions) {
  const TemporaryFolder folder;
  const auto layer = [](const char* ordering, const char* shape, const char* input) {
    return text(R"({"class_name": "Deconvolution2D", "config": {"name": "d", "nb_filter": 4, "nb_row": 2, "nb_col": 3,
      "dim_ordering": ")",
                ordering, R"(", "output_shape": )", shape, R"(, "batch_input_shape": )", input, "}}");
  };
  const Tensor<float> kernel = values({2, 3, 4, 5}, 1), bias = values({4}, 2);  // rows, columns, filters, channels
  expect_like(write_model(folder, layer("tf", "[null, 5, 6, 4]", "[null, 4, 4, 5]"),
                          {{"d", {{"d_W", permute(kernel, {0, 1, 3, 2})}, {"d_b", bias}}}}),
              Sequential{Conv2DTranspose(4, {2, 3})}, {4, 4, 5}, {kernel, bias});
  expect_like(write_model(folder, layer("th", "[null, 4, 5, 6]", "[null, 5, 4, 4]"),
                          {{"d", {{"d_W", permute(kernel, {2, 3, 0, 1})}, {"d_b", bias}}}}),
              Sequential{Conv2DTranspose(4, {2, 3}, {.channels_first = true})}, {5, 4, 4}, {kernel, bias});
}

TEST(LegacyWeights, TransposesKernelsOfThreeAxesAndOfSeparableConvolutions) {
  const TemporaryFolder folder;
  const Tensor<float> kernel = values({2, 1, 3, 2, 4}, 1), bias = values({4}, 2);
  expect_like(write_model(folder, R"({"class_name": "Convolution3D", "config": {"name": "c", "nb_filter": 4,
      "kernel_dim1": 2, "kernel_dim2": 1, "kernel_dim3": 3, "dim_ordering": "th",
      "batch_input_shape": [null, 2, 4, 4, 5]}})",
                          {{"c", {{"c_W", permute(kernel, {4, 3, 0, 1, 2})}, {"c_b", bias}}}}),
              Sequential{Conv3D(4, {2, 1, 3}, {.channels_first = true})}, {2, 4, 4, 5}, {kernel, bias});
  const Tensor<float> depthwise = values({2, 3, 2, 2}, 3), pointwise = values({1, 1, 4, 4}, 4);
  expect_like(write_model(folder, R"({"class_name": "SeparableConvolution2D", "config": {"name": "c", "nb_filter": 4,
      "nb_row": 2, "nb_col": 3, "depth_multiplier": 2, "dim_ordering": "th", "batch_input_shape": [null, 2, 4, 5]}})",
                          {{"c",
                            {{"c_depthwise_kernel", permute(depthwise, {3, 2, 0, 1})},
                             {"c_pointwise_kernel", permute(pointwise, {3, 2, 0, 1})},
                             {"c_b", bias}}}}),
              Sequential{SeparableConv2D(4, {2, 3}, {.channels_first = true, .depth_multiplier = 2})}, {2, 4, 5},
              {depthwise, pointwise, bias});
}

// ---- Recurrent layers

const char* const lstm_1 = R"({"class_name": "LSTM", "config": {"name": "lstm_1", "output_dim": 2,
  "init": "glorot_uniform", "inner_init": "orthogonal", "forget_bias_init": "one", "activation": "tanh",
  "inner_activation": "sigmoid", "dropout_W": 0.0, "dropout_U": 0.0, "return_sequences": false, "go_backwards": false,
  "stateful": false, "unroll": false, "consume_less": "cpu", "batch_input_shape": [null, 4, 3], "input_dim": 3,
  "input_length": 4}})";

TEST(LegacyWeights, JoinsTheGatesOfKeras1) {
  const TemporaryFolder folder;
  const Weights lstm = by_gate("lstm_1", "icfo", {3, 2}, {2, 2}, 1);
  expect_like(write_model(folder, lstm_1, {{"lstm_1", lstm}}), Sequential{LSTM(2)}, {4, 3},
              in_order(lstm, {0, 2, 1, 3}));
  Weights nameless;  // as Theano's variables without a name
  for (const auto& [name, value] : lstm) nameless.emplace_back(text("param_", nameless.size()), value);
  expect_like(write_model(folder, lstm_1, {{"lstm_1", nameless}}), Sequential{LSTM(2)}, {4, 3},
              in_order(lstm, {0, 2, 1, 3}));
  const std::string gru_1 = R"({"class_name": "GRU", "config": {"name": "gru_1", "output_dim": 2, "init": "zero",
    "inner_init": "orthogonal", "inner_activation": "sigmoid", "consume_less": "mem",
    "batch_input_shape": [null, 4, 3]}})";
  const Weights gru = by_gate("gru_1", "zrh", {3, 2}, {2, 2}, 50);
  expect_like(write_model(folder, gru_1, {{"gru_1", gru}}), Sequential{GRU(2, {.reset_after = false})}, {4, 3},
              in_order(gru, {0, 1, 2}));
}

TEST(LegacyWeights, ReadsJoinedGatesOfKeras1) {
  const TemporaryFolder folder;
  const std::vector<Tensor<float>> weights = {values({3, 8}, 1), values({2, 8}, 2), values({8}, 3)};
  expect_like(write_model(folder, lstm_1,
                          {{"lstm_1", {{"lstm_1_W", weights[0]}, {"lstm_1_U", weights[1]}, {"lstm_1_b", weights[2]}}}}),
              Sequential{LSTM(2)}, {4, 3}, weights);
}

TEST(LegacyWeights, JoinsTheGatesInsideWrappersAndModels) {
  const TemporaryFolder folder;
  const Weights forward = by_gate("forward_lstm_1", "icfo", {3, 2}, {2, 2}, 1),
                backward = by_gate("backward_lstm_1", "icfo", {3, 2}, {2, 2}, 100);
  Weights both = forward;
  both.insert(both.end(), backward.begin(), backward.end());
  std::vector<Tensor<float>> expected = in_order(forward, {0, 2, 1, 3});
  for (const Tensor<float>& w : in_order(backward, {0, 2, 1, 3})) expected.push_back(w);
  expect_like(
      write_model(folder,
                  text(R"({"class_name": "Bidirectional", "config": {"name": "b", "merge_mode": "concat", "layer": )",
                       lstm_1, R"(, "batch_input_shape": [null, 4, 3]}})"),
                  {{"b", both}}),
      Sequential{Bidirectional(LSTM(2))}, {4, 3}, expected);

  Weights nested = by_gate("lstm_1", "icfo", {3, 2}, {2, 2}, 7);
  std::vector<Tensor<float>> inside = in_order(nested, {0, 2, 1, 3});
  nested.emplace_back("dense_1_W", values({2, 3}, 60));
  nested.emplace_back("dense_1_b", values({3}, 61));
  inside.push_back(nested[12].second);
  inside.push_back(nested[13].second);
  expect_like(write_model(folder,
                          text(R"({"class_name": "Sequential", "config": [)", lstm_1,
                               R"(, {"class_name": "Dense", "config": {"name": "dense_1", "output_dim": 3}}]})"),
                          {{"sequential_1", nested}}),
              Sequential{LSTM(2), Dense(3)}, {4, 3}, inside);
}

TEST(LegacyWeights, TransposesWeightsInsideTimeDistributed) {
  const TemporaryFolder folder;
  const Tensor<float> kernel = values({4, 3, 2, 3}, 1), bias = values({4}, 2);
  const std::string layer = text(R"({"class_name": "TimeDistributed", "config": {"name": "t", "layer": )",
                                 convolution_th, R"(, "batch_input_shape": [null, 2, 3, 5, 6]}})");
  expect_like(write_model(folder, layer, {{"t", {{"c_W", kernel}, {"c_b", bias}}}}),
              Sequential{TimeDistributed(Conv2D(4, {2, 3}, {.channels_first = true}))}, {2, 3, 5, 6},
              {permute(kernel, {2, 3, 1, 0}), bias});
}

TEST(LegacyWeights, JoinsTheGatesOfConvolutionalLayers) {
  const TemporaryFolder folder;
  for (const bool first : {false, true}) {
    SCOPED_TRACE(first);
    const std::string layer = text(
        R"({"class_name": "ConvLSTM2D", "config": {"name": "c", "nb_filter": 3, "nb_row": 2, "nb_col": 2,
          "init": "glorot_uniform", "inner_init": "orthogonal", "forget_bias_init": "one", "activation": "tanh",
          "inner_activation": "sigmoid", "border_mode": "same", "return_sequences": false, "dim_ordering": ")",
        first ? "th" : "tf", R"(", "batch_input_shape": )", first ? "[null, 3, 2, 4, 5]" : "[null, 3, 4, 5, 2]", "}}");
    const Weights weights = by_gate("c", "icfo", {2, 2, 2, 3}, {2, 2, 3, 3}, 1);
    Weights stored = weights;
    for (auto& [name, value] : stored)
      if (first && value.rank() == 4) value = permute(value, {3, 2, 0, 1});
    expect_like(write_model(folder, layer, {{"c", stored}}),
                Sequential{ConvLSTM2D(3, 2, {.padding = Padding::same, .channels_first = first})},
                first ? Shape{3, 2, 4, 5} : Shape{3, 4, 5, 2}, in_order(weights, {0, 2, 1, 3}));
  }
}

/// The matrix of a gate (rows, units) as cuDNN's layout stores it: the bytes of its transpose.
Tensor<float> cudnn_layout(const Tensor<float>& matrix) { return reshape(permute(matrix, {1, 0}), matrix.shape()); }

TEST(LegacyWeights, ConvertsCuDnnLayers) {
  const TemporaryFolder folder;
  for (const bool lstm : {true, false}) {
    SCOPED_TRACE(lstm ? "CuDNNLSTM" : "CuDNNGRU");
    const std::string name = lstm ? "CuDNNLSTM" : "CuDNNGRU";
    const std::string layer =
        text("{\"class_name\": \"", name, R"(", "config": {"name": "r", "trainable": true, "return_sequences": true,
          "return_state": false, "go_backwards": false, "stateful": false, "units": 2, "kernel_initializer":
          {"class_name": "VarianceScaling", "config": {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform",
          "seed": null}}, "kernel_regularizer": null, "batch_input_shape": [null, 4, 3], "dtype": "float32"}})");
    std::vector<Tensor<float>> kernels, recurrent, stored_kernels, stored_recurrent;
    const std::uint64_t gates = lstm ? 4 : 3;
    for (std::uint64_t gate = 0; gate < gates; ++gate) {
      kernels.push_back(values({3, 2}, 10 + gate));
      recurrent.push_back(values({2, 2}, 20 + gate));
      stored_kernels.push_back(cudnn_layout(kernels.back()));
      stored_recurrent.push_back(permute(recurrent.back(), {1, 0}));
    }
    const auto width = static_cast<Index>(2 * gates);
    const Tensor<float> bias = values({2, width}, 3);
    const Weights stored = {{"r/kernel:0", concatenate(stored_kernels, -1)},
                            {"r/recurrent_kernel:0", concatenate(stored_recurrent, -1)},
                            {"r/bias:0", reshape(bias, {2 * width})}};
    Tensor<float> sum = Tensor<float>::empty({width});
    for (Index i = 0; i < width; ++i) sum.mutable_data()[i] = bias[i] + bias[width + i];
    const std::vector<Tensor<float>> expected = {concatenate(kernels, -1), concatenate(recurrent, -1),
                                                 lstm ? sum : bias};
    const std::string path = write_model(folder, layer, {{"r", stored}}, {"2.2.4", "tensorflow"});
    if (lstm)
      expect_like(path, Sequential{LSTM(2, {.return_sequences = true})}, {4, 3}, expected);
    else
      expect_like(path, Sequential{GRU(2, {.return_sequences = true})}, {4, 3}, expected);

    // The weights alone also fit in the layer of Keras 3.
    const std::string only = folder.path() + "/w.h5";
    {
      LegacyFile file(only);
      file.string("", "keras_version", "2.2.4");
      file.layers("", {{"r", stored}});
    }
    if (!lstm) continue;
    Sequential model{LSTM(2)};
    model(values({1, 4, 3}, 1));
    model.load_weights(only);
    EXPECT_TRUE(expect::same(model.get_weights(), expected));
  }
}

TEST(LegacyWeights, ConvertsCuDnnLayersInsideBidirectional) {
  const TemporaryFolder folder;
  Weights stored;
  std::vector<Tensor<float>> expected;
  for (const std::uint64_t direction : {0U, 100U}) {
    std::vector<Tensor<float>> kernels, recurrent, stored_kernels, stored_recurrent;
    for (std::uint64_t gate = 0; gate < 3; ++gate) {
      kernels.push_back(values({3, 2}, direction + gate));
      recurrent.push_back(values({2, 2}, direction + 10 + gate));
      stored_kernels.push_back(cudnn_layout(kernels.back()));
      stored_recurrent.push_back(permute(recurrent.back(), {1, 0}));
    }
    const Tensor<float> bias = values({2, 6}, direction + 20);
    const std::string name = direction == 0 ? "b/forward_g/" : "b/backward_g/";
    stored.emplace_back(name + "kernel:0", concatenate(stored_kernels, -1));
    stored.emplace_back(name + "recurrent_kernel:0", concatenate(stored_recurrent, -1));
    stored.emplace_back(name + "bias:0", reshape(bias, {12}));
    for (const Tensor<float>& w : {concatenate(kernels, -1), concatenate(recurrent, -1), bias}) expected.push_back(w);
  }
  const std::string layer = R"({"class_name": "Bidirectional", "config": {"name": "b", "trainable": true,
    "merge_mode": "concat", "layer": {"class_name": "CuDNNGRU", "config": {"name": "g", "units": 2,
    "return_sequences": false}}, "batch_input_shape": [null, 4, 3]}})";
  expect_like(write_model(folder, layer, {{"b", stored}}, {"2.2.4", "tensorflow"}), Sequential{Bidirectional(GRU(2))},
              {4, 3}, expected);
}

TEST(LegacyWeights, RefusesCuDnnWeightsForAResetGateBeforeTheProduct) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/w.h5";
  {
    LegacyFile file(path);
    file.string("", "keras_version", "2.2.4");
    file.layers("", {{"r",
                      {{"r/kernel:0", values({3, 6}, 1)},
                       {"r/recurrent_kernel:0", values({2, 6}, 2)},
                       {"r/bias:0", values({12}, 3)}}}});
  }
  Sequential model{GRU(2, {.reset_after = false})};
  model(values({1, 4, 3}, 1));
  EXPECT_TRUE(expect::error<ShapeError>([&] { model.load_weights(path); },
                                        {"w.h5", "\"bias\"", "r/bias:0", "expected shape (6,)", "got (12,)"}));
}

TEST(LegacyWeights, ResetGatesOfEarlyKeras2AreBeforeTheProduct) {
  const TemporaryFolder folder;
  const std::string layer = R"({"class_name": "GRU", "config": {"name": "g", "units": 2, "return_sequences": false,
    "activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": true, "implementation": 0,
    "batch_input_shape": [null, 4, 3], "dtype": "float32"}})";
  const std::vector<Tensor<float>> weights = {values({3, 6}, 1), values({2, 6}, 2), values({6}, 3)};
  expect_like(
      write_model(folder, layer,
                  {{"g", {{"g/kernel:0", weights[0]}, {"g/recurrent_kernel:0", weights[1]}, {"g/bias:0", weights[2]}}}},
                  {"2.0.4", "tensorflow"}),
      Sequential{GRU(2, {.reset_after = false})}, {4, 3}, weights);
}

}  // namespace
